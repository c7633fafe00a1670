"""What docs/ says about each store is what the probe finds in that store today."""

from pathlib import Path
from typing import Any

import pytest

from bench import stores
from bench.stores_page import page
from tests.stores.launchers import LAUNCHERS

MOST_REQUESTS = 2000


def test_the_page_is_made_from_the_records() -> None:
    assert stores.PAGE.read_text() == page(stores.recorded())


def test_every_store_is_recorded_in_the_version_that_is_pinned() -> None:
    kept = {one["store"]: one["version"] for one in stores.recorded()}
    pinned = {name: one.version() for name, one in LAUNCHERS.items() if name != "seaweedfs"}
    assert {name: kept.get(name) for name in pinned} == pinned
    assert "seaweedfs" in kept


@pytest.mark.tools
@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_store_can_do_what_is_recorded_of_it(name: str, tmp_path: Path) -> None:
    report, _ = stores.ask(name, tmp_path / "store")
    found = stores.record(name, report)
    (kept,) = [one for one in stores.recorded() if one["store"] == name]
    assert _outcomes(found) == _outcomes(kept)
    assert found["verdict"] == kept["verdict"], "run `python -m bench.stores`"
    assert found["version"] == kept["version"]
    assert report.requests <= MOST_REQUESTS


def _outcomes(record: dict[str, Any]) -> dict[str, str]:
    return {one["capability"]: one["outcome"] for one in record["findings"]}
