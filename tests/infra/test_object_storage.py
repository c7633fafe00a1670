"""How much object storage an environment takes."""

from typing import Any

import pytest

from tests.infra.stack_document import PULSAR, settings
from vectorkit.decisions import object_storage
from vectorkit.decisions.object_storage import ObjectStorage

BUSY = {"workload.rows_per_second": 1000}


def needed(changes: dict[str, Any] | None = None) -> ObjectStorage:
    return object_storage.needed(settings(changes, stack="prod-aws"))


def test_replicas_are_copies_in_memory_and_take_no_object_storage() -> None:
    assert needed({"workload.replicas": 3}).current <= needed().current + 3


def test_versions_are_kept_for_as_long_as_is_promised() -> None:
    short, long = (
        needed({"store.live.undelete_days": days, "store.live.wal_undelete_days": 3})
        for days in (7, 14)
    )
    assert long.noncurrent - long.current == 2 * (short.noncurrent - short.current) > 0


def test_the_log_takes_room_where_it_is_in_the_bucket() -> None:
    a_day = 1000 * 86400 * (768 * 4 + 1024) / 1024**2
    assert needed(BUSY).log == pytest.approx(6 * a_day, rel=0.01)
    assert needed(BUSY | PULSAR).log == 0


def test_the_text_of_a_row_takes_room_wherever_its_vector_does() -> None:
    bare, full = (needed(BUSY | {"workload.payload_bytes": size}) for size in (0, 768 * 4))
    assert full.current - bare.current == pytest.approx(10_000_000 * 768 * 4 / 1024**2, abs=1)
    for part in ("log", "vault", "noncurrent"):
        grown = getattr(full, part) - (full.current if part != "log" else 0)
        was = getattr(bare, part) - (bare.current if part != "log" else 0)
        assert grown == pytest.approx(2 * was, rel=0.01)


def test_the_vault_holds_a_copy_of_all_and_what_is_written_while_it_is_kept() -> None:
    assert needed().vault > needed().current
    assert needed(BUSY).vault > needed().vault
    assert needed({"store.vault": {"bucket": "vault", "mode": "none"}}).vault == 0
