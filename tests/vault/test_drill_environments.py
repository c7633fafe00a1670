"""The scratch environments of a drill: like the stack where it counts, and never the stack."""

from typing import Any

import pytest
import yaml

from handover import stack_files
from vault.drill import environments, on_stack
from vault.places import VaultError
from vectorkit.decisions.decide import decide
from vectorkit.settings import parse

S3_STACKS = ("local", "dev", "staging", "prod-onprem")


def document(stack: str) -> dict[str, Any]:
    file = stack_files.REPOSITORY / "stacks" / f"Pulumi.{stack}.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_text())["config"]["vectorkit:environment"]
    return found


@pytest.mark.parametrize("stack", S3_STACKS)
def test_both_environments_of_a_stack_are_valid_ones_that_may_be_destroyed(stack: str) -> None:
    given = document(stack)
    attacked = environments.attacked(stack, given)
    restored = environments.restored(stack, given)
    for one in (attacked, restored):
        settings = parse(one.document, one.name)
        assert not settings.durable
        assert settings.milvus.mode == "standalone"
        assert settings.access.node_port is None
    assert parse(attacked.document, attacked.name).store.vault.retention_days == 1
    assert parse(restored.document, restored.name).milvus.awaits_restore
    assert document(stack) == given


@pytest.mark.parametrize("stack", S3_STACKS)
def test_what_decides_whether_a_lock_holds_is_the_stacks_own(stack: str) -> None:
    given = document(stack)
    drilled = environments.attacked(stack, given).document
    own = {"live", "vault", "vault_user_ids", "milvus_user_ids"}
    assert {k: v for k, v in drilled["store"].items() if k not in own} == {
        k: v for k, v in given["store"].items() if k not in own
    }
    assert drilled["cluster"] == given["cluster"]
    for key in ("chart", "image", "etcd_image", "root_path"):
        assert drilled["milvus"][key] == given["milvus"][key]


@pytest.mark.parametrize("stack", S3_STACKS)
def test_no_name_of_a_stack_is_used_by_its_drill(stack: str) -> None:
    def names(of: dict[str, Any]) -> set[str]:
        return {of["namespace"], of["store"]["live"]["bucket"], of["store"]["vault"]["bucket"]}

    given = document(stack)
    three = [
        names(given),
        names(environments.attacked(stack, given).document),
        names(environments.restored(stack, given).document),
    ]
    assert len(set.union(*three)) == 9


def test_a_vault_that_could_never_be_thrown_away_is_not_made() -> None:
    given = document("prod-onprem")
    lock = {"mode": "compliance", "acknowledge_irreversible": True, "retention_days": 30}
    given["store"]["vault"] |= lock
    vault = environments.attacked("prod-onprem", given).document["store"]["vault"]
    assert (vault["mode"], vault["retention_days"]) == ("governance", 1)


@pytest.mark.parametrize("stack", ["staging", "prod-onprem"])
def test_the_drills_own_writer_may_write_its_vault_and_the_stacks_own_may_not(stack: str) -> None:
    drilled = environments.attacked(stack, document(stack))
    policy = decide(parse(drilled.document, drilled.name), ca_bundle=None).vault_policy
    assert policy is not None
    (shut,) = [one for one in policy["Statement"] if one["Sid"] == "VaultOnly"]
    ((_, admitted),) = shut["Condition"]["StringNotLike"].items()
    assert admitted == ["vectorkit-deployer", "vectorkit-vault-writer-drill"]


def test_where_the_buckets_policy_grants_rights_it_grants_them_to_the_drills_users() -> None:
    given = document("dev")
    users = {"milvus_user_ids": ["m"], "vault_user_ids": ["v", "w-*"]}
    given["store"] |= users
    store = environments.attacked("dev", given).document["store"]
    assert store["milvus_user_ids"] == ["m-drill"]
    # Its owner has seen to it that a pattern has room for the drill's users.
    assert store["vault_user_ids"] == ["v-drill", "w-*"]


@pytest.mark.parametrize("stack", S3_STACKS)
def test_where_a_job_seals_the_stack_the_same_job_seals_its_drill(stack: str) -> None:
    given = document(stack)
    own = given["store"]["vault"]
    vault = environments.attacked(stack, given).document["store"]["vault"]
    assert vault.get("image") == own.get("image")
    assert ("schedule" in vault) is ("schedule" in own)
    # It must not begin by itself while the drill is under way.
    assert vault.get("schedule") != own.get("schedule") or "schedule" not in own
    assert "schedule" not in environments.restored(stack, given).document["store"]["vault"]


def test_a_stack_on_aws_is_refused_with_another_way() -> None:
    with pytest.raises(VaultError, match=r"on AWS.*make evidence"):
        environments.attacked("prod-aws", document("prod-aws"))


def test_a_name_that_leaves_no_room_for_the_drills_own_is_refused() -> None:
    given = document("local")
    given["store"]["live"]["bucket"] = "b" * 60
    with pytest.raises(VaultError, match="more than 63 characters"):
        environments.attacked("local", given)


def test_missing_keys_of_the_drills_users_are_named_and_no_other_is_told() -> None:
    given = {f"{on_stack.MILVUS}_ACCESS_KEY_ID": "canary"}
    with pytest.raises(VaultError) as refused:
        on_stack.credentials(given)
    assert "VECTORKIT_DRILL_MILVUS_SECRET_ACCESS_KEY" in str(refused.value)
    assert "VECTORKIT_DRILL_VAULT_ACCESS_KEY_ID" in str(refused.value)
    assert "canary" not in str(refused.value)
