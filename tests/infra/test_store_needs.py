"""What a stack's settings need from its store."""

from tests.infra.stack_document import MILVUS_26, settings
from vectorkit.decisions.store_needs import needs

GOVERNANCE = {"store.vault": {"bucket": "vault", "mode": "governance", "retention_days": 1}}


def test_a_store_of_aws_is_not_asked() -> None:
    assert needs(settings(stack="prod-aws")) == {}


def test_a_lock_mode_is_needed_only_by_a_stack_that_seals_with_it() -> None:
    assert "lock-governance-delete-refused" not in needs(settings())
    wanted = needs(settings(GOVERNANCE))
    assert wanted["lock-governance-delete-refused"] == "store.vault.mode is governance"
    assert not any("compliance" in one for one in wanted)


def test_conditional_writes_are_needed_only_by_woodpecker() -> None:
    assert "put-if-none-match-versioned" not in needs(settings())
    woodpecker = {"milvus.wal": "woodpecker", **MILVUS_26}
    assert "put-if-none-match-versioned" in needs(settings(woodpecker))


def test_enforced_policies_are_needed_only_where_the_policies_carry_the_denials() -> None:
    assert "policy-enforced-owner" in needs(settings())
    assert "policy-enforced-owner" not in needs(settings({"store.profile": "minio"}))
