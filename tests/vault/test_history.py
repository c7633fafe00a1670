"""Which versions a state of etcd can need, whatever clocks have dated them."""

from datetime import UTC, datetime, timedelta

import pytest

from plugins.objectstore.history import Entry
from vault.history import needed

BEGAN = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=10)


def entry(version: str, modified: datetime, *, is_marker: bool = False, key: str = "a") -> Entry:
    return Entry(key=key, version_id=version, modified=modified, is_marker=is_marker, size=1)


def found(*entries: Entry) -> list[str]:
    return [one.version_id for one in needed(entries, BEGAN, ENDED)]


@pytest.mark.parametrize("seconds", [-59, 0, 2, 59])
def test_an_object_flushed_just_before_comes_along_though_its_gateways_clock_is_ahead(
    seconds: int,
) -> None:
    assert found(entry("flushed", ENDED + timedelta(seconds=seconds))) == ["flushed"]


@pytest.mark.parametrize("seconds", [-59, 0, 59])
def test_an_object_removed_just_after_comes_along_though_its_gateways_clock_is_behind(
    seconds: int,
) -> None:
    marker = entry("marker", BEGAN + timedelta(seconds=seconds), is_marker=True)
    assert found(marker, entry("collected", BEGAN - timedelta(days=1))) == ["collected"]


def test_what_was_surely_written_later_or_removed_before_stays_behind() -> None:
    day = timedelta(days=1)
    assert found(entry("later", ENDED + timedelta(seconds=61))) == []
    assert (
        found(
            entry("marker", BEGAN - timedelta(seconds=61), is_marker=True),
            entry("gone", BEGAN - day),
        )
        == []
    )


def test_of_each_key_the_newest_version_that_can_have_been_there_comes_and_no_other() -> None:
    day = timedelta(days=1)
    assert found(
        entry("later", ENDED + day),
        entry("new", BEGAN - day),
        entry("old", BEGAN - 2 * day),
        entry("other", BEGAN - day, key="b"),
    ) == ["new", "other"]
