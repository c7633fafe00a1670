from typing import get_args

from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.verdict import (
    DENIALS,
    LIVE,
    LOCK,
    MODES,
    OPTIONAL_RULES,
    VAULT,
    WAL,
    verdict,
)
from tests.infra.stack_document import MILVUS_26, settings
from vectorkit.decisions import store_needs
from vectorkit.decisions.lifecycle import RuleId

ALL = dict.fromkeys(CAPABILITIES, "yes")


def test_a_store_that_can_everything_carries_everything() -> None:
    found = verdict(ALL)
    assert found.carries_both
    assert found.lock_modes == ("none", "governance", "compliance")
    assert found.wal == tuple(WAL)
    assert found.missing == {}


def test_a_store_that_was_shown_nothing_carries_nothing() -> None:
    found = verdict({})
    assert not found.live_bucket
    assert not found.vault
    assert found.lock_modes == ("none",)
    assert found.lifecycle == ()


def test_what_is_unclear_or_not_asked_does_not_count() -> None:
    for outcome in ("unclear", "not-asked", "no"):
        assert not verdict(ALL | {"versioning": outcome}).live_bucket


def test_conditional_writes_on_an_unversioned_bucket_do_not_make_woodpecker_safe() -> None:
    found = verdict(ALL | {"put-if-none-match-versioned": "no"})
    assert "woodpecker, conditional writes on" not in found.wal
    assert "woodpecker, conditional writes off" in found.wal
    assert "rocksmq" in found.wal
    assert "`milvus.wal` is rocksmq." in found.stack_file
    assert found.live_bucket


def test_a_mode_whose_lock_does_not_hold_is_not_offered() -> None:
    found = verdict(ALL | {"lock-compliance-delete-refused": "no"})
    assert found.lock_modes == ("none", "governance")
    assert found.vault
    assert any("compliance lacks lock-compliance-delete-refused" in one for one in found.sentences)


def test_without_any_lock_there_is_no_vault() -> None:
    found = verdict(ALL | {"lock-at-creation": "no"})
    assert found.lock_modes == ("none",)
    assert not found.vault


def test_a_rule_that_the_store_does_not_keep_is_left_out_by_name() -> None:
    found = verdict(ALL | {"lifecycle-abort-multipart": "no", "lifecycle-together": "no"})
    assert found.live_bucket
    (line,) = (one for one in found.stack_file if "lifecycle_left_out" in one)
    assert "[abort-abandoned-uploads]" in line


def test_rules_that_are_kept_one_by_one_and_not_together_are_an_obstacle() -> None:
    found = verdict(ALL | {"lifecycle-together": "no"})
    assert found.missing["live bucket"] == ("lifecycle-together",)


def test_the_rules_that_may_be_left_out_are_those_of_the_buckets() -> None:
    assert set(OPTIONAL_RULES) == set(get_args(RuleId))


def test_denials_in_the_users_own_policies_do_as_well() -> None:
    no_policy = ALL | dict.fromkeys(DENIALS["by bucket policy"], "no")
    assert verdict(no_policy).denials == ("by the users' own policies",)
    assert verdict(no_policy).carries_both
    unknown = no_policy | {"scoped-settings-refused": "not-asked"}
    assert not verdict(unknown).live_bucket


def test_a_second_identity_that_gets_out_of_its_bucket_is_an_obstacle() -> None:
    assert verdict(ALL | {"scoped-other-bucket-refused": "not-asked"}).carries_both
    assert not verdict(ALL | {"scoped-other-bucket-refused": "no"}).live_bucket


def test_every_capability_that_is_named_anywhere_is_asked_for() -> None:
    named = {*LIVE, *LOCK, *VAULT}
    named |= {one for table in (MODES, WAL, DENIALS) for wanted in table.values() for one in wanted}
    stack = {"milvus.wal": "woodpecker", **MILVUS_26}
    for mode in ("governance", "compliance"):
        vault = {"bucket": "vault", "mode": mode, "retention_days": 1}
        if mode == "compliance":
            vault |= {"acknowledge_irreversible": True}
        changes = stack | {"store.vault": vault, "durable": True, "milvus.allow_plaintext": True}
        named |= store_needs.needs(settings(changes)).keys()
    assert named <= CAPABILITIES.keys()
