"""What a bucket holds, and how a throw-away bucket is emptied."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plugins.objectstore.errors import StoreError, explained
from plugins.objectstore.live import attempt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

BATCH = 1000
"""Most keys that one DeleteObjects takes."""
MOST_PASSES = 5
THREADS = 8


@dataclass(frozen=True)
class Held:
    """Counts of what one page of each listing shows; `more` when there are further pages."""

    versions: int
    markers: int
    uploads: int
    more: bool

    def __bool__(self) -> bool:
        return bool(self.versions or self.markers or self.uploads)

    def __str__(self) -> str:
        return (
            f"{'at least ' if self.more else ''}{self.versions} object versions, "
            f"{self.markers} delete markers and {self.uploads} unfinished multipart uploads"
        )


def held(client: "S3Client", bucket: str) -> Held:
    """What the bucket holds, from one page of each listing: cheap for any bucket."""
    with explained(attempt(client, f"list bucket {bucket!r}")):
        page = client.list_object_versions(Bucket=bucket)
        uploads = client.list_multipart_uploads(Bucket=bucket)
    return Held(
        versions=len(page.get("Versions", [])),
        markers=len(page.get("DeleteMarkers", [])),
        uploads=len(uploads.get("Uploads", [])),
        more=bool(page.get("IsTruncated") or uploads.get("IsTruncated")),
    )


def empty(client: "S3Client", bucket: str, *, object_lock: bool) -> None:
    """Remove every version, marker and upload; nothing at all while any version is locked."""
    if object_lock:
        _refuse_locked(client, bucket)
    with explained(attempt(client, f"empty bucket {bucket!r}")):
        for _ in range(MOST_PASSES):
            _abort_uploads(client, bucket)
            for batch in _batches(client, bucket):
                _delete(client, bucket, batch)
            if not held(client, bucket):
                return
    raise StoreError(
        f"Bucket {bucket!r} is not empty after {MOST_PASSES} passes: something keeps writing "
        "to it. Stop its writers, then run the same command again."
    )


def delete_key(client: "S3Client", bucket: str, key: str) -> None:
    """Remove every version and marker of one key."""
    page = client.list_object_versions(Bucket=bucket, Prefix=key)
    for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
        if one["Key"] == key:
            client.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])


def _refuse_locked(client: "S3Client", bucket: str) -> None:
    locked, held_legally, last = 0, 0, None
    with explained(attempt(client, f"look for locked versions in bucket {bucket!r}")):
        for head in _heads(client, bucket):
            until: datetime | None = head.get("ObjectLockRetainUntilDate")
            legal_hold = head.get("ObjectLockLegalHoldStatus") == "ON"
            retained = until is not None and until > datetime.now(until.tzinfo)
            locked += retained or legal_hold
            held_legally += legal_hold
            if until is not None and retained:
                last = max(last or until, until)
    if locked:
        raise StoreError(
            f"Bucket {bucket!r} holds {locked} locked object versions"
            + (f", the last of them until {last.isoformat(timespec='seconds')}" if last else "")
            + (f", {held_legally} under legal hold" if held_legally else "")
            + ". Nothing of it was deleted. Try again after that date, or release the legal holds; "
            "this provider never bypasses a lock."
        )


def _heads(client: "S3Client", bucket: str) -> Iterator[dict[str, Any]]:
    """What the store says of every version; a vault may hold many, so several are asked at once."""

    def ask(version: Any) -> dict[str, Any]:
        address = {"Key": version["Key"], "VersionId": version["VersionId"]}
        return dict(client.head_object(Bucket=bucket, **address))

    with ThreadPoolExecutor(THREADS) as pool:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            yield from pool.map(ask, page.get("Versions", []))


def _batches(client: "S3Client", bucket: str) -> Iterator[list["ObjectIdentifierTypeDef"]]:
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": BATCH}
    )
    for page in pages:
        found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _delete(client: "S3Client", bucket: str, batch: list["ObjectIdentifierTypeDef"]) -> None:
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
    failed = answer.get("Errors", [])
    if failed:
        first = failed[0]
        raise StoreError(
            f"The store refused to delete {len(failed)} object versions of bucket {bucket!r}; "
            f"the first is {first.get('Key')!r}: {first.get('Code')} ({first.get('Message')}). "
            "Look for a bucket policy or a lock that forbids it."
        )


def _abort_uploads(client: "S3Client", bucket: str) -> None:
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for one in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=one["Key"], UploadId=one["UploadId"])
