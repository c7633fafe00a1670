"""What the settings decide about the two buckets, as plain data."""

from typing import Any

import pytest

from tests.infra.stack_document import settings
from vectorkit import lifecycle
from vectorkit.decisions import Decisions, decide
from vectorkit.profiles import PROFILES


def decided(**changes: Any) -> Decisions:
    return decide(
        settings({path.replace("__", "."): v for path, v in changes.items()}), ca_bundle=""
    )


def noncurrent_days(rules: list[dict[str, Any]]) -> dict[str, int]:
    return {
        rule["Filter"]["Prefix"]: rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in rules
        if "NoncurrentVersionExpiration" in rule
    }


def test_only_a_log_that_is_in_the_store_has_a_rule_of_its_own_and_a_shorter_one() -> None:
    assert noncurrent_days(decided().live_lifecycle) == {"": 3}
    log = "vectorkit-local/wp/"
    wanted = {"milvus__wal": "woodpecker", "store__live__undelete_days": 7}
    assert noncurrent_days(decided(**wanted).live_lifecycle) == {"": 7, log: 3}
    shorter = decided(**wanted, store__live__wal_undelete_days=1)
    assert noncurrent_days(shorter.live_lifecycle) == {"": 7, log: 1}


def test_no_rule_expires_what_is_current() -> None:
    rules = lifecycle.live_rules(7, wal_prefix="root/wp/", wal_undelete_days=1)
    for rule in (*rules, *lifecycle.vault_rules()):
        assert set(rule.get("Expiration", {})) <= {"ExpiredObjectDeleteMarker"}
        assert "Transitions" not in rule
    assert all("Noncurrent" not in key for rule in lifecycle.vault_rules() for key in rule)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_store_whose_policies_except_nobody_gets_no_policy(profile: str) -> None:
    decisions = decided(store__profile=profile)
    key = PROFILES[profile].identity_key  # type: ignore[index]
    for policy in (decisions.live_policy, decisions.vault_policy):
        if key is None:
            assert policy is None
            continue
        assert policy
        excepting = [one["Condition"] for one in policy["Statement"] if one["Sid"] != "TlsOnly"]
        assert excepting
        assert all(list(one["StringNotLike"]) == [key] for one in excepting)


def test_nobody_but_the_deployer_locks_anything_in_the_live_bucket() -> None:
    live, vault = decided().live_policy, decided().vault_policy
    assert live
    assert vault
    denied = {
        name: {action for one in policy["Statement"] for action in one["Action"]}
        for name, policy in (("live", live), ("vault", vault))
    }
    assert denied["live"] >= {"s3:PutObjectRetention", "s3:PutObjectLegalHold"}
    # The vault's own writer seals, and the statement that closes the vault to others is s3:*.
    assert "s3:PutObjectRetention" not in denied["vault"]
    assert denied["vault"] >= {"s3:PutObjectLegalHold", "s3:DeleteObjectVersion"}
