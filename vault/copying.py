"""Copies one object version between buckets, and knows the SHA-256 of what it copied."""

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from plugins.objectstore.errors import explained
from vault.patience import patiently
from vault.places import PART, Bucket, VaultError

_READ = 2**20
_LARGEST_COPY = 5 * 2**30
"""S3 copies no more in one request."""


@dataclass(frozen=True)
class Copy:
    """What was written, and the digest of the bytes that were read for it."""

    version_id: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One object to write."""

    key: str
    metadata: dict[str, str] = field(default_factory=dict)
    lock: dict[str, Any] = field(default_factory=dict)
    """ObjectLockMode and ObjectLockRetainUntilDate, or nothing."""


class Readable(Protocol):
    """What a store answers with, or a file."""

    def read(self, size: int, /) -> bytes: ...


def read_digest(bucket: Bucket, key: str, version_id: str) -> str:
    """The SHA-256 of a version as the store gives it today."""
    with explained(bucket.attempt(f"read version {version_id!r} of {key!r}")):
        return _read_digest(bucket, key, version_id)


def stream(source: Bucket, key: str, version_id: str, target: Bucket, wanted: Wanted) -> Copy:
    """Through this process, a part at a time; the target checks what arrives."""
    with explained(target.attempt(f"copy {key!r}")):
        return _stream(source, key, version_id, target, wanted)


@patiently
def _read_digest(bucket: Bucket, key: str, version_id: str) -> str:
    digest = hashlib.sha256()
    # What `with` gives a name is not this, and does not count what has come.
    body = _opened(bucket, key, version_id)["Body"]
    with body:
        while some := body.read(_READ):
            digest.update(some)
    return digest.hexdigest()


@patiently
def _stream(source: Bucket, key: str, version_id: str, target: Bucket, wanted: Wanted) -> Copy:
    answer = _opened(source, key, version_id)
    body = answer["Body"]
    with body:
        return write(target, wanted, body, answer["ContentLength"])


def write(target: Bucket, wanted: Wanted, body: Readable, size: int) -> Copy:
    """All that `body` gives, in memory a part at a time. Raises what boto3 does."""
    if size > PART:
        return _put_parts(target, wanted, body)
    # To its end, where botocore counts what has come.
    return put(target, wanted, b"".join(iter(lambda: body.read(PART), b"")))


def put(target: Bucket, wanted: Wanted, body: bytes, **conditions: Any) -> Copy:
    """One request, whose checksum the store compares. Raises what boto3 does."""
    digest = hashlib.sha256(body)
    answer = target.client.put_object(
        Bucket=target.bucket,
        Key=wanted.key,
        Body=body,
        ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
        Metadata=wanted.metadata | {"sha256": digest.hexdigest()},
        **wanted.lock,
        **conditions,
    )
    return Copy(_version(answer, target), len(body), digest.hexdigest())


@patiently
def head(bucket: Bucket, key: str, version_id: str | None = None) -> Any:
    """What the store says of the version (without an id: of the current one); None if absent."""
    version: Any = {"VersionId": version_id} if version_id else {}
    with explained(bucket.attempt(f"look at {key!r}")):
        try:
            return bucket.client.head_object(Bucket=bucket.bucket, Key=key, **version)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405):
                return None
            raise


def in_store(
    source: Bucket, key: str, version_id: str, target: Bucket, wanted: Wanted
) -> Copy | None:
    """A copy made by the store; None where it makes none, or cannot say the SHA-256 of it."""
    origin: Any = {"Bucket": source.bucket, "Key": key, "VersionId": version_id}
    try:
        answer: Any = target.client.copy_object(
            Bucket=target.bucket,
            Key=wanted.key,
            CopySource=origin,
            ChecksumAlgorithm="SHA256",
            MetadataDirective="REPLACE",
            Metadata=wanted.metadata,
            **wanted.lock,
        )
    except (ClientError, BotoCoreError):
        return None
    told = answer["CopyObjectResult"].get("ChecksumSHA256")
    if not told or "VersionId" not in answer:
        return None
    return Copy(answer["VersionId"], -1, base64.b64decode(told).hex())


def fits_in_store(source: Bucket, target: Bucket, size: int) -> bool:
    return source.endpoint == target.endpoint and size <= _LARGEST_COPY


def _opened(bucket: Bucket, key: str, version_id: str) -> Any:
    with explained(bucket.attempt(f"read version {version_id!r} of {key!r}")):
        return bucket.client.get_object(Bucket=bucket.bucket, Key=key, VersionId=version_id)


def _put_parts(target: Bucket, wanted: Wanted, body: Readable) -> Copy:
    client = target.client
    where: Any = {"Bucket": target.bucket, "Key": wanted.key}
    done: Any = []
    begun = client.create_multipart_upload(
        **where, Metadata=wanted.metadata, **wanted.lock, ChecksumAlgorithm="SHA256"
    )
    upload: Any = {**where, "UploadId": begun["UploadId"]}
    digest, size = hashlib.sha256(), 0
    try:
        while part := body.read(PART):
            digest.update(part)
            size += len(part)
            # AWS takes no part of a version under retention without a checksum.
            told = base64.b64encode(hashlib.sha256(part).digest()).decode()
            number = len(done) + 1
            answer = client.upload_part(**upload, PartNumber=number, Body=part, ChecksumSHA256=told)
            done.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": told})
            # The next part is read into memory before its name is taken from this one.
            del part
        finished = client.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
    except BaseException:
        # Best effort: the bucket's lifecycle removes what is left of it.
        with suppress(Exception):
            client.abort_multipart_upload(**upload)
        raise
    return Copy(_version(finished, target), size, digest.hexdigest())


def _version(answer: Any, target: Bucket) -> str:
    if "VersionId" not in answer:
        raise VaultError(
            f"Bucket {target.bucket!r} keeps no versions; expected one with versioning. "
            "`pulumi up` switches it on."
        )
    return str(answer["VersionId"])
