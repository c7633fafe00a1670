"""Lifecycle rules, each written and read back alone, then all of them at once."""

from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.answer import judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Scratch, Session
from plugins.objectstore.settings import same


def rule(identifier: str, prefix: str = "", **action: Any) -> dict[str, Any]:
    """An enabled rule in boto3's form."""
    return {"ID": identifier, "Status": "Enabled", "Filter": {"Prefix": prefix}, **action}


RULES = {
    "lifecycle-noncurrent": rule("noncurrent", NoncurrentVersionExpiration={"NoncurrentDays": 7}),
    "lifecycle-noncurrent-prefix": rule(
        "wal", "data/wp/", NoncurrentVersionExpiration={"NoncurrentDays": 1}
    ),
    "lifecycle-abort-multipart": rule(
        "uploads", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 3}
    ),
    "lifecycle-expired-marker": rule("markers", Expiration={"ExpiredObjectDeleteMarker": True}),
    "lifecycle-expiration-prefix": rule("staging", "staging/", Expiration={"Days": 1}),
}


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.versioned()
    for capability, one in RULES.items():
        yield _round_trip(capability, bucket, [one])
    live = [one for key, one in RULES.items() if key != "lifecycle-expiration-prefix"]
    yield _round_trip("lifecycle-together", bucket, live)
    bucket.ask("DeleteBucketLifecycle")


def _round_trip(capability: str, bucket: Scratch, rules: list[dict[str, Any]]) -> Finding:
    bucket.ask("DeleteBucketLifecycle")
    told = bucket.ask("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": rules})
    read = bucket.ask("GetBucketLifecycleConfiguration")
    found = read.data.get("Rules", [])
    good = told.ok and read.ok and same("lifecycle", rules, found)
    note = "" if good or not read.ok else f"read back: {found}"
    return judged(capability, good, told, read, note=note)
