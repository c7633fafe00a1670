"""What a bucket must have, on S3-compatible stores and on AWS."""

import json
from typing import Any

from tests.policy.sample import (
    DELETED,
    ON_THE_BUCKET,
    ON_VERSIONS,
    ROLE,
    Bad,
    Declared,
    bucket_policy,
    changed,
    good,
    without,
)
from vectorkit_policy.plan import UNKNOWN

LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
INLINE = {
    "policy": json.dumps(bucket_policy("trial-on-aws", "ArnNotEquals", "aws:PrincipalArn", ROLE)),
    "versioning": {"enabled": True},
    "serverSideEncryptionConfiguration": {
        "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    },
}


def sparing(operator: str, key: str, who: str) -> Declared:
    """The plan, with a bucket policy whose denials spare `who`."""
    return changed("live", "policy", bucket_policy("trial-live", operator, key, who))


def retained(tags: Any) -> Declared:
    """The plan with a default retention on its bucket on AWS, which has these tags."""
    rule = {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}
    lock = {"lock": [LOCK, {"bucket": "trial-on-aws", "rule": rule}, {}]}
    return {**changed("on-aws", "tags", tags), **lock}


GOOD: dict[str, Declared] = {
    "encryption left out": changed("live", "encryption", DELETED),
    "versioning left out": changed("live", "versioning", DELETED),
    "a policy as JSON": changed(
        "live",
        "policy",
        json.dumps(bucket_policy("trial-live", "StringNotLike", "aws:username", "admin")),
    ),
    "settings of a bucket on AWS itself": without(
        {**good(), "on-aws": ["aws:s3/bucket:Bucket", {"bucket": "trial-on-aws", **INLINE}, {}]}
        | {
            "on-aws": [good()["on-aws"][0], {"bucket": "trial-on-aws", **INLINE}, {"protect": True}]
        },
        *("policy", "versions", "encryption"),
    ),
    "a default retention in a vault": retained({"vectorkit:purpose": "vault"}),
    "a session of one role is spared": sparing("StringNotLike", "aws:userid", "AROA2EXAMPLE:*"),
    "a path of users is spared": sparing(
        "ArnNotLike", "aws:PrincipalArn", "arn:*:iam::123456789012:user/deployers/*"
    ),
    "a deployer called like a prefix is spared": sparing("StringNotLike", "aws:userid", "APP*"),
}
BAD: dict[str, Bad] = {
    "no algorithm": (
        "bucket-encryption",
        changed("live", "encryption", {}),
        "has no default encryption",
    ),
    "versions off": ("bucket-versioning", changed("live", "versioning", False), "found False"),
    "no policy": ("bucket-denials", changed("live", "policy", DELETED), "answers plain HTTP"),
    "no JSON": ("bucket-denials", changed("live", "policy", "{"), "answers plain HTTP"),
    **{
        f"{action} is not denied": (
            "bucket-denials",
            changed(
                *("live", "policy.Statement.1.Action"),
                [one for one in ON_THE_BUCKET if one != action],
            ),
            f"expected to deny {action} to everybody",
        )
        for action in ON_THE_BUCKET
    },
    "plain HTTP for objects": (
        "bucket-denials",
        changed("live", "policy.Statement.0.Resource", "arn:aws:s3:::trial-live"),
        "answers plain HTTP",
    ),
    "objects alone without denial": (
        "bucket-denials",
        changed("live", "policy.Statement.2.Resource", "arn:aws:s3:::trial-live/a/*"),
        f"expected to deny {', '.join(ON_VERSIONS)} to everybody",
    ),
    "denials for one user": (
        "bucket-denials",
        changed("live", "policy.Statement.1.Principal", {"AWS": "milvus"}),
        "lets others than its deployer",
    ),
    "denials for nobody": (
        "bucket-denials",
        changed(
            *("live", "policy.Statement.1.NotPrincipal", "*"),
            changed("live", "policy.Statement.1.Principal", DELETED),
        ),
        "lets others than its deployer",
    ),
    "denials from one network": (
        "bucket-denials",
        sparing("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
        "lets others than its deployer",
    ),
    "plain HTTP from somewhere": (
        "bucket-denials",
        changed(
            *("live", "policy.Statement.0.Condition.IpAddress", {"aws:SourceIp": "10.0.0.0/8"})
        ),
        "answers plain HTTP",
    ),
    "a policy of another bucket on AWS": (
        "bucket-denials",
        changed("policy", "policy", bucket_policy("other", "ArnNotLike", "aws:PrincipalArn", ROLE)),
        "Bucket 'trial-on-aws' answers plain HTTP",
    ),
    "no policy on AWS": (
        "aws-bucket-denials",
        changed("on-aws", "policy", UNKNOWN, without(good(), "policy")),
        "Bucket 'trial-on-aws' answers plain HTTP",
    ),
    "no versions on AWS": (
        "aws-bucket-versioning",
        changed("on-aws", "versioning", UNKNOWN, without(good(), "versions")),
        "found None",
    ),
    "no encryption on AWS": (
        "aws-bucket-encryption",
        changed(
            *("on-aws", "serverSideEncryptionConfiguration", UNKNOWN), without(good(), "encryption")
        ),
        "found None",
    ),
    "a default retention": (
        "aws-bucket-default-retention",
        retained({}),
        "has a default retention",
    ),
    "a default retention beside what AWS computes": (
        "aws-bucket-default-retention",
        changed("on-aws", "objectLockConfiguration", UNKNOWN, retained({})),
        "has a default retention",
    ),
    **{
        f"{who} is spared": (
            "bucket-denials",
            sparing(operator, key, who),
            "lets others than its deployer",
        )
        for operator, key, who in (
            ("StringNotLike", "aws:userid", "*"),
            ("StringNotLike", "aws:userid", "?*"),
            ("StringNotLike", "aws:userid", "AROA*"),
            ("StringNotLike", "aws:userid", "AI*"),
            ("ArnNotLike", "aws:PrincipalArn", "arn:*"),
            ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deployer"),
            ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"),
            ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:*"),
        )
    },
}
