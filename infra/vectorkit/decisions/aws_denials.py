"""What a bucket's policy refuses on AWS beyond access.py, by condition keys that only AWS has."""

from typing import Any

from vectorkit.schema.buckets import Vault

Statement = dict[str, Any]

CUSTOMER_KEY = "s3:x-amz-server-side-encryption-customer-algorithm"
ALGORITHM = "s3:x-amz-server-side-encryption"
LOCK_MODE = "s3:object-lock-mode"
DAYS_LEFT = "s3:object-lock-remaining-retention-days"


def encryption(bucket: str) -> list[Statement]:
    """No object by a key that only its writer knows, or by another than the bucket's way.

    Both look at headers that are sent: Milvus sends none, and the bucket's default holds.
    """
    return [
        _deny("NoCustomerKeys", bucket, ["s3:PutObject"], {"Null": {CUSTOMER_KEY: "false"}}),
        _deny(
            "NoWeakerEncryption",
            bucket,
            ["s3:PutObject"],
            {"Null": {ALGORITHM: "false"}, "StringNotEquals": {ALGORITHM: "aws:kms"}},
        ),
    ]


def sealing(vault: Vault) -> list[Statement]:
    """No seal but in the vault's own mode, and none for longer than agreed."""
    locking = ["s3:PutObject", "s3:PutObjectRetention"]
    sent = {"Null": {LOCK_MODE: "false"}}
    if vault.mode == "none":
        return [_deny("NoSeal", vault.bucket, locking, sent)]
    return [
        _deny(
            "NoOtherMode",
            vault.bucket,
            locking,
            {**sent, "StringNotEquals": {LOCK_MODE: vault.mode.upper()}},
        ),
        _deny(
            "NoLongerThanAgreed",
            vault.bucket,
            locking,
            {"NumericGreaterThan": {DAYS_LEFT: str(vault.longest_retention_days)}},
        ),
    ]


def _deny(sid: str, bucket: str, actions: list[str], condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
        "Condition": condition,
    }
