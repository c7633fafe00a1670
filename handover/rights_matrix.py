"""Who may do what with the two buckets, read from the policies that an environment declares.

AWS's own simulator, moto and a real store judge the same policies in tests/access; this is their
short form for people.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from vectorkit.decisions import aws_policies
from vectorkit.decisions.access import Policy
from vectorkit.decisions.decide import Decisions
from vectorkit.schema.stores import AwsStore
from vectorkit.settings import Settings

Answer = str
YES, NO = "yes", "no"
ADMINISTRATOR = "by its own rights"
"""The deployer's rights are the store administration's to give; no policy of ours takes them."""

OBJECT_ACTS = {
    "read": ("s3:GetObject",),
    "write": ("s3:PutObject",),
    "delete, leaving a marker": ("s3:DeleteObject",),
    "destroy a version": ("s3:DeleteObjectVersion",),
    "seal a version": ("s3:PutObjectRetention",),
    "bypass a governance seal": ("s3:BypassGovernanceRetention",),
    "set or release a legal hold": ("s3:PutObjectLegalHold",),
}
BUCKET_ACTS = {
    "list": ("s3:ListBucket",),
    "change versioning, lifecycle, policy, encryption, lock": (
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketObjectLockConfiguration",
    ),
    "delete the bucket": ("s3:DeleteBucket",),
}
"""By act the actions it can be done with: whoever may do one of them may do it."""


def matrix(settings: Settings, decisions: Decisions) -> list[dict[str, str]]:
    """A row for each bucket and act; a column for each identity."""
    identities = _identities(settings, decisions)
    policies = {"live": decisions.live_policy, "vault": decisions.vault_policy}
    buckets = {"live": settings.store.live.bucket, "vault": settings.store.vault.bucket}
    rows = []
    for purpose, bucket in buckets.items():
        arn = f"arn:aws:s3:::{bucket}"
        resources = dict.fromkeys(BUCKET_ACTS, arn)
        resources |= dict.fromkeys(OBJECT_ACTS, f"{arn}/{settings.milvus.root_path}/segment")
        for act, actions in (BUCKET_ACTS | OBJECT_ACTS).items():
            row = {"bucket": purpose, "act": act}
            for who, rights in identities.items():
                answers = {
                    _answer(rights, policies[purpose], _names(who, settings), one, resources[act])
                    for one in actions
                }
                row[who] = next(one for one in (YES, ADMINISTRATOR, NO) if one in answers)
            rows.append(row)
    return rows


def _identities(settings: Settings, decisions: Decisions) -> dict[str, Policy | None]:
    """Each identity's own rights; None: whatever the store's administration has given it."""
    store = settings.store
    if not isinstance(store, AwsStore):
        known = decisions.identities or {}
        return {"Milvus": known["milvus"], "vault's writer": known["vault"], "deployer": None}
    live, vault, root = store.live.bucket, store.vault.bucket, settings.milvus.root_path
    return {
        "Milvus": aws_policies.milvus_rights(live, root, "*"),
        "vault's writer": aws_policies.vault_writer_rights(live, root, vault, "*", "*"),
        "deployer": None,
    }


def _answer(
    rights: Policy | None,
    bucket_policy: Policy | None,
    names: tuple[str, ...],
    action: str,
    resource: str,
) -> Answer:
    if _matches(bucket_policy, "Deny", action, resource, names):
        return NO
    if rights is None:
        return ADMINISTRATOR
    if _matches(rights, "Deny", action, resource, names):
        return NO
    return YES if _matches(rights, "Allow", action, resource, names) else NO


def _names(who: str, settings: Settings) -> tuple[str, ...]:
    """How a condition of a bucket policy sees the identity."""
    store = settings.store
    if isinstance(store, AwsStore):
        writer = aws_policies.vault_writer_arn(store, settings.environment)
        return {"vault's writer": (writer,), "deployer": tuple(store.deployers)}.get(who, ())
    return {
        "vault's writer": tuple(store.vault_user_ids),
        "deployer": tuple(store.deployer_user_ids),
    }.get(who, ())


def _matches(
    policy: Policy | None, effect: str, action: str, resource: str, names: Iterable[str]
) -> bool:
    return any(
        one["Effect"] == effect
        and _covers(one.get("Action", []), action)
        and _covers(one["Resource"], resource)
        and _applies(one.get("Condition", {}), names)
        for one in (policy or {}).get("Statement", [])
    )


def _covers(patterns: Any, value: str) -> bool:
    several = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, str(pattern)) for pattern in several)


def _applies(condition: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether a statement is about this identity, speaking TLS and asking for what is usual."""
    for operator, keys in condition.items():
        for excepted in keys.values():
            if operator in ("StringNotLike", "ArnNotLike", "StringNotEquals", "ArnNotEquals"):
                several = [excepted] if isinstance(excepted, str) else excepted
                if any(name == one for name in names for one in several):
                    return False
            else:
                # TLS, encryption, retention: about how something is asked, and not by whom.
                return False
    return True
