"""Looks whether sealed versions are as they were sealed, and buckets as they were set."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plugins.objectstore import live
from plugins.objectstore.errors import StoreError, code_of, explained
from plugins.objectstore.settings import WRITTEN, same
from vault.object_version import Mode, ObjectVersion, retention

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 8
CHUNK = 2**20


@dataclass(frozen=True)
class SealedVersion:
    """One locked version, as it was found before the first attack."""

    key: str
    version_id: str
    digest: str
    mode: Mode
    until: datetime


def sealed_versions(client: "S3Client", bucket: str) -> tuple[SealedVersion, ...]:
    """Every version of the bucket that is under retention."""
    listed = [(one["Key"], one["VersionId"]) for one in versions(client, bucket)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda one: look_at(client, bucket, *one), listed)
        return tuple(one for one in found if one is not None)


def look_at(client: "S3Client", bucket: str, key: str, version_id: str) -> SealedVersion | None:
    """One version with its content's digest; None where it has no retention."""
    version = ObjectVersion(client, bucket, key, version_id)
    lock = retention(version)
    if lock is None:
        return None
    with explained(version.attempt("read")):
        return SealedVersion(key, version_id, _digest(version), *lock)


def versions(client: "S3Client", bucket: str) -> Iterator[dict[str, Any]]:
    """Every version, delete markers left out."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield from (dict(one) for one in page.get("Versions", []))


def losses(client: "S3Client", bucket: str, sealed: Sequence[SealedVersion]) -> tuple[str, ...]:
    """A sentence for each sealed version that is not there, readable, and locked as it was."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda one: _loss(client, bucket, one), sealed)
        return tuple(one for one in found if one)


def changed(client: "S3Client", before: dict[str, Any]) -> tuple[str, ...]:
    """The settings of a bucket that are no longer as they were; "existence" when it is gone."""
    if not live.exists(client, before["bucket"]):
        return ("existence",)
    found = live.read(client, before["bucket"])
    return tuple(one for one in WRITTEN if not same(one, before[one], found[one]))


def put_back(client: "S3Client", before: dict[str, Any], settings: Sequence[str]) -> None:
    """Write these settings of a bucket as they were."""
    for setting in settings:
        live.write(client, before["bucket"], setting, before[setting])


def _loss(client: "S3Client", bucket: str, sealed: SealedVersion) -> str | None:
    version = ObjectVersion(client, bucket, sealed.key, sealed.version_id)
    try:
        if _digest(version) != sealed.digest:
            return f"{version} has other content."
        lock = retention(version)
    except ClientError as error:
        return f"{version} cannot be read: {code_of(error)}."
    except StoreError as error:
        return str(error)
    if lock is None:
        return f"{version} has no retention any more."
    if (lock[0], sealed.mode) == ("governance", "compliance") or lock[1] < sealed.until:
        return f"{version} is held less firmly: {lock[0]} until {lock[1]:%Y-%m-%dT%H:%M:%SZ}."
    return None


def _digest(version: ObjectVersion) -> str:
    digest = sha256()
    for chunk in version.client.get_object(**version.address)["Body"].iter_chunks(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
