"""Drift: what the engine would change is told in the words of whoever reads it, and only that."""

from typing import Any

import pytest
from rich.console import Console

from handover import drift

URN = "urn:pulumi:prod::vectorkit::vectorkit:index:Environment${kind}::{name}"
BUCKET = "objectstore:index:Bucket"


def step(operation: str, **more: Any) -> dict[str, Any]:
    return {"op": operation, "urn": URN.format(kind=BUCKET, name="live"), **more}


@pytest.mark.parametrize("operation", ["same", "refresh", "read", "create-replacement"])
def test_what_needs_no_hand_is_no_drift(operation: str) -> None:
    assert drift.differences({"steps": [step(operation)]}) == []


def test_a_changed_setting_is_told_as_it_is_and_as_it_was_declared() -> None:
    changed = step(
        "update",
        diffReasons=["versioning", "tags"],
        oldState={"outputs": {"versioning": False}, "inputs": {"versioning": True}},
        newState={"inputs": {"versioning": True, "tags": {"team": "search"}}},
    )
    tags, versioning = drift.differences({"steps": [changed]})
    assert (versioning.resource, versioning.kind) == ("live", BUCKET)
    assert (versioning.setting, versioning.is_now, versioning.declared) == (
        "versioning",
        "false",
        "true",
    )
    assert (tags.is_now, tags.declared) == (drift.ABSENT, '{"team": "search"}')


@pytest.mark.parametrize(
    ("operation", "found"), [("create", "missing"), ("delete", "no longer declared")]
)
def test_a_whole_resource_is_one_difference(operation: str, found: str) -> None:
    (told,) = drift.differences({"steps": [step(operation, diffReasons=["bucket"])]})
    assert (told.found, told.setting) == (found, "")


def test_a_long_value_is_cut_and_a_secret_stays_masked(capsys: pytest.CaptureFixture[str]) -> None:
    changed = step(
        "update",
        diffReasons=["data", "values"],
        oldState={"outputs": {"data": "[secret]", "values": "x" * 500}},
        newState={"inputs": {"data": "[secret]", "values": "y" * 500}},
    )
    found = drift.differences({"steps": [changed]})
    Console(width=200).print(drift.table(found))
    shown = capsys.readouterr().out
    assert shown.count("[secret]") == 2
    assert "x" * 100 not in shown
