"""The suite's own collections: named so that they can be told apart, and removed with their files.

Milvus keeps the files of a dropped collection for hours before it collects them. The suite removes
its own at once, with Milvus's identity, which may hide an object and not destroy a version.
"""

import contextlib
import itertools
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests import engine, objects
from smoke_tests.errors import SmokeError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "smoke_"
STALE_SECONDS = 3600
"""A younger collection may belong to a run in progress."""
LOGS = ("insert_log", "stats_log", "delta_log")
INDEXES = "index_files"
GONE_SECONDS = 60
QUIET_SECONDS = 3
"""A file may still be written for so long after its collection was dropped."""


@dataclass(frozen=True)
class Bucket:
    """Where Milvus keeps its files, and the identity that lists and hides them."""

    client: "S3Client"
    name: str
    root: str


@dataclass
class Traces:
    """The keys of one collection: logs by its id, index files by the ids of its partitions.

    Milvus gives every collection, partition and segment an id of its own, and never gives it again.
    """

    root: str
    collection: int
    partitions: set[str] = field(default_factory=set)

    @property
    def prefixes(self) -> list[str]:
        """Where the keys of the collection can lie."""
        own = [f"{self.root}/{log}/{self.collection}/" for log in LOGS]
        return [*own, f"{self.root}/{INDEXES}/"]

    def of(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that belong to the collection; learns its partitions on the way."""
        given = list(keys)
        parts = {key: key.removeprefix(f"{self.root}/").split("/") for key in given}
        logs = [
            key for key, p in parts.items() if p[0] in LOGS and p[1:2] == [str(self.collection)]
        ]
        self.partitions.update(parts[key][2] for key in logs if len(parts[key]) > 2)
        # index_files/<build>/<version>/<partition>/<segment>/<file>
        indexes = [
            key
            for key, p in parts.items()
            if p[0] == INDEXES and len(p) > 4 and p[3] in self.partitions
        ]
        return logs + indexes


def new_name() -> str:
    """Unique, and tells its age."""
    return f"{PREFIX}{int(time.time())}_{secrets.token_hex(3)}"


def is_stale(name: str, now: float) -> bool:
    """Whether a collection was left by a run that ended without tidying up."""
    made = re.fullmatch(rf"{PREFIX}(\d+)_[0-9a-f]+", name)
    return made is not None and now - int(made[1]) > STALE_SECONDS


def remove(client: MilvusClient, bucket: Bucket, name: str) -> int:
    """Drop the collection, then its files; returns how many files there were."""
    if not client.has_collection(name, timeout=engine.SECONDS):
        return 0
    described = client.describe_collection(name, timeout=engine.SECONDS)
    traces = Traces(bucket.root, int(described["collection_id"]))
    # Rows that are only in memory would be written to the bucket some seconds after the drop. A
    # Milvus that cannot flush is no reason to leave the collection.
    with contextlib.suppress(MilvusException):
        client.flush(name, timeout=engine.SECONDS)
    current(bucket, traces)
    client.drop_collection(name, timeout=engine.SECONDS)
    if client.has_collection(name, timeout=engine.SECONDS):
        raise SmokeError(f"Collection {name!r} was dropped and is still listed by Milvus.")
    return _remove_files(bucket, traces)


def remove_stale(client: MilvusClient, bucket: Bucket) -> list[str]:
    """Remove what earlier runs left behind; returns the names of those collections."""
    listed = client.list_collections(timeout=engine.SECONDS)
    stale = [name for name in listed if is_stale(name, time.time())]
    for name in stale:
        remove(client, bucket, name)
    return stale


def current(bucket: Bucket, traces: Traces) -> list[str]:
    """The collection's keys that a listing still shows."""
    # The logs come first: they tell the partitions, by which index files are recognised.
    found = [objects.keys(bucket.client, bucket.name, prefix) for prefix in traces.prefixes]
    return traces.of(itertools.chain.from_iterable(found))


def _remove_files(bucket: Bucket, traces: Traces) -> int:
    removed = 0
    quiet_since = time.monotonic()
    deadline = quiet_since + GONE_SECONDS
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        left = current(bucket, traces)
        if left:
            if time.monotonic() > deadline:
                raise SmokeError(
                    f"{len(left)} objects of a dropped collection are still in bucket "
                    f"{bucket.name!r} after {GONE_SECONDS} s; the last one seen is {left[-1]!r}."
                )
            for key in left:
                bucket.client.delete_object(Bucket=bucket.name, Key=key)
            removed += len(left)
            quiet_since = time.monotonic()
        time.sleep(0.5)
    return removed
