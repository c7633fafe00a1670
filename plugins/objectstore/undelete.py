"""Brings back what was deleted or overwritten in a versioned bucket.

Nothing is lost by it: delete markers are removed, and an older version is copied over the current
one, which stays as a version. It can be run again at any time and does only what is left to do.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from plugins.objectstore import live
from plugins.objectstore.errors import StoreError, code_of, explained
from plugins.objectstore.history import Entry, Step, steps

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 8
CHUNK = 2000
"""Keys in work at a time; memory is bounded by it."""
BATCH = 250
"""Delete markers removed by one request, small enough for every thread to have one."""
RESTORED_FROM = "vectorkit-restored-from"
"""Metadata of a copy: the version it was made of. A run that is repeated knows its own work."""
_KEPT_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
)


@dataclass
class Work:
    """What there is to do."""

    uncover: int = 0
    restore: int = 0
    size: int = 0

    def __bool__(self) -> bool:
        return bool(self.uncover or self.restore)

    @property
    def total(self) -> int:
        return self.uncover + self.restore

    def __str__(self) -> str:
        return (
            f"{self.uncover} deleted objects to uncover and {self.restore} overwritten ones to "
            f"restore, {self.size / 2**20:.1f} MiB"
        )


def refuse_other_bucket(client: "S3Client", bucket: str, tags: dict[str, str]) -> None:
    """Raises StoreError unless the bucket exists, keeps versions and carries these tags."""
    if not live.exists(client, bucket):
        raise StoreError(
            f"There is no bucket {bucket!r} at {client.meta.endpoint_url}; check the stack."
        )
    found = live.read(client, bucket)
    other = {key: found["tags"].get(key) for key in tags if found["tags"].get(key) != tags[key]}
    if other:
        raise StoreError(
            f"Bucket {bucket!r} is not the stack's live bucket: its tags say {other}, expected "
            f"{tags}. Nothing was changed; name the stack that the bucket belongs to."
        )
    if not found["versioning"]:
        raise StoreError(
            f"Bucket {bucket!r} keeps no versions, so there is nothing to bring back; `pulumi up` "
            "switches versioning on again."
        )


def survey(
    client: "S3Client",
    bucket: str,
    prefix: str,
    at: datetime | None,
    seen: Callable[[Step], None] = lambda _: None,
) -> Work:
    """What would be done; `seen` is told every step. Changes nothing."""
    work = Work()
    for step in pending(client, bucket, steps(client, bucket, prefix, at)):
        work.uncover += step.kind == "uncover"
        work.restore += step.kind == "restore"
        work.size += step.version.size
        seen(step)
    return work


def pending(client: "S3Client", bucket: str, found: Iterable[Step]) -> Iterator[Step]:
    """The steps that an earlier run has not done already."""
    with ThreadPoolExecutor(THREADS) as pool:
        for chunk in _chunks(found):
            done = pool.map(lambda step: _is_restored(client, bucket, step), chunk)
            yield from (step for step, is_done in zip(chunk, done, strict=True) if not is_done)


def carry_out(
    client: "S3Client",
    bucket: str,
    prefix: str,
    at: datetime | None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Do what `survey` counts; `advance` is told how many keys are back. Raises StoreError."""
    with (
        ThreadPoolExecutor(THREADS) as pool,
        explained(live.attempt(client, f"bring back objects in bucket {bucket!r}")),
    ):
        for chunk in _chunks(pending(client, bucket, steps(client, bucket, prefix, at))):
            markers = [marker for step in chunk for marker in step.markers]
            batches = [markers[at : at + BATCH] for at in range(0, len(markers), BATCH)]
            list(pool.map(lambda batch: _remove_markers(client, bucket, batch), batches))
            restored = [step for step in chunk if step.kind == "restore"]
            list(pool.map(lambda step: _restore(client, bucket, step), restored))
            advance(len(chunk))


def _remove_markers(client: "S3Client", bucket: str, markers: list[Entry]) -> None:
    identified: Any = [{"Key": one.key, "VersionId": one.version_id} for one in markers]
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": identified, "Quiet": True})
    failed = answer.get("Errors", [])
    if failed:
        first = failed[0]
        raise StoreError(
            f"The store refused to remove {len(failed)} delete markers of bucket {bucket!r}; the "
            f"first is that of {first.get('Key')!r}: {first.get('Code')}. Only the deployer may "
            "(s3:DeleteObjectVersion): use its credentials, then run the same command again."
        )


def _restore(client: "S3Client", bucket: str, step: Step) -> None:
    """Copy the version over the current one; several requests when it is large."""
    version: Any = {
        "Bucket": bucket,
        "Key": step.version.key,
        "VersionId": step.version.version_id,
    }
    head: dict[str, Any] = dict(client.head_object(**version))
    metadata = {**head.get("Metadata", {}), RESTORED_FROM: step.version.version_id}
    kept = {header: head[header] for header in _KEPT_HEADERS if header in head}
    client.copy(
        CopySource=version,
        Bucket=bucket,
        Key=step.version.key,
        ExtraArgs={"MetadataDirective": "REPLACE", "Metadata": metadata, **kept},
        Config=TransferConfig(use_threads=False),
    )


def _is_restored(client: "S3Client", bucket: str, step: Step) -> bool:
    current = step.current
    if current is None or current.is_marker or current.size != step.version.size:
        return False
    with explained(live.attempt(client, f"look at {current.key!r} in bucket {bucket!r}")):
        try:
            head = client.head_object(Bucket=bucket, Key=current.key, VersionId=current.version_id)
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey", "NoSuchVersion"):
                return False
            raise
    return head.get("Metadata", {}).get(RESTORED_FROM) == step.version.version_id


def _chunks(found: Iterable[Step]) -> Iterator[list[Step]]:
    remaining = iter(found)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
