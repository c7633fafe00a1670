"""The attacks: what each sends, as data. Nothing here sends anything.

What a governance lock is known to allow a privileged identity is aimed at a decoy, sealed like the
snapshot and beside it; all the rest is aimed at the snapshot itself.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from vault.drill.model import ATTACKERS, Aim, Attacker
from vault.drill.observation import SealedVersion
from vault.manifest import manifest_key, vault_key
from vault.sealed_objects import LIVE_VERSION

MOST_KEYS = 1000
"""Of one DeleteObjects."""
NONSENSE = b"pay for your data"
FUTURE = "29991231T235959Z"
Through = Literal["s3", "milvus", "kubernetes"]


@dataclass(frozen=True)
class Request:
    """One request, by the name that the client of its protocol has for it."""

    operation: str
    parameters: dict[str, Any]
    through: Through = "s3"


class LiveVersion(NamedTuple):
    """One version in the live bucket."""

    key: str
    version_id: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """What an attack is aimed at."""

    live: str
    vault: str
    sealed: Sequence[SealedVersion]
    root_path: str = ""
    live_versions: Sequence[LiveVersion] = ()
    """In the live bucket, where it still exists."""
    collections: Sequence[str] = ()
    namespace: str = ""


@dataclass(frozen=True)
class Attack:
    """One thing to try."""

    name: str
    aim: Aim
    requests: Callable[[Target], Iterator[Request]]
    who: tuple[Attacker, ...] = field(default=ATTACKERS)


def _delete_objects(to: Target) -> Iterator[Request]:
    yield from _batches(to.vault, [{"Key": one.key} for one in to.sealed])


def _delete_versions(to: Target) -> Iterator[Request]:
    yield from _each(to, "delete_object")
    yield from _batches(to.vault, [_address(one) for one in to.sealed])


def _delete_versions_with_bypass(to: Target) -> Iterator[Request]:
    yield from _each(to, "delete_object", BypassGovernanceRetention=True)
    keys = [_address(one) for one in to.sealed]
    yield from _batches(to.vault, keys, BypassGovernanceRetention=True)


def _overwrite(to: Target) -> Iterator[Request]:
    for one in to.sealed:
        yield Request("put_object", {"Bucket": to.vault, "Key": one.key, "Body": NONSENSE})


def _encrypt_in_place(to: Target) -> Iterator[Request]:
    key = secrets.token_bytes(32)
    for one in to.sealed:
        source = {"Bucket": to.vault, **_address(one)}
        given = {"CopySource": source, "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
        yield Request("copy_object", {"Bucket": to.vault, "Key": one.key, **given})


def _shorten(to: Target, **bypass: bool) -> Iterator[Request]:
    for one in to.sealed:
        now = datetime.now(UTC)
        until = (now + (one.until - now) / 2).replace(microsecond=0)
        kept = {"Mode": one.mode.upper(), "RetainUntilDate": until}
        yield from _each(to, "put_object_retention", [one], Retention=kept, **bypass)


def _remove(to: Target, **bypass: bool) -> Iterator[Request]:
    for one in to.sealed:
        yield from _each(to, "put_object_retention", [one], Retention={}, **bypass)


def _take_back_to_governance(to: Target, **bypass: bool) -> Iterator[Request]:
    for one in (one for one in to.sealed if one.mode == "compliance"):
        kept = {"Mode": "GOVERNANCE", "RetainUntilDate": one.until}
        yield from _each(to, "put_object_retention", [one], Retention=kept, **bypass)


def _expire(bucket: str) -> Request:
    rule = {
        "ID": "attack",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    given = {"LifecycleConfiguration": {"Rules": [rule]}}
    return Request("put_bucket_lifecycle_configuration", {"Bucket": bucket, **given})


def _suspend(bucket: str) -> Request:
    suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
    return Request("put_bucket_versioning", {"Bucket": bucket, **suspended})


def _weaken_lock(to: Target) -> Iterator[Request]:
    yield Request("put_object_lock_configuration", {"Bucket": to.vault})
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule}}
    yield Request("put_object_lock_configuration", {"Bucket": to.vault, **lock})


def _open_policy(to: Target) -> Iterator[Request]:
    """The bucket's own protection goes first, then what it protected."""
    yield Request("delete_bucket_policy", {"Bucket": to.vault})
    yield from _policy(to.vault, "Allow", "s3:*")
    yield from _batches(to.vault, [_address(one) for one in to.sealed])


def _close_policy(to: Target) -> Iterator[Request]:
    yield from _policy(to.vault, "Deny", "s3:GetObject", "s3:GetObjectVersion")


