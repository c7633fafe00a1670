"""Sizes follow Milvus's published figures for one million vectors of 128 dimensions."""

import pytest

from vectorkit.schema import sizing

MILLION = 1_000_000


def of(vectors: int, dimension: int, index: str, payload_bytes: int = 0) -> sizing.Sizing:
    return sizing.size(
        vectors=vectors, dimension=dimension, index=index, payload_bytes=payload_bytes
    )


@pytest.mark.parametrize(
    ("index", "megabytes"),
    [("FLAT", 512), ("IVF_FLAT", 516), ("IVF_SQ8", 132), ("HNSW", 640), ("DISKANN", 115)],
)
def test_the_index_takes_what_milvus_publishes(index: str, megabytes: int) -> None:
    size = of(MILLION, 128, index)
    assert size.index * 1024**2 / 1e6 == pytest.approx(megabytes, rel=0.01)


def test_the_limit_leaves_room_to_build_an_index() -> None:
    size = of(MILLION, 128, "HNSW")
    assert size.memory_limit - size.memory >= 2 * size.raw


def test_a_disk_index_moves_the_vectors_to_the_volume() -> None:
    disk = of(100 * MILLION, 128, "DISKANN")
    memory = of(100 * MILLION, 128, "HNSW")
    assert disk.memory < memory.memory / 4
    assert disk.disk > memory.disk


@pytest.mark.parametrize("dimension", [96, 128, 768, 1536])
def test_what_is_stored_of_a_disk_index_are_its_graph_and_all_vectors(dimension: int) -> None:
    """As DiskANN lays nodes out: a vector, up to 56 links and their number, never across sectors
    when it fits in one."""
    vector, sector = dimension * 4, 4096
    node = vector + 4 * 56 + 4
    laid_out = sector / (sector // node) if node <= sector else sector * -(-node // sector)
    codes = vector * 0.125
    size = of(MILLION, dimension, "DISKANN")
    stored = MILLION * (vector + laid_out + codes) / 1024**2
    assert stored <= size.stored < 1.5 * stored


def test_the_limit_leaves_room_to_build_the_larger_segments_of_a_disk_index() -> None:
    size = of(100 * MILLION, 128, "DISKANN")
    assert size.memory_limit - size.memory >= 2 * 2048


def test_binary_vectors_take_a_bit_for_each_dimension() -> None:
    size = of(MILLION, 1024, "BIN_FLAT")
    assert size.index * 1024**2 / 1e6 == pytest.approx(128, rel=0.01)


def test_the_other_fields_of_a_row_are_loaded_and_stored_with_it() -> None:
    bare, full = (of(MILLION, 128, "HNSW", payload) for payload in (0, 1024))
    payload = MILLION * 1024 / 1024**2
    assert full.index == bare.index
    assert full.loaded - bare.loaded == pytest.approx(payload, abs=1)
    assert full.memory - bare.memory >= sizing.HEADROOM * payload - sizing.STEP_MIB
    assert full.stored - bare.stored == pytest.approx(payload, abs=1)
