import time

import pytest

from smoke_tests import leftovers
from smoke_tests.leftovers import Traces

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        (f"smoke_{NOW - 3601}_abc123", True),
        (f"smoke_{NOW - 3599}_abc123", False),
        (f"smoke_{NOW + 60}_abc123", False),
        ("sample", False),
        ("smoke_", False),
        ("smoke_of_mine", False),
        (f"my_smoke_{NOW - 9999}_abc123", False),
        (f"smoke_{NOW - 9999}_abc123_copy", False),
    ],
)
def test_only_old_collections_of_the_suite_are_stale(name: str, stale: bool) -> None:
    assert leftovers.is_stale(name, NOW) is stale


def test_a_new_name_is_unique_and_not_stale() -> None:
    first, second = leftovers.new_name(), leftovers.new_name()
    assert first != second
    assert not leftovers.is_stale(first, time.time() + 60)


def test_only_keys_of_the_collection_and_of_its_partitions_belong_to_it() -> None:
    own = [
        "root/insert_log/7/70/700/100/1",
        "root/stats_log/7/70/700/100/2",
        "root/delta_log/7/71/701/3",
        "root/index_files/900/1/70/700/HNSW",
        "root/index_files/901/1/71/701/HNSW",
    ]
    others = [
        "root/insert_log/8/80/800/100/1",
        "root/insert_log/77/70/700/100/1",
        "root/index_files/902/1/80/800/HNSW",
        "root/index_files/70/1/80/800/HNSW",
        "root/file",
        "other/insert_log/7/70/700/100/1",
    ]
    assert sorted(Traces("root", 7).of([*own, *others])) == sorted(own)


def test_index_files_are_recognised_when_the_logs_are_already_gone() -> None:
    traces = Traces("root", 7)
    traces.of(["root/insert_log/7/70/700/100/1"])
    assert traces.of(["root/index_files/900/1/70/700/HNSW"]) == [
        "root/index_files/900/1/70/700/HNSW"
    ]


def test_a_collection_without_partitions_has_no_index_files() -> None:
    assert Traces("root", 7).of(["root/index_files/900/1/70/700/HNSW"]) == []
