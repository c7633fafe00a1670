"""Which versions of the live bucket one state of etcd can need. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from plugins.objectstore.history import Entry

SECOND = timedelta(seconds=1)
"""Stores date versions to the second."""


def needed(entries: Iterable[Entry], began: datetime, ended: datetime) -> Iterator[Entry]:
    """For each key the version that was there while etcd was read, between these store's times.

    Milvus writes an object before etcd names it and removes it after etcd has forgotten it, and
    never changes one: what was written later is not named, what was removed earlier neither.
    `entries` come by key, newest first.
    """
    for _, versions in groupby(entries, key=lambda entry: entry.key):
        for entry in versions:
            if entry.modified > ended + SECOND:
                continue
            if not entry.is_marker:
                yield entry
                break
            if entry.modified < began - SECOND:
                break
