"""Drift: what the engine would change is told in the words of whoever reads it, and only that."""

import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from handover import cluster_drift, drift
from handover.differences import ABSENT

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
    assert (tags.is_now, tags.declared) == (ABSENT, '{"team": "search"}')
    assert tags.remedy == "pulumi up --refresh --stack prod"


def test_stack_local_is_made_as_declared_by_make() -> None:
    missing = step("create")
    missing["urn"] = missing["urn"].replace(":prod:", ":local:")
    (told,) = drift.differences({"steps": [missing]})
    assert told.remedy == "make up REFRESH=1"


def changed(has: Any, wants: Any) -> list[tuple[str, str, str]]:
    """What is told of a setting."""
    one = step(
        "update",
        diffReasons=["policy"],
        oldState={"outputs": {"policy": has}},
        newState={"inputs": {"policy": wants}},
    )
    found = drift.differences({"steps": [one]})
    return [(one.setting, one.is_now, one.declared) for one in found]


def test_a_list_is_told_by_the_element_that_differs() -> None:
    def policy(*actions: str) -> dict[str, Any]:
        return {"Statement": [{"Sid": "A", "Action": ["s3:*"]}, {"Action": list(actions)}]}

    # AWS's provider has a policy as text.
    assert changed(json.dumps(policy("s3:Put")), json.dumps(policy("s3:Get"), indent=1)) == [
        ("policy.Statement[1].Action[0]", "s3:Put", "s3:Get")
    ]
    assert changed(policy("s3:Put"), policy("s3:Get")) == [
        ("policy.Statement[1].Action[0]", "s3:Put", "s3:Get")
    ]
    assert changed(policy("s3:Put", "s3:Get"), policy("s3:Get")) == [
        ("policy.Statement[1].Action[0]", "s3:Put", ABSENT)
    ]
    assert changed(policy("s3:Get"), policy("s3:Get", "s3:Put")) == [
        ("policy.Statement[1].Action[1]", ABSENT, "s3:Put")
    ]


def test_what_a_store_writes_in_another_way_is_not_told_beside_what_differs() -> None:
    assert changed(
        {"Action": "s3:*", "Effect": "Deny"}, {"Action": ["s3:*"], "Effect": "Allow"}
    ) == [("policy.Effect", "Deny", "Allow")]


def test_a_key_that_is_only_there_is_told_when_it_is_all_that_differs() -> None:
    assert changed({"a": 1, "b": 2}, {"a": 1}) == [("policy.b", "2", ABSENT)]
    # A server adds much; what was changed is not lost among it.
    assert changed({"a": 1, "b": 2}, {"a": 3}) == [("policy.a", "1", "3")]


def test_what_engine_and_cluster_both_tell_is_told_once() -> None:
    (told,) = drift.differences({"steps": [step("create")]})
    assert drift.together([told], [told, replace(told, setting="tags")]) == [
        told,
        replace(told, setting="tags"),
    ]


@pytest.mark.parametrize(
    ("operation", "found"), [("create", "missing"), ("delete", "no longer declared")]
)
def test_a_whole_resource_is_one_difference(operation: str, found: str) -> None:
    (told,) = drift.differences({"steps": [step(operation, diffReasons=["bucket"])]})
    assert (told.found, told.setting) == (found, "")


def test_a_table_cuts_a_long_value_and_a_secret_stays_masked(
    capsys: pytest.CaptureFixture[str],
) -> None:
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
    assert "x" * 200 not in shown.replace("\n", "")
    assert found[1].is_now == "x" * 500


def test_what_an_autoscaler_or_a_restart_does_is_nobodys_change() -> None:
    restarted = {"metadata": {"annotations": {cluster_drift.RESTARTED: "2026-01-01T00:00:00Z"}}}
    live = {"kind": "Deployment", "spec": {"replicas": 4, "template": restarted}}
    scaled_by_itself: dict[str, Any] = {"spec": {"template": {}}}
    assert cluster_drift.decided(live, scaled_by_itself) == {
        "kind": "Deployment",
        "spec": {"template": {"metadata": {}}},
    }
    stopped = {"kind": "Deployment", "spec": {"replicas": 0}}
    assert cluster_drift.decided(stopped, scaled_by_itself)["spec"] == {"replicas": 0}
    declared: dict[str, Any] = {"spec": {"replicas": 2}}
    assert cluster_drift.decided(live, declared)["spec"]["replicas"] == 4
