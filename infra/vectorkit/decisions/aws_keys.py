"""Who may use, change and lose a bucket's key on AWS, as data.

Account-wide principals with a condition on the caller's ARN survive a role that is made again;
naming the role itself would bind the key to the deleted one.
"""

from collections.abc import Sequence
from typing import Any

from vectorkit.decisions.access import Policy, policy
from vectorkit.schema.stores import AwsStore

IDENTITY_KEY = "aws:PrincipalArn"
"""Of an assumed role this is the role's ARN, whatever the session is called."""

USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
READ_KEY = (
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
)
DECLARE_KEY = ("kms:CreateAlias", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:TagResource")
"""What making a key takes after it exists."""
LOSE_KEY = (
    "kms:CreateGrant",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
)
"""Without its key every object is lost, versions and locked ones too."""
ADMINISTER_KEY = (
    "kms:CancelKeyDeletion",
    "kms:EnableKey",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
    *(one for one in LOSE_KEY if one != "kms:CreateGrant"),
)


def key_policy(
    store: AwsStore,
    bucket: str,
    *,
    administrators: Sequence[str],
    users: dict[str, tuple[str, Sequence[str]]],
) -> Policy:
    """Administrators alone may lose the key; users use it through S3 for one bucket alone."""
    account = {"AWS": f"arn:aws:iam::{store.account_id}:root"}
    through_s3: dict[str, dict[str, Any]] = {
        "StringEquals": {"kms:ViaService": f"s3.{store.region}.amazonaws.com"},
        # With bucket keys the context is the bucket, else the object.
        "StringLike": {
            "kms:EncryptionContext:aws:s3:arn": [
                f"arn:aws:s3:::{bucket}",
                f"arn:aws:s3:::{bucket}/*",
            ]
        },
    }
    return policy(
        _on_key("Administer", account, administrators, (*READ_KEY, *ADMINISTER_KEY)),
        _on_key("Declare", account, store.deployers, (*READ_KEY, *DECLARE_KEY)),
        *(
            _on_key(sid, account, [arn], actions, **through_s3)
            for sid, (arn, actions) in users.items()
        ),
        {
            "Sid": "KeepTheKey",
            "Effect": "Deny",
            "Principal": "*",
            "Action": list(LOSE_KEY),
            "Resource": "*",
            "Condition": {"ArnNotEquals": {IDENTITY_KEY: list(administrators)}},
        },
    )


def _on_key(
    sid: str,
    account: dict[str, str],
    who: Sequence[str],
    actions: Sequence[str],
    **conditions: dict[str, Any],
) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": account,
        "Action": list(actions),
        # In a key's policy that is the key itself; KMS takes nothing else.
        "Resource": "*",
        "Condition": {"ArnEquals": {IDENTITY_KEY: list(who)}, **conditions},
    }
