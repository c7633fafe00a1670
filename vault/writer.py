"""Refuses a vault that locks nothing, and a writer that could destroy what it writes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from plugins.objectstore.errors import code_of, explained
from vault.copying import Wanted, put
from vault.object_version import Mode, ObjectVersion, look, refuse_unlocked
from vault.places import Bucket, Lock, VaultError
from vault.sealing import keep

Forbidden = tuple[str, Callable[[], object]]
"""What the writer must not be able to do, and the request that tries it."""
_DENIED = ("AccessDenied", "403", "Forbidden", "UnauthorizedAccess")
_TRIAL = timedelta(minutes=5)
"""How long the version stays locked that is tried to be shortened."""


def refuse_unfit(vault: Bucket, key: str, version_id: str, mode: Mode) -> None:
    """Look at the vault through versions of this writer's own, which nobody needs any more.

    Raises SealRefused without Object Lock or with another clock than the store's, and VaultError
    when these credentials can delete the version, shorten a lock or change the bucket.
    """
    version = ObjectVersion(vault.client, vault.bucket, key, version_id)
    refuse_unlocked(version)
    look(version)
    with explained(vault.attempt("try to delete a version of the writer's own")):
        _refuse_what_works(
            vault,
            "delete versions",
            f"the store removed {version}. Whoever steals them could destroy the vault's unlocked "
            "versions. Seal with the vault's writer, whom the bucket's policy denies "
            "s3:DeleteObjectVersion.",
            lambda: vault.client.delete_object(**version.address),
        )
    with explained(vault.attempt("try what the vault's writer must not be able to do")):
        for can, request in (*_shortening(vault, f"{key}-trial", mode), *_changes(vault)):
            says = (
                "the store took the request. Whoever steals them could unlock what is sealed. Seal "
                "with the vault's writer, whom the bucket's policy denies it."
            )
            _refuse_what_works(vault, can, says, request)


def _shortening(vault: Bucket, key: str, mode: Mode) -> Iterator[Forbidden]:
    """With a bypass, of a lock on a version of its own; compliance knows none."""
    if mode == "compliance":
        return
    lock = Lock(mode, datetime.now(UTC) + _TRIAL)
    trial = put(vault, Wanted(key=key, lock=lock.headers), b"")
    version = vault.version(key, trial.version_id)
    keep(version, lock.mode, lock.until)
    shorter: Any = {"Mode": mode.upper(), "RetainUntilDate": lock.until - _TRIAL / 2}
    asked = version.address | {"Retention": shorter}
    client = vault.client
    yield (
        "shorten locks",
        lambda: client.put_object_retention(**asked, BypassGovernanceRetention=True),
    )


def _changes(vault: Bucket) -> Iterator[Forbidden]:
    """Settings of the bucket, written as they are."""
    client, bucket = vault.client, vault.bucket
    enabled: Any = {"Status": "Enabled"}
    yield (
        "change settings",
        lambda: client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled),
    )
    found: Any = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    yield (
        "change Object Lock",
        lambda: client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=found),
    )


def _refuse_what_works(vault: Bucket, can: str, says: str, request: Callable[[], object]) -> None:
    try:
        request()
    except ClientError as error:
        if code_of(error) in _DENIED:
            return
        raise
    raise VaultError(f"These credentials can {can} in bucket {vault.bucket!r}: {says}")
