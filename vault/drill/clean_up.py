"""Takes a drill's own vault away again: the only place of the kit that bypasses a lock."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.objectstore import live
from plugins.objectstore.errors import StoreError, explained
from vault.drill.attacks import MOST_KEYS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRATCH = "drill"
"""With this the name of every environment begins that a drill may take away."""
ENVIRONMENT_TAG = "vectorkit:environment"


def remove_vault(client: "S3Client", bucket: str, environment: str) -> None:
    """Delete a scratch environment's vault with all that governance keeps in it.

    Raises StoreError for any other bucket, and for what compliance keeps.
    """
    if not live.exists(client, bucket):
        return
    _refuse_other(live.read(client, bucket)["tags"], bucket, environment)
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
    with explained(live.attempt(client, f"empty the drill's vault {bucket!r}")):
        for page in pages:
            found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            for start in range(0, len(found), MOST_KEYS):
                _delete(client, bucket, found[start : start + MOST_KEYS])
        client.delete_bucket(Bucket=bucket)


def _delete(client: "S3Client", bucket: str, versions: list[Any]) -> None:
    objects: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": objects}, BypassGovernanceRetention=True
    )
    if refused := answer.get("Errors"):
        first = refused[0]
        raise StoreError(
            f"{len(refused)} versions of the drill's vault {bucket!r} cannot be deleted; the first "
            f"is {first.get('Key')!r}: {first.get('Code')}. What compliance keeps goes after its "
            "date; until then the bucket stays."
        )


def _refuse_other(tags: Mapping[str, str], bucket: str, environment: str) -> None:
    if not environment.startswith(SCRATCH) or tags.get(ENVIRONMENT_TAG) != environment:
        raise StoreError(
            f"Bucket {bucket!r} belongs to {tags.get(ENVIRONMENT_TAG)!r} and not to a scratch "
            f"environment of this drill ({environment!r}): nothing of it was deleted. Only what "
            f"begins with {SCRATCH!r} is thrown away."
        )
