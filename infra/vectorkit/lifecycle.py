"""Lifecycle rules of the two buckets, as S3 takes them."""

from typing import Any

ABANDONED_UPLOAD_DAYS = 3


def live_rules(undelete_days: int) -> list[dict[str, Any]]:
    """Noncurrent versions go after `undelete_days`; current objects never expire."""
    return [
        _rule(
            "expire-noncurrent-versions",
            NoncurrentVersionExpiration={"NoncurrentDays": undelete_days},
        ),
        # S3 refuses this beside Days or Date of the same rule, hence a rule of its own.
        _rule("remove-lone-delete-markers", Expiration={"ExpiredObjectDeleteMarker": True}),
        _abandoned_uploads(),
    ]


def vault_rules() -> list[dict[str, Any]]:
    """Only what was never finished goes; a sealed version is removed by nobody but its owner."""
    return [_abandoned_uploads()]


def _abandoned_uploads() -> dict[str, Any]:
    return _rule(
        "abort-abandoned-uploads",
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": ABANDONED_UPLOAD_DAYS},
    )


def _rule(identifier: str, **action: Any) -> dict[str, Any]:
    return {"ID": identifier, "Status": "Enabled", "Filter": {"Prefix": ""}, **action}
