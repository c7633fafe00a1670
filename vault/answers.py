"""Whether a restored instance answers as the one that was sealed."""

import time
from collections.abc import Iterable, Iterator

from vault.manifest import Canary
from vault.places import Milvus
from vault.report import Finding

TOLERANCE = 1e-4
"""Between distances that another order of the same sums may give."""


def wrong_answers(canaries: Iterable[Canary], milvus: Milvus, seconds: float) -> list[Finding]:
    """Milvus loads after it has started, so it is asked until it answers right or time is up."""
    asked = [one for one in canaries if one.is_asked]
    deadline = time.monotonic() + seconds
    while True:
        wrong = [
            finding
            for old, new in zip(asked, milvus.answers(asked), strict=True)
            for finding in _differences(old, new)
        ]
        if not wrong or time.monotonic() > deadline:
            return wrong
        time.sleep(1)


def _differences(old: Canary, new: Canary) -> Iterator[Finding]:
    where = f"{old.database}.{old.collection}"
    if old.exists and new.exists is False:
        yield Finding(kind="missing", where=where, says="there is no such collection.")
        return
    if old.exists and old.is_loaded and not new.is_loaded:
        yield Finding(kind="released", where=where, says="is not loaded; it was when sealed.")
    elif old.row_count != new.row_count and (old.is_loaded or not new.is_loaded):
        counted = "" if old.is_loaded else " (with deleted ones until they are compacted)"
        says = f"has {new.row_count} rows{counted}; {old.row_count} were sealed."
        yield Finding(kind="rows", where=where, says=says)
    if not same_neighbours(old, new):
        says = f"finds {list(new.ids)} near the canary; {list(old.ids)} were sealed."
        yield Finding(kind="neighbours", where=where, says=says)


def same_neighbours(old: Canary, new: Canary) -> bool:
    """The same distances in order, and the same rows where no two are equally far."""
    if len(old.distances) != len(new.distances):
        return False
    if any(abs(a - b) > TOLERANCE for a, b in zip(old.distances, new.distances, strict=True)):
        return False
    # The last one may have an equal that is not among the answers.
    last = old.distances[-1] if old.distances else 0.0
    sure = {
        identifier
        for identifier, distance in zip(old.ids, old.distances, strict=True)
        if abs(distance - last) > TOLERANCE
    }
    return sure <= set(new.ids) if sure else set(old.ids) == set(new.ids)
