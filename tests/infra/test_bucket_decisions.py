"""What the settings decide about the two buckets, as plain data."""

from typing import Any

import pytest

from tests.infra.stack_document import MILVUS_26, settings
from vectorkit.decisions import lifecycle
from vectorkit.decisions.decide import Decisions, decide


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
    wanted = {"milvus__wal": "woodpecker", "store__live__undelete_days": 7, **MILVUS_26}
    assert noncurrent_days(decided(**wanted).live_lifecycle) == {"": 7, log: 3}
    shorter = decided(**wanted, store__live__wal_undelete_days=1)
    assert noncurrent_days(shorter.live_lifecycle) == {"": 7, log: 1}


def test_a_rule_that_the_store_cannot_keep_is_left_out_by_name() -> None:
    every = decided()
    without = decided(store__lifecycle_left_out=["abort-abandoned-uploads"])
    assert without.live_lifecycle == every.live_lifecycle[:-1]
    assert (every.live_lifecycle[-1]["ID"], without.vault_lifecycle) == (
        "abort-abandoned-uploads",
        [],
    )
    unneeded = every.store_needs.keys() - without.store_needs.keys()
    assert unneeded == {"lifecycle-abort-multipart", "lifecycle-together"}


def test_no_rule_expires_what_is_current() -> None:
    rules = lifecycle.live_rules(7, wal_prefix="root/wp/", wal_undelete_days=1)
    for rule in (*rules, *lifecycle.vault_rules()):
        assert set(rule.get("Expiration", {})) <= {"ExpiredObjectDeleteMarker"}
        assert "Transitions" not in rule
    assert all("Noncurrent" not in key for rule in lifecycle.vault_rules() for key in rule)


@pytest.mark.parametrize(
    ("profile", "key"),
    [("generic", "aws:userid"), ("x10000", "aws:userid"), ("ceph", "aws:username")],
)
def test_all_but_the_deployer_is_said_in_the_words_of_the_profile(profile: str, key: str) -> None:
    decisions = decided(store__profile=profile)
    for policy in (decisions.live_policy, decisions.vault_policy):
        assert policy
        excepting = [one["Condition"] for one in policy["Statement"] if one["Sid"] != "TlsOnly"]
        assert excepting
        assert all(list(one["StringNotLike"]) == [key] for one in excepting)


def test_a_policy_that_would_bind_nobody_is_not_written() -> None:
    decisions = decided(store__profile="minio")
    assert (decisions.live_policy, decisions.vault_policy) == (None, None)


def test_where_users_have_no_other_rights_the_policy_grants_them_and_no_more() -> None:
    users = {"store__milvus_user_ids": ["milvus"], "store__vault_user_ids": ["writer"]}
    decisions = decided(store__profile="versitygw", **users)
    live, vault = decisions.live_policy, decisions.vault_policy
    for policy, named in ((live, ["milvus", "writer"]), (vault, ["writer"])):
        assert policy
        tls, *granted = policy["Statement"]
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert sorted({user for one in granted for user in one["Principal"]["AWS"]}) == named
        assert len({one["Sid"] for one in granted}) == len(granted)
        for statement in granted:
            assert statement["Effect"] == "Allow"
            assert len(statement["Principal"]["AWS"]) == 1
            assert not {"s3:*", "s3:DeleteObjectVersion"} & set(statement["Action"])
            assert "Condition" not in statement


@pytest.mark.parametrize(
    ("identity", "bucket"),
    [
        ("milvus", "vectorkit-local-live"),
        ("vault", "vectorkit-local-live"),
        ("vault", "vectorkit-local-vault"),
    ],
)
def test_an_identity_gets_its_own_buckets_and_no_right_to_destroy_their_history(
    identity: str, bucket: str
) -> None:
    policy = (decided().identities or {})[identity]
    own = [one for one in policy["Statement"] if f":::{bucket}" in one["Resource"][0]]
    allowed = {action for one in own if one["Effect"] == "Allow" for action in one["Action"]}
    denied = {action for one in own if one["Effect"] == "Deny" for action in one["Action"]}
    assert not allowed & denied
    assert not [action for action in allowed if "*" in action or "Policy" in action]
    assert "s3:CreateBucket" not in allowed
    assert denied >= {"s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}
    resources = {resource for one in own for resource in one["Resource"]}
    assert resources == {f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"}


def test_milvus_reaches_no_other_bucket_and_the_vaults_writer_only_reads_the_live_one() -> None:
    rights = decided().identities or {}
    assert "vault" not in str(rights["milvus"])
    statements = rights["vault"]["Statement"]
    assert len({one["Sid"] for one in statements}) == len(statements)
    in_live = [one for one in statements if "-live" in one["Resource"][0]]
    allowed = {action for one in in_live if one["Effect"] == "Allow" for action in one["Action"]}
    assert {"s3:GetObjectVersion", "s3:ListBucketVersions"} <= allowed
    assert all(one.startswith(("s3:Get", "s3:List")) for one in allowed)


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
