"""Bucket policies: who may do what, as data.

Identities get their rights from the store's own user administration; these policies take away
what no such right may include. "All but the deployer" is a condition on aws:userid, because some
stores refuse NotPrincipal and match nobody by a user's ARN.
"""

from collections.abc import Sequence
from typing import Any

Policy = dict[str, Any]

BUCKET_ADMINISTRATION = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
"""Actions on the bucket itself that would weaken it."""

HISTORY = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObjectVersion",
)
"""Actions on objects that destroy what versioning and locks keep."""


def live_policy(bucket: str, *, deployers: Sequence[str]) -> Policy:
    """TLS only; nobody but the deployers removes versions or changes the bucket."""
    return _policy(
        _tls_only(bucket),
        _deny_all_but("KeepTheBucketAsDeclared", deployers, BUCKET_ADMINISTRATION, [_arn(bucket)]),
        _deny_all_but("KeepEveryVersion", deployers, HISTORY, [_objects(bucket)]),
    )


def vault_policy(bucket: str, *, deployers: Sequence[str], writers: Sequence[str]) -> Policy:
    """As the live policy, and nobody but deployers and writers does anything at all."""
    return _policy(
        *live_policy(bucket, deployers=deployers)["Statement"],
        _deny_all_but(
            "VaultOnly", [*deployers, *writers], ("s3:*",), [_arn(bucket), _objects(bucket)]
        ),
    )


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _tls_only(bucket: str) -> dict[str, Any]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": [_arn(bucket), _objects(bucket)],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _deny_all_but(
    sid: str, users: Sequence[str], actions: Sequence[str], resources: list[str]
) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": resources,
        "Condition": {"StringNotLike": {"aws:userid": list(users)}},
    }


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _objects(bucket: str) -> str:
    return f"{_arn(bucket)}/*"
