"""Removes what the probe made, and nothing else; what a lock holds is named with its date."""

import time
from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.limits import LimitReached
from plugins.objectstore.probe.model import LeftBehind
from plugins.objectstore.probe.session import LONGEST_WAIT, Scratch, Session

PASSES = 4
GONE = 404
IN_FLIGHT_SECONDS = 2.0
"""After which a store has done what it was asked before an interruption, or will not do it."""


def clean(session: Session) -> tuple[LeftBehind, ...]:
    """Remove every scratch bucket; returns what could not be removed."""
    if any(bucket.made.status == 0 for bucket in session.scratch.values()):
        # It may still be made, after it was asked for here in vain.
        time.sleep(IN_FLIGHT_SECONDS)
    left = _pass(session)
    wait = (session.locks_end - session.now()).total_seconds() + 1
    if left and 0 < wait <= LONGEST_WAIT + 1:
        time.sleep(wait)
    if left:
        session.limits.release_for_cleanup()
        left = _pass(session)
    return tuple(left)


def _pass(session: Session) -> list[LeftBehind]:
    left: list[LeftBehind] = []
    for bucket in list(session.scratch.values()):
        try:
            kept = list(_remove(bucket))
        except LimitReached as limit:
            kept = [LeftBehind(bucket=bucket.name, reason=str(limit))]
        left += kept
        if not kept:
            del session.scratch[bucket.name]
    return left


def _remove(bucket: Scratch) -> Iterator[LeftBehind]:
    bucket.ask("DeleteBucketPolicy")
    _abort_uploads(bucket)
    for number in range(PASSES):
        versions = _versions(bucket)
        if not versions:
            break
        _delete(bucket, versions, one_by_one=number > 0)
    yield from (_kept(bucket, one) for one in _versions(bucket))
    gone = bucket.ask("DeleteBucket")
    if not gone.ok and gone.status != GONE and not _versions(bucket):
        yield LeftBehind(bucket=bucket.name, reason=f"{gone.sent}: {gone.received}")


def _abort_uploads(bucket: Scratch) -> None:
    for one in bucket.ask("ListMultipartUploads").data.get("Uploads", []):
        bucket.ask("AbortMultipartUpload", Key=one["Key"], UploadId=one["UploadId"])


def _versions(bucket: Scratch) -> list[dict[str, Any]]:
    """A page of what the bucket holds; of keys where the store lists no versions."""
    listed = bucket.ask("ListObjectVersions")
    if listed.status == GONE:
        return []
    if not listed.ok:
        keys = bucket.ask("ListObjectsV2").data.get("Contents", [])
        return [{"Key": one["Key"]} for one in keys]
    found = [*listed.data.get("Versions", []), *listed.data.get("DeleteMarkers", [])]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _delete(bucket: Scratch, versions: list[dict[str, Any]], *, one_by_one: bool) -> None:
    if not one_by_one:
        bucket.ask("DeleteObjects", Delete={"Objects": versions, "Quiet": True})
        return
    for one in versions:
        if bucket.locked and "VersionId" in one:
            bucket.ask("PutObjectLegalHold", **one, LegalHold={"Status": "OFF"})
        # Stores refuse the header where there are no locks.
        bypass: dict[str, Any] = {"BypassGovernanceRetention": True} if bucket.locked else {}
        bucket.ask("DeleteObject", **one, **bypass)


def _kept(bucket: Scratch, version: dict[str, Any]) -> LeftBehind:
    head = bucket.ask("HeadObject", **version).data
    mode, until = head.get("ObjectLockMode", ""), head.get("ObjectLockRetainUntilDate")
    held = "a legal hold; " if head.get("ObjectLockLegalHoldStatus") == "ON" else ""
    lock = f"{mode} until {until.isoformat()}" if until else "the store does not remove it"
    return LeftBehind(
        bucket=bucket.name,
        key=version["Key"],
        version=version.get("VersionId", ""),
        mode=mode,
        until=until,
        reason=held + lock,
    )
