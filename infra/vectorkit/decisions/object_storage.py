"""How much object storage an environment takes, for its plan and its owner's purchase.

An estimate from above, in MiB: what is stored now, what versioning keeps beside it, the log, and
what is sealed in the vault.
"""

from dataclasses import dataclass

from vectorkit.schema.document import Document

DAY_SECONDS = 86400
REWRITES = 2
"""How often a row is written: once when it is flushed, once more when segments are compacted."""
LOG_DAYS = 3
"""How long Woodpecker keeps what is flushed: its retention, 72 hours."""


@dataclass(frozen=True, kw_only=True)
class ObjectStorage:
    """What lies in the buckets, in MiB."""

    current: int
    """Rows and their index, once: replicas are copies in memory."""
    noncurrent: int
    """What compaction and deletion left behind, kept for undelete_days."""
    log: int
    """The write-ahead log and its old versions, where it is in the live bucket."""
    vault: int
    """One sealed copy of all, and what is written anew while it is kept."""

    @property
    def total(self) -> int:
        """Of both buckets."""
        return self.current + self.noncurrent + self.log + self.vault


def needed(document: Document) -> ObjectStorage:
    """As if rows came at their highest rate all day, and compaction rewrote all there is once."""
    size, live, vault = document.workload.size, document.store.live, document.store.vault
    a_day = document.workload.rows_per_second * size.row_bytes * DAY_SECONDS // 1024**2
    current = size.stored
    log_days = LOG_DAYS + live.log_days if document.milvus.wal == "woodpecker" else 0
    return ObjectStorage(
        current=current,
        noncurrent=current + REWRITES * live.undelete_days * a_day,
        log=log_days * a_day,
        vault=current + vault.retention_days * a_day if vault.retention_days else 0,
    )
