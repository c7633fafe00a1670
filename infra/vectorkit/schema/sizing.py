"""Memory and disk that a workload needs, by Milvus's published index formulas.

Lists take IVF's recommended 4 * sqrt(vectors) clusters, HNSW its default of 32 links a vector.
"""

from dataclasses import dataclass
from math import ceil, isqrt

BINARY_INDEXES = ("BIN_FLAT", "BIN_IVF_FLAT")

LINKS = 32
GRAPH_DEGREE = 64
"""CAGRA's default number of links a vector."""
HEADROOM = 1.3
DISKANN_MEMORY_SHARE = 0.225
"""Of the raw vectors: PQ codes (0.125) and search cache (0.1)."""
DISKANN_DISK_SHARE = 2
"""Of the raw vectors: each beside its links, in sectors of 4 KiB, and the PQ codes again (from 96
dimensions on)."""

PROCESS_MIB = 1024
"""Milvus without data: process, caches, buffers of growing segments."""
SEGMENT_MIB = 1024
"""The largest sealed segment; its index is built beside the raw data."""
DISKANN_SEGMENT_MIB = 2048
"""The same where every vector index is on disk: Milvus's dataCoord.segment.diskSegmentMaxSize."""
QUEUE_MIB = 10 * 1024
"""The write-ahead log on the volume, before retention trims it."""
ETCD_QUOTA_MIB = 4 * 1024
ETCD_DISK_MIB = 2 * ETCD_QUOTA_MIB
"""Twice the quota, because defragmentation writes a second copy."""
STEP_MIB = 256


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """What the workload needs, in MiB."""

    raw: int
    index: int
    """Loaded index of one replica."""
    loaded: int
    """The same with the other fields of each row, which Milvus loads into memory, too:
    queryNode.mmap.scalarField is false by itself."""
    memory: int
    """What Milvus's container needs to serve."""
    memory_limit: int
    """The same while one segment's index is built."""
    disk: int
    """Standalone's own volume."""
    node_disk: int
    """What the query nodes of one replica keep on their machines' disks: for DISKANN the index,
    else nothing."""
    vector_bytes: int
    row_bytes: int
    """One vector and the other fields of its row."""
    segment: int
    """The largest sealed segment."""
    stored: int
    """Objects in the live bucket: rows and index, once."""


def size(*, vectors: int, dimension: int, index: str, payload_bytes: int) -> Sizing:
    """The needs of `vectors` vectors under one index, loaded once, with `payload_bytes` of other
    fields beside each."""
    vector_bytes = _vector_bytes(dimension, index)
    raw, payload = vectors * vector_bytes, vectors * payload_bytes
    index_bytes = _index_bytes(vectors, dimension, index)
    loaded = index_bytes + payload
    memory = _step(PROCESS_MIB + HEADROOM * _mib(loaded))
    segment = DISKANN_SEGMENT_MIB if index == "DISKANN" else SEGMENT_MIB
    build = 2 * min(_mib(raw), segment)
    # DISKANN keeps raw vectors and graph on the disk; the others only what is being written.
    disk_index = DISKANN_DISK_SHARE * _mib(raw) if index == "DISKANN" else 0
    on_disk = HEADROOM * disk_index
    return Sizing(
        raw=_mib(raw),
        index=_mib(index_bytes),
        loaded=_mib(loaded),
        memory=memory,
        memory_limit=_step(memory + build),
        disk=_step(QUEUE_MIB + max(on_disk, HEADROOM * _mib(raw))),
        node_disk=ceil(on_disk),
        vector_bytes=vector_bytes,
        row_bytes=vector_bytes + payload_bytes,
        segment=segment,
        stored=_mib(raw + payload) + (disk_index or _mib(index_bytes)),
    )


def _vector_bytes(dimension: int, index: str) -> int:
    return ceil(dimension / 8) if index in BINARY_INDEXES else dimension * 4


def _index_bytes(vectors: int, dimension: int, index: str) -> int:
    vector = _vector_bytes(dimension, index)
    clusters = max(1, 4 * isqrt(vectors))
    match index:
        case "FLAT" | "BIN_FLAT":
            return vectors * vector
        case "IVF_FLAT" | "BIN_IVF_FLAT":
            return vectors * (vector + 2) + clusters * vector
        case "IVF_SQ8":
            return vectors * (dimension + 2) + clusters * vector
        case "HNSW":
            return vectors * (vector + LINKS * 4)
        case "GPU_CAGRA":
            return vectors * (vector + GRAPH_DEGREE * 4)
        case "DISKANN":
            return ceil(vectors * vector * DISKANN_MEMORY_SHARE)
    raise ValueError(f"There is no sizing formula for index {index!r}.")


def _mib(size_in_bytes: float) -> int:
    return ceil(size_in_bytes / 1024**2)


def _step(mib: float) -> int:
    return ceil(mib / STEP_MIB) * STEP_MIB
