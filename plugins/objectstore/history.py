"""What a versioned bucket held at a time, read from its listing of versions. Asks, never writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from plugins.objectstore.errors import explained
from plugins.objectstore.live import attempt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KINDS = re.compile(rb"<(Version|DeleteMarker)[ >]")


@dataclass(frozen=True)
class Entry:
    """One version of a key, or a delete marker."""

    key: str
    version_id: str
    modified: datetime
    is_marker: bool
    size: int


@dataclass(frozen=True)
class Step:
    """What brings one key back: its markers removed, or an older version copied over it."""

    kind: Literal["uncover", "restore"]
    version: Entry
    """The version that becomes current, or whose content does."""
    markers: tuple[Entry, ...] = ()
    current: Entry | None = None
    """With `restore`: what is current until then, and is kept as a version."""


def steps(client: "S3Client", bucket: str, prefix: str, at: datetime | None) -> Iterator[Step]:
    """What brings every key below the prefix back to its state at `at`, one key at a time.

    Without a time: whatever is deleted now comes back as it was last. Keys that did not exist at
    that time are left alone. Memory does not grow with the number of keys.
    """
    for _, versions in groupby(entries(client, bucket, prefix), key=lambda entry: entry.key):
        step = step_for(versions, at)
        if step:
            yield step


def step_for(newest_first: Iterator[Entry], at: datetime | None) -> Step | None:
    """What brings one key back; None when nothing has to be done."""
    newer: list[Entry] = []
    for entry in newest_first:
        if not (entry.modified <= at if at else not entry.is_marker):
            newer.append(entry)
            continue
        if entry.is_marker or not newer:
            return None
        if all(one.is_marker for one in newer):
            return Step("uncover", entry, markers=tuple(newer))
        return Step("restore", entry, current=newer[0])
    return None


def entries(client: "S3Client", bucket: str, prefix: str) -> Iterator[Entry]:
    """Every version and marker below the prefix: by key, newest first, as the store has them."""
    # boto3 parts versions from markers and so loses their order, which the dates alone cannot
    # give back: they have whole seconds.
    client.meta.events.register(
        "before-parse.s3.ListObjectVersions", _keep_order, unique_id="history-order"
    )
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    with explained(attempt(client, f"list the versions in bucket {bucket!r}")):
        for page in pages:
            answer: dict[str, Any] = dict(page)
            versions = iter(answer.get("Versions", []))
            markers = iter(answer.get("DeleteMarkers", []))
            for kind in answer["Kinds"]:
                is_marker = kind == "DeleteMarker"
                one = next(markers if is_marker else versions)
                yield Entry(
                    key=one["Key"],
                    version_id=one["VersionId"],
                    modified=one["LastModified"],
                    is_marker=is_marker,
                    size=one.get("Size", 0),
                )


def _keep_order(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    kinds = _KINDS.findall(response_dict["body"])
    customized_response_dict["Kinds"] = [kind.decode() for kind in kinds]
