"""Every rule on plans that are plain data: what it refuses, and what it leaves alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import (
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
    proxy,
)

from tests.policy.cases import access, buckets, durability, network, releases, secrecy, unknown
from tests.policy.sample import Bad, Declared, changed, good, resources
from vectorkit.decisions import rights
from vectorkit_policy import pack
from vectorkit_policy.plan import UNKNOWN, Plan, Resource

RECORDED = sorted((Path(__file__).parents[1] / "stacks" / "plans").glob("*.json"))
BUCKET = "objectstore:index:Bucket"
UNPROTECTED = PolicyResourceOptions(False, [], None, [], None, [])  # type: ignore[arg-type]
GRANTED: dict[str, dict[str, Any]] = {
    "minio": {"bucket": "trial-live"},
    "versitygw": {
        "bucket": "trial-live",
        "policy": rights.granted("trial-live", (rights.milvus("trial-live"), ["milvus"])),
    },
}
"""What those profiles declare of a bucket."""
SUBJECTS = (access, buckets, durability, network, releases, secrecy)
GOOD: dict[str, Declared] = {"the whole plan": good(), **unknown.GOOD}
BAD: dict[str, Bad] = {}
for subject in SUBJECTS:
    GOOD |= subject.GOOD
    BAD |= subject.BAD


def judged(plan: Plan) -> dict[str, list[str]]:
    """What each rule finds, by rule."""
    told = {
        name: [sentence for one in plan for sentence in rule(one)]
        for name, rule in pack.ABOUT_A_RESOURCE.items()
    } | {
        name: [sentence for _, sentence in rule(plan)]
        for name, rule in pack.ABOUT_THE_STACK.items()
    }
    return {name: sentences for name, sentences in told.items() if sentences}


@pytest.mark.parametrize("what", GOOD)
def test_a_good_plan_keeps_every_rule(what: str) -> None:
    assert judged(resources(GOOD[what])) == {}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_plan_breaks_its_rule_and_no_other(what: str) -> None:
    rule, plan, sentence = BAD[what]
    told = judged(resources(plan))
    assert told.keys() == {rule}
    assert sentence in " ".join(told[rule])


def test_every_rule_has_a_bad_plan() -> None:
    rules = pack.ABOUT_A_RESOURCE.keys() | pack.ABOUT_THE_STACK.keys()
    assert {rule for rule, _, _ in BAD.values()} == rules


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda one: one.stem)
def test_the_plan_of_a_stack_file_keeps_every_rule(recorded: Path) -> None:
    plan = [
        Resource(type=one["type"], name="n", properties=one["inputs"], protect=one["protect"])
        for one in json.loads(recorded.read_text())
    ]
    assert judged(plan) == {}


@pytest.mark.parametrize("what", [one for one in BAD if BAD[one][0].endswith("secret")])
def test_no_sentence_repeats_a_secret(what: str) -> None:
    rule, plan, _ = BAD[what]
    told = " ".join(judged(resources(plan))[rule])
    for one in ("readable", "hunter2", "12345678", "AKIA"):
        assert one not in told


def test_a_namespace_is_found_by_what_its_name_was_made_from() -> None:
    plan = good()
    for name in ("namespace", "release", "deny"):
        place = plan[name][1] if name == "release" else plan[name][1]["metadata"]
        place["name" if name == "namespace" else "namespace"] = UNKNOWN
    given = resources(plan)
    assert set(judged(given)) == {"default-deny"}
    (namespace,) = (one.urn for one in given if one.name == "namespace")
    keys = {"release": "namespace"}
    linked = [
        Resource(**{**vars(one), "uses": {keys.get(one.name, "metadata"): [namespace]}})
        for one in given
    ]
    assert judged(linked) == {}
    unlocked = [Resource(**{**vars(one), "protect": one.name != "namespace"}) for one in linked]
    assert set(judged(unlocked)) == {"protected-data"}


def test_a_policy_on_aws_is_judged_when_its_buckets_name_is_known() -> None:
    plan = resources(changed("policy", "bucket", UNKNOWN))
    (bucket,) = (one.urn for one in plan if one.name == "on-aws")
    linked = [Resource(**{**vars(one), "uses": {"bucket": [bucket]}}) for one in plan]
    assert judged(linked) == {}


@pytest.mark.parametrize(("versioning", "refused"), [(proxy.UNKNOWN_BOOLEAN_VALUE, 0), (False, 1)])
def test_what_the_engine_does_not_know_yet_is_left_alone(versioning: Any, refused: int) -> None:
    told: list[str] = []
    (rule,) = (one for one in pack.policies() if one.name == "bucket-versioning")
    inputs = {"bucket": "trial-live", "versioning": versioning}
    rule.validate(  # type: ignore[attr-defined]
        ResourceValidationArgs(BUCKET, inputs, "urn:live", "live", UNPROTECTED, None),
        lambda sentence, _=None: told.append(sentence),
    )
    assert len(told) == refused


@pytest.mark.parametrize("profile", ["minio", "versitygw"])
def test_a_bucket_of_a_store_that_keeps_denials_with_its_users_is_excepted(profile: str) -> None:
    inputs = GRANTED[profile]
    plan = [Resource(type=BUCKET, name="live", properties=inputs, protect=True)]
    assert judged(plan).keys() == {"bucket-denials"}
    told: list[str] = []
    (rule,) = (one for one in pack.policies() if one.name == "bucket-denials")
    reason = {"except": {"live": "the users' own policies carry the denials"}}
    rule.validate(  # type: ignore[attr-defined]
        ResourceValidationArgs(BUCKET, inputs, "urn:live", "live", UNPROTECTED, None, reason),
        lambda sentence, _=None: told.append(sentence),
    )
    assert told == []


def test_an_exception_of_a_rule_about_the_stack_is_for_one_resource() -> None:
    told: list[str | None] = []
    (rule,) = (one for one in pack.policies() if one.name == "protected-data")
    made = [
        PolicyResource(BUCKET, {}, f"urn:{one}", one, UNPROTECTED, None, None, [], {})
        for one in ("scratch", "data")
    ]
    reason = {"except": {"scratch": "holds nothing that is not elsewhere, too"}}
    rule.validate(  # type: ignore[attr-defined]
        StackValidationArgs(made, reason), lambda _, urn=None: told.append(urn)
    )
    assert told == ["urn:data"]
