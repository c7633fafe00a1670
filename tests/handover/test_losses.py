"""What can be lost, what a destroy keeps and what stays open is said as it is."""

from typing import Any

import pytest

from handover.losses import destroy_keeps, losses, risks
from tests.infra.stack_document import SEALED_BY_A_JOB, settings, tracked
from vectorkit.settings import parse

THROW_AWAY = {"durable": False}


GOVERNED = {"store.vault.mode": "governance", "store.vault.retention_days": 30}


@pytest.mark.parametrize(
    ("stack", "changes", "live", "vault"),
    [
        ("local", {}, "nothing: every version goes", "make seal"),
        ("local", GOVERNED, "nothing: every version goes", "while a version in it is locked"),
        ("staging", {}, "as long as it holds anything", "as long as it holds anything"),
        ("prod-aws", {}, "AWS keeps it", "AWS keeps it"),
        ("prod-aws", THROW_AWAY, "nothing: every version goes", "locked or not"),
    ],
)
def test_it_is_said_what_a_destroy_keeps(
    stack: str, changes: dict[str, Any], live: str, vault: str
) -> None:
    # By its name a production stack is durable.
    found = parse(tracked(stack, changes), "trial")
    told = {one["of"]: one["is kept"] for one in destroy_keeps(found)}
    assert live in told[f"live bucket {found.store.live.bucket}"]
    assert vault in told[f"vault bucket {found.store.vault.bucket}"]


def test_a_throw_away_stack_on_aws_says_that_sealed_versions_go_with_their_key() -> None:
    found = parse(tracked("prod-aws", THROW_AWAY), "trial")
    keys = [one for one in destroy_keeps(found) if "KMS" in one["of"]]
    assert [one["is kept"] for one in keys] == [
        "30 days: then what they encrypted cannot be read, sealed versions neither"
    ]


def test_without_etcd_the_files_belong_to_no_collection() -> None:
    told = {one["act"]: one for one in losses(settings(stack="staging"))}
    assert told["lose the volumes of all 3 members of etcd"]["loses"].startswith("all metadata")
    assert "lose the volume of etcd" in {one["act"] for one in losses(settings())}


@pytest.mark.parametrize(
    ("stack", "changes", "risk"),
    [
        ("local", GOVERNED, "Nothing seals by schedule"),
        (
            "dev",
            {"store.lifecycle_left_out": ["abort-abandoned-uploads"]},
            "cannot keep rule abort",
        ),
        ("prod-aws", {}, "cluster.uid is not set"),
        ("prod-aws", {"monitoring": {"namespace": "monitoring"}}, "No alert rules are declared"),
    ],
)
def test_a_risk_is_said_and_goes_with_its_cause(
    stack: str, changes: dict[str, Any], risk: str
) -> None:
    assert any(risk in one for one in risks(settings(changes, stack=stack)))
    careful = {
        **{"cluster.uid": "12345678-1234-1234-1234-123456789012"},
        **{"monitoring": {"namespace": "monitoring", "prometheus_operator": True}},
        **(SEALED_BY_A_JOB if stack == "local" else {}),
    }
    assert not any(risk in one for one in risks(settings(careful, stack=stack)))


def test_what_can_be_lost_follows_from_the_promises() -> None:
    told = {one["act"]: one for one in losses(settings(stack="prod-onprem"))}
    assert "refused" in told["pulumi destroy"]["loses"]
    assert "for 14 days" in told["drop a collection, delete objects"]["loses"]
    local = {one["act"]: one for one in losses(settings())}
    assert local["pulumi destroy"]["loses"].startswith("buckets, volumes")
    assert local["destroy sealed versions"]["loses"] == "everything: nothing is sealed"


def test_holes_that_are_accepted_are_among_the_risks() -> None:
    assert any("CVE-2026-26190 is accepted" in one for one in risks(settings()))
    assert not any("CVE" in one for one in risks(settings(stack="prod-aws")))


def test_a_password_that_milvus_prints_is_among_the_risks_of_who_has_one() -> None:
    assert any("prints etcd's password" in one for one in risks(settings(stack="dev")))
    assert not any("prints etcd's password" in one for one in risks(settings()))


def test_the_risks_of_a_careless_stack_are_said_and_a_careful_one_has_fewer() -> None:
    careless, careful = risks(settings()), risks(settings(stack="prod-aws"))
    assert any("in the clear" in one for one in careless)
    assert not any("in the clear" in one for one in careful)
    assert len(careful) < len(careless)
