"""Refuses a vault that locks nothing, and a writer that could destroy what it writes."""

from botocore.exceptions import ClientError

from plugins.objectstore.errors import code_of, explained
from vault.object_version import ObjectVersion, look, refuse_unlocked
from vault.places import Bucket, VaultError

_DENIED = ("AccessDenied", "403", "Forbidden", "UnauthorizedAccess")


def refuse_unfit(vault: Bucket, key: str, version_id: str) -> None:
    """Look at the vault through a version of this writer's own, which nobody needs any more.

    Raises SealRefused without Object Lock or with another clock than the store's, and VaultError
    when these credentials can delete the version.
    """
    version = ObjectVersion(vault.client, vault.bucket, key, version_id)
    refuse_unlocked(version)
    look(version)
    with explained(vault.attempt("try to delete a version of the writer's own")):
        try:
            vault.client.delete_object(**version.address)
        except ClientError as error:
            if code_of(error) in _DENIED:
                return
            raise
    raise VaultError(
        f"These credentials can delete versions in bucket {vault.bucket!r}: the store removed "
        f"{version}. Whoever steals them could destroy the vault's unlocked versions. Seal with "
        "the vault's writer, whom the bucket's policy denies s3:DeleteObjectVersion."
    )
