"""What a stack file means: rights, network, sizes and alerts, without asking anybody."""

import json

import pytest

from handover.meaning import meaning, peer
from tests.infra.stack_document import CA, REPOSITORY, STACKS, settings
from vectorkit.decisions import namespace_rules

DESTRUCTIVE = (
    "destroy a version",
    "bypass a governance seal",
    "set or release a legal hold",
    "change versioning, lifecycle, policy, encryption, lock",
    "delete the bucket",
)


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_but_the_deployer_destroys_anything(stack: str) -> None:
    rows = meaning(settings(stack=stack))["rights"]
    for row in rows:
        if row["act"] in DESTRUCTIVE:
            assert (row["Milvus"], row["vault's writer"]) == ("no", "no"), row


@pytest.mark.parametrize("stack", STACKS)
def test_milvus_writes_to_the_live_bucket_and_the_sealer_to_the_vault(stack: str) -> None:
    rows = {(one["bucket"], one["act"]): one for one in meaning(settings(stack=stack))["rights"]}
    assert rows["live", "write"]["Milvus"] == rows["live", "read"]["Milvus"] == "yes"
    assert rows["vault", "write"]["Milvus"] == rows["vault", "read"]["Milvus"] == "no"
    assert rows["vault", "seal a version"]["vault's writer"] == "yes"
    assert rows["live", "write"]["vault's writer"] == "no"
    assert rows["live", "seal a version"]["Milvus"] == "no"


def test_a_policy_that_lets_more_through_shows_in_the_matrix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = settings()
    monkeypatch.setattr("vectorkit.decisions.rights.HISTORY", ())
    monkeypatch.setattr("vectorkit.decisions.rights._WRITING", ("s3:*",))
    rows = {(one["bucket"], one["act"]): one for one in meaning(found)["rights"]}
    # The bucket's own policy still denies it; without that, nothing would.
    assert rows["live", "destroy a version"]["Milvus"] == "no"
    monkeypatch.setattr("vectorkit.decisions.access.HISTORY", ())
    rows = {(one["bucket"], one["act"]): one for one in meaning(found)["rights"]}
    assert rows["live", "destroy a version"]["Milvus"] == "yes"


def test_whoever_may_do_one_of_the_acts_of_a_row_may_do_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changing = "change versioning, lifecycle, policy, encryption, lock"
    monkeypatch.setattr("vectorkit.decisions.rights._LISTING", ("s3:PutLifecycleConfiguration",))
    monkeypatch.setattr("vectorkit.decisions.access.BUCKET_ADMINISTRATION", ("s3:DeleteBucket",))
    rows = {(one["bucket"], one["act"]): one for one in meaning(settings())["rights"]}
    assert rows["live", changing]["Milvus"] == "yes"


def test_keys_of_aws_are_the_stacks_own() -> None:
    told = [one["encrypted"] for one in meaning(settings(stack="prod-aws"))["buckets"]]
    assert told == [
        "by KMS key alias/vectorkit-prod-live, its own and rotated",
        "by KMS key alias/vectorkit-prod-vault, its own and rotated",
    ]
    given = settings({"store.live.kms_key_id": "key-1"}, stack="dev")
    assert [one["encrypted"] for one in meaning(given)["buckets"]] == [
        "by key key-1",
        "by a key of the store's",
    ]


@pytest.mark.parametrize("stack", ["staging", "prod-onprem", "prod-aws"])
def test_only_milvus_and_the_job_that_seals_reach_etcd_and_the_store(stack: str) -> None:
    found = settings(stack=stack)
    ways = meaning(found)["network"]
    store = {*found.store.reachable_at}
    assert {one["from"] for one in ways if "2379" in one["ports"]} == {"Milvus", "etcd", "seal job"}
    assert {one["from"] for one in ways if one["to"] in store} == {"Milvus", "seal job"}


def test_pods_without_a_name_are_no_any_pod() -> None:
    with pytest.raises(ValueError, match="No name is known"):
        peer({"podSelector": {"matchLabels": {"app": "new"}}})
    assert peer({"podSelector": namespace_rules.EVERY_POD}) == "any pod here"


@pytest.mark.parametrize("stack", STACKS)
def test_the_alerts_are_those_that_are_declared(stack: str) -> None:
    found = settings(stack=stack)
    bundle = CA if found.store.ca_file else None
    told = [one["alert"] for one in meaning(found, bundle)["alerts"]]
    plans = json.loads((REPOSITORY / "tests" / "stacks" / "plans" / f"{stack}.json").read_text())
    recorded = [
        rule["alert"]
        for one in plans
        if one["type"].endswith(":PrometheusRule")
        for group in one["inputs"]["spec"]["groups"]
        for rule in group["rules"]
    ]
    assert told == recorded
    if found.store.vault.schedule:
        assert {"VaultSnapshotTooOld", "VaultSnapshotUnknown"} <= set(told)
    assert ("StoreCertificateAuthorityExpires" in told) == bool(bundle and told)


def test_sizes_tell_of_all_that_runs_and_what_is_spare() -> None:
    found = meaning(settings(stack="prod-onprem"))
    rows = {one["component"]: one for one in found["sizes"]}
    assert rows["querynode"]["headroom"].endswith("with one lost")
    assert rows["vault-seal"]["pods"] == "0 to 1"
    assert rows["proxy"]["CPU asked by each"] == "1000m"
    quota = {one["resource"]: one for one in found["quota"]}
    assert quota["persistentvolumeclaims"] == {
        "resource": "persistentvolumeclaims",
        "most": "3",
        "taken": "3",
        "headroom": "+0%",
    }
    larger = {"milvus.memory": "8Gi", "milvus.disk": "40Gi"}
    (standalone, _) = meaning(settings(larger, stack="dev"))["sizes"]
    assert "memory +" in standalone["headroom"]
    assert "disk +" in standalone["headroom"]
    assert meaning(settings(stack="dev"))["budgets"] == []
    assert found["budgets"][0]["may be evicted at a time"] == "1"
