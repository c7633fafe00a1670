"""Default encryption, by what a stored object says of itself.

An S3 client cannot see the store's disks: an object that reports its encryption when it is read
proves what the store says, not what it wrote.
"""

from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.answer import Answer, judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.multipart_and_listing import upload
from plugins.objectstore.probe.session import Scratch, Session

LIMIT = "this is what the store reports; the bytes on its disks cannot be seen from here"


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.bucket("encrypted")
    told, read, found = _default(bucket, {"SSEAlgorithm": "AES256"})
    yield judged("default-encryption-accepted", told.ok and found == "AES256", told, read)
    yield _working("default-encryption-working", bucket, told, "AES256")
    answers, head, whole = upload(bucket, "parts")
    good = told.ok and whole and head.data.get("ServerSideEncryption") == "AES256"
    yield judged("default-encryption-multipart", good, *answers, head, note=_said(head))
    bucket = session.bucket("kms")
    told, read, found = _default(bucket, {"SSEAlgorithm": "aws:kms"})
    if told.ok and found == "aws:kms":
        yield _working("kms-encryption", bucket, told, "aws:kms")
    else:
        yield judged("kms-encryption", False, told, read, note="with the store's own KMS key")


def _default(bucket: Scratch, default: dict[str, Any]) -> tuple[Answer, Answer, str]:
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    told = bucket.ask("PutBucketEncryption", ServerSideEncryptionConfiguration={"Rules": rules})
    read = bucket.ask("GetBucketEncryption")
    kept = read.data.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
    default = kept[0].get("ApplyServerSideEncryptionByDefault", {})
    return told, read, default.get("SSEAlgorithm", "")


def _working(capability: str, bucket: Scratch, told: Answer, algorithm: str) -> Finding:
    put = bucket.ask("PutObject", Key="object", Body=b"no headers")
    head = bucket.ask("HeadObject", Key="object")
    got = bucket.ask("GetObject", Key="object")
    good = told.ok and put.ok and got.data.get("Body") == b"no headers"
    good = good and head.data.get("ServerSideEncryption") == algorithm
    return judged(capability, good, told, put, head, got, note=_said(head))


def _said(head: Answer) -> str:
    said = head.data.get("ServerSideEncryption")
    return f"HEAD says {said!r}; {LIMIT}" if said else "HEAD names no encryption"
