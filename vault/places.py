"""Where a snapshot comes from, and where it lies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from plugins.errors import Refusal
from plugins.objectstore.errors import Attempt
from vault.etcd import Etcd
from vault.manifest import Canary
from vault.object_version import Mode, ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 8
CHUNK = 1000
"""How much work waits for the threads at once, so that memory is bounded."""
PART = 8 * 2**20
"""What one thread holds in memory of an object."""


_Work = TypeVar("_Work")


def chunks(work: Iterable[_Work]) -> Iterator[list[_Work]]:
    rest = iter(work)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


class VaultError(Refusal):
    """Sealing, verifying or restoring is refused; the sentence says why and what to do."""


class Milvus(Protocol):
    """A running instance, as sealing and restoring use it."""

    def version(self) -> str: ...

    def flush(self) -> None:
        """Every row acknowledged until now is in the object store when this returns."""

    def canaries(self) -> tuple[Canary, ...]:
        """Questions with their answers of now."""

    def answers(self, canaries: Sequence[Canary]) -> tuple[Canary, ...]:
        """The same questions with their answers of now."""


@dataclass(frozen=True)
class Lock:
    """How firmly and how long every version of a snapshot is locked."""

    mode: Mode
    until: datetime

    @property
    def headers(self) -> dict[str, Any]:
        """For the request that writes a version. Some stores ignore them in a copy."""
        return {"ObjectLockMode": self.mode.upper(), "ObjectLockRetainUntilDate": self.until}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket, the credentials that use it, and the prefix of everything in it."""

    client: "S3Client"
    bucket: str
    root_path: str

    @property
    def endpoint(self) -> str:
        return self.client.meta.endpoint_url

    def version(self, key: str, version_id: str) -> ObjectVersion:
        return ObjectVersion(self.client, self.bucket, key, version_id)

    def attempt(self, action: str) -> Attempt:
        """For the sentence about an error: `action` completes "could not ..."."""
        return Attempt(f"{action} in bucket {self.bucket!r}", self.endpoint)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What is sealed: the live bucket, Milvus's metadata, and Milvus itself."""

    live: Bucket
    etcd: Etcd
    milvus: Milvus
