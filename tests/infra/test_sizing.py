"""Sizes follow Milvus's published figures for one million vectors of 128 dimensions."""

import pytest

from vectorkit import sizing

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("index", "megabytes"),
    [("FLAT", 512), ("IVF_FLAT", 516), ("IVF_SQ8", 132), ("HNSW", 640), ("DISKANN", 115)],
)
def test_the_index_takes_what_milvus_publishes(index: str, megabytes: int) -> None:
    size = sizing.size(vectors=MILLION, dimension=128, index=index)
    assert size.index * 1024**2 / 1e6 == pytest.approx(megabytes, rel=0.01)


def test_the_limit_leaves_room_to_build_an_index() -> None:
    size = sizing.size(vectors=MILLION, dimension=128, index="HNSW")
    assert size.memory_limit - size.memory >= 2 * size.raw


def test_a_disk_index_moves_the_vectors_to_the_volume() -> None:
    disk = sizing.size(vectors=100 * MILLION, dimension=128, index="DISKANN")
    memory = sizing.size(vectors=100 * MILLION, dimension=128, index="HNSW")
    assert disk.memory < memory.memory / 4
    assert disk.disk > memory.disk


def test_binary_vectors_take_a_bit_for_each_dimension() -> None:
    size = sizing.size(vectors=MILLION, dimension=1024, index="BIN_FLAT")
    assert size.index * 1024**2 / 1e6 == pytest.approx(128, rel=0.01)
