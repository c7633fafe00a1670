"""Multipart uploads, ranges, paged lists and batches of deletions."""

from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.answer import Answer, judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Asker, Scratch, Session

PART = 5 * 1024 * 1024
"""The smallest part that S3 takes, but for the last."""
LISTED = [f"list/{number}" for number in range(5)]


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.plain()
    answers, head, whole = upload(bucket, "parts")
    good = whole and head.data.get("ContentLength") == PART + 3
    yield judged("multipart", good, *answers, head)
    yield _abort(bucket)
    yield _range(bucket)
    yield _paging(bucket)
    modern = session.asker(modern=True)
    yield _batch("delete-objects", bucket, session.ask)
    yield _batch("delete-objects-crc32-only", bucket, modern)


def upload(bucket: Scratch, key: str) -> tuple[list[Answer], Answer, bool]:
    """Write an object in two parts: the answers, its HEAD, and whether its end is right."""
    begun = bucket.ask("CreateMultipartUpload", Key=key)
    if not begun.ok:
        return [begun], begun, False
    this = {"Key": key, "UploadId": begun.data["UploadId"]}
    parts = [
        bucket.ask("UploadPart", **this, PartNumber=number, Body=body)
        for number, body in ((1, bytes(PART)), (2, b"end"))
    ]
    made = [
        {"PartNumber": number, "ETag": one.data.get("ETag", "")}
        for number, one in enumerate(parts, start=1)
    ]
    done = bucket.ask("CompleteMultipartUpload", **this, MultipartUpload={"Parts": made})
    head = bucket.ask("HeadObject", Key=key)
    tail = bucket.ask("GetObject", Key=key, Range="bytes=-3")
    return [begun, *parts, done], head, tail.data.get("Body") == b"end"


def _abort(bucket: Scratch) -> Finding:
    begun = bucket.ask("CreateMultipartUpload", Key="aborted")
    if not begun.ok:
        return judged("multipart-abort", False, begun)
    this = {"Key": "aborted", "UploadId": begun.data["UploadId"]}
    bucket.ask("UploadPart", **this, PartNumber=1, Body=b"part")
    aborted = bucket.ask("AbortMultipartUpload", **this)
    listed = bucket.ask("ListMultipartUploads", Prefix="aborted")
    late = bucket.ask("UploadPart", **this, PartNumber=2, Body=b"late")
    good = aborted.ok and listed.ok and not listed.data.get("Uploads") and late.refused
    return judged("multipart-abort", good, aborted, listed, late)


def _range(bucket: Scratch) -> Finding:
    bucket.keep("range", b"0123456789")
    middle = bucket.ask("GetObject", Key="range", Range="bytes=2-4")
    end = bucket.ask("GetObject", Key="range", Range="bytes=-2")
    good = (middle.status, middle.data.get("Body")) == (206, b"234")
    good = good and (end.status, end.data.get("Body")) == (206, b"89")
    return judged("get-range", good, middle, end)


def _paging(bucket: Scratch) -> Finding:
    for key in LISTED:
        bucket.keep(key, b"x")
    bucket.keep("lists", b"not below the prefix")
    pages: list[Answer] = []
    found: list[str] = []
    more: dict[str, Any] = {}
    while len(pages) <= len(LISTED):
        page = bucket.ask("ListObjectsV2", Prefix="list/", MaxKeys=2, **more)
        pages.append(page)
        found += [one["Key"] for one in page.data.get("Contents", [])]
        token = page.data.get("NextContinuationToken")
        if not page.ok or not page.data.get("IsTruncated") or not token:
            break
        more = {"ContinuationToken": token}
    note = f"{len(found)} of {len(LISTED)} keys in {len(pages)} pages"
    return judged("list-paging", found == LISTED and len(pages) == 3, pages[0], note=note)


def _batch(capability: str, bucket: Scratch, by: Asker) -> Finding:
    keys = [f"{capability}/{number}" for number in range(3)]
    for key in keys:
        bucket.keep(key, b"x")
    objects = [{"Key": key} for key in keys]
    done = bucket.ask("DeleteObjects", by=by, Delete={"Objects": objects})
    left = bucket.ask("ListObjectsV2", Prefix=f"{capability}/")
    remaining = len(left.data.get("Contents", []))
    good = done.ok and left.ok and not done.data.get("Errors") and not remaining
    return judged(capability, good, done, left, note=f"{remaining} of 3 objects remain")
