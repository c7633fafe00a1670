"""Bucket policies: who may do what, as data.

Identities get their rights from the store's own user administration; these policies take away
what no such right may include. "All but the deployer" is a condition on who asks, because some
stores refuse NotPrincipal and match nobody by a user's ARN. By which key a store tells who asks is
in its profile.
"""

from collections.abc import Sequence
from typing import Any

Policy = dict[str, Any]
Statement = dict[str, Any]

IDENTITY_KEY = "aws:userid"
"""By which condition key most stores tell who asks; see profiles.py for the others."""

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
    "s3:DeleteObjectVersionTagging",
)
"""Actions on object versions that destroy what versioning and locks keep."""

LEGAL_HOLD = ("s3:PutObjectLegalHold",)
"""A hold has no date: whoever may release it ends it, whoever may set it can fill the store."""

SEALING = ("s3:PutObjectRetention",)
"""The vault's writers seal; in the live bucket a seal would stop Milvus from cleaning up."""


def live_policy(
    bucket: str,
    *,
    deployers: Sequence[str],
    identity_key: str = IDENTITY_KEY,
    also: Sequence[Statement] = (),
) -> Policy:
    """TLS only; nobody but the deployers removes or locks versions, or changes the bucket.

    `also` are the denials that only one kind of store knows."""
    return policy(*_kept(bucket, deployers, identity_key, (*HISTORY, *LEGAL_HOLD, *SEALING)), *also)


def vault_policy(
    bucket: str,
    *,
    deployers: Sequence[str],
    writers: Sequence[str],
    identity_key: str = IDENTITY_KEY,
    also: Sequence[Statement] = (),
) -> Policy:
    """TLS only; nobody but deployers and writers does anything at all, and writers seal, but
    remove no version, release no hold and change nothing of the bucket."""
    everything = [_arn(bucket), _objects(bucket)]
    return policy(
        *_kept(bucket, deployers, identity_key, (*HISTORY, *LEGAL_HOLD)),
        _deny_all_but("VaultOnly", [*deployers, *writers], identity_key, ("s3:*",), everything),
        *also,
    )


def _kept(
    bucket: str, deployers: Sequence[str], identity_key: str, on_objects: Sequence[str]
) -> list[Statement]:
    return [
        tls_only(bucket),
        _deny_all_but(
            "KeepTheBucketAsDeclared",
            deployers,
            identity_key,
            BUCKET_ADMINISTRATION,
            [_arn(bucket)],
        ),
        _deny_all_but("KeepEveryVersion", deployers, identity_key, on_objects, [_objects(bucket)]),
    ]


def policy(*statements: Statement) -> Policy:
    """The statements as one document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def tls_only(bucket: str) -> Statement:
    """Nobody speaks to the bucket without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": [_arn(bucket), _objects(bucket)],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _deny_all_but(
    sid: str,
    users: Sequence[str],
    identity_key: str,
    actions: Sequence[str],
    resources: list[str],
) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": resources,
        "Condition": {"StringNotLike": {identity_key: list(users)}},
    }


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _objects(bucket: str) -> str:
    return f"{_arn(bucket)}/*"
