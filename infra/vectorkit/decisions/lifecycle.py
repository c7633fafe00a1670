"""Lifecycle rules of the two buckets, as S3 takes them."""

import re
from collections.abc import Collection
from typing import Any, Literal

ABANDONED_UPLOAD_DAYS = 3

RuleId = Literal[
    "abort-abandoned-uploads",
    "expire-noncurrent-log",
    "expire-noncurrent-versions",
    "remove-lone-delete-markers",
]


def live_rules(
    undelete_days: int, *, wal_prefix: str | None = None, wal_undelete_days: int = 0
) -> list[dict[str, Any]]:
    """Noncurrent versions go after `undelete_days`; current objects never expire.

    Below `wal_prefix` they go after `wal_undelete_days`: where two rules meet, the shorter one
    wins, and the log is rewritten as a whole all the time.
    """
    return [
        _expire_noncurrent("expire-noncurrent-versions", undelete_days),
        *(
            [_expire_noncurrent("expire-noncurrent-log", wal_undelete_days, wal_prefix)]
            if wal_prefix and wal_undelete_days < undelete_days
            else []
        ),
        # S3 refuses this beside Days or Date of the same rule, hence a rule of its own.
        _rule("remove-lone-delete-markers", Expiration={"ExpiredObjectDeleteMarker": True}),
        _abandoned_uploads(),
    ]


def vault_rules() -> list[dict[str, Any]]:
    """Only what was never finished goes; a sealed version is removed by nobody but its owner."""
    return [_abandoned_uploads()]


def in_snake_case(rules: Any) -> Any:
    """Rules with the names that Pulumi's AWS provider gives to S3's keys."""
    if isinstance(rules, dict):
        return {
            re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower(): in_snake_case(value)
            for key, value in rules.items()
        }
    return [in_snake_case(one) for one in rules] if isinstance(rules, list) else rules


def without(rules: list[dict[str, Any]], left_out: Collection[RuleId]) -> list[dict[str, Any]]:
    """The rules but for those that a store cannot keep."""
    return [rule for rule in rules if rule["ID"] not in left_out]


def _abandoned_uploads() -> dict[str, Any]:
    return _rule(
        "abort-abandoned-uploads",
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": ABANDONED_UPLOAD_DAYS},
    )


def _expire_noncurrent(identifier: RuleId, days: int, prefix: str = "") -> dict[str, Any]:
    expiration = {"NoncurrentDays": days}
    return _rule(identifier, prefix, NoncurrentVersionExpiration=expiration)


def _rule(identifier: RuleId, prefix: str = "", **action: Any) -> dict[str, Any]:
    return {"ID": identifier, "Status": "Enabled", "Filter": {"Prefix": prefix}, **action}