def _policy(bucket: str, effect: str, *actions: str) -> Iterator[Request]:
    statement = {
        "Effect": effect,
        "Principal": "*",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"][effect == "Deny" :],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    yield Request("put_bucket_policy", {"Bucket": bucket, "Policy": policy})


def _encryption(to: Target) -> Iterator[Request]:
    yield Request("delete_bucket_encryption", {"Bucket": to.vault})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "a-key-of-the-attacker"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    given = {"ServerSideEncryptionConfiguration": rules}
    yield Request("put_bucket_encryption", {"Bucket": to.vault, **given})


def _plant(to: Target) -> Iterator[Request]:
    """A newest snapshot that is none, and an object that looks like a copy of the seal's own."""
    until = max(one.until for one in to.sealed)
    lock = {"ObjectLockMode": to.sealed[0].mode.upper(), "ObjectLockRetainUntilDate": until}
    manifest = {"Key": manifest_key(to.root_path, FUTURE), "Body": NONSENSE}
    yield Request("put_object", {"Bucket": to.vault, **manifest, **lock})
    for one in to.live_versions:
        body = NONSENSE.ljust(one.size)[: one.size]
        told = {LIVE_VERSION: one.version_id, "sha256": sha256(body).hexdigest()}
        forged = {"Key": vault_key(to.root_path, one.key), "Body": body, "Metadata": told}
        yield Request("put_object", {"Bucket": to.vault, **forged, **lock})


def _drop_collections(to: Target) -> Iterator[Request]:
    for name in to.collections:
        yield Request("drop_collection", {"collection_name": name}, "milvus")


def _delete_live_objects(to: Target) -> Iterator[Request]:
    yield from _batches(
        to.live, [{"Key": key} for key in sorted({one.key for one in to.live_versions})]
    )


def _delete_live_versions(to: Target) -> Iterator[Request]:
    addresses = [{"Key": one.key, "VersionId": one.version_id} for one in to.live_versions]
    yield from _batches(to.live, addresses)


def _delete_namespace(to: Target) -> Iterator[Request]:
    yield Request("delete_namespace", {"name": to.namespace}, "kubernetes")


def _each(
    to: Target, operation: str, versions: Sequence[SealedVersion] | None = None, **more: Any
) -> Iterator[Request]:
    for one in to.sealed if versions is None else versions:
        yield Request(operation, {"Bucket": to.vault, **_address(one), **more})


def _batches(bucket: str, addresses: list[dict[str, str]], **more: Any) -> Iterator[Request]:
    for start in range(0, len(addresses), MOST_KEYS):
        delete = {"Objects": addresses[start : start + MOST_KEYS]}
        yield Request("delete_objects", {"Bucket": bucket, "Delete": delete, **more})


def _address(one: SealedVersion) -> dict[str, str]:
    return {"Key": one.key, "VersionId": one.version_id}


def _bypassing(requests: Callable[..., Iterator[Request]]) -> Callable[[Target], Iterator[Request]]:
    return lambda to: requests(to, BypassGovernanceRetention=True)


ATTACKS = (
    Attack("delete every sealed object", "snapshot", _delete_objects),
    Attack("delete every sealed version", "snapshot", _delete_versions),
    Attack("overwrite every sealed object", "snapshot", _overwrite),
    Attack("encrypt every sealed object with a key of one's own", "snapshot", _encrypt_in_place),
    Attack("shorten every retention", "snapshot", _shorten),
    Attack("remove every retention", "snapshot", _remove),
    Attack("take compliance back to governance", "snapshot", _take_back_to_governance),
    Attack("a lifecycle that expires the vault", "snapshot", lambda to: iter([_expire(to.vault)])),
    Attack("suspend the vault's versioning", "snapshot", lambda to: iter([_suspend(to.vault)])),
    Attack("weaken the vault's lock configuration", "snapshot", _weaken_lock),
    Attack("open the vault's policy, then delete", "snapshot", _open_policy),
    Attack("let nobody read the vault", "snapshot", _close_policy),
    Attack("change the vault's encryption", "snapshot", _encryption),
    Attack(
        "delete the vault's bucket",
        "snapshot",
        lambda to: iter([Request("delete_bucket", {"Bucket": to.vault})]),
    ),
    Attack("plant a snapshot of the future and forged copies", "snapshot", _plant),
    Attack("delete a sealed version, bypassing", "decoy", _delete_versions_with_bypass),
    Attack("shorten a retention, bypassing", "decoy", _bypassing(_shorten)),
    Attack("remove a retention, bypassing", "decoy", _bypassing(_remove)),
    Attack(
        "take compliance back to governance, bypassing",
        "decoy",
        _bypassing(_take_back_to_governance),
    ),
    Attack("drop every collection", "environment", _drop_collections, ("milvus",)),
    Attack(
        "a lifecycle that expires the live bucket",
        "environment",
        lambda to: iter([_expire(to.live)]),
    ),
    Attack(
        "suspend the live bucket's versioning", "environment", lambda to: iter([_suspend(to.live)])
    ),
    Attack("delete every live object", "environment", _delete_live_objects),
    Attack("delete every live version", "environment", _delete_live_versions),
    Attack(
        "delete the live bucket",
        "environment",
        lambda to: iter([Request("delete_bucket", {"Bucket": to.live})]),
    ),
    Attack("delete the namespace", "environment", _delete_namespace, ("deployer",)),
)
"""In this order, by each attacker; what destroys the environment comes last."""
