"""Which versions of the live bucket one state of etcd can need. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from plugins.objectstore.history import Entry
from vault.object_version import MOST_SKEW


def needed(entries: Iterable[Entry], began: datetime, ended: datetime) -> Iterator[Entry]:
    """For each key the version that was there while etcd was read, between these store's times.

    Milvus writes an object before etcd names it and removes it after etcd has forgotten it, and
    never changes one: what was written later is not named, what was removed earlier neither.
    `entries` come by key, newest first.
    """
    # Each gateway of a store dates by a clock of its own. What is too much harms nothing: Milvus
    # collects what its metadata does not name. What is missing is lost.
    earliest, latest = began - MOST_SKEW, ended + MOST_SKEW
    for _, versions in groupby(entries, key=lambda entry: entry.key):
        for entry in versions:
            if entry.modified > latest:
                continue
            if not entry.is_marker:
                yield entry
                break
            if entry.modified < earliest:
                break
