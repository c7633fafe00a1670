"""What each identity may do, as a policy for the store's own user administration.

Where a store has no such policies, the bucket's policy grants the same rights to named users.
"""

from collections.abc import Sequence
from typing import Any

from vectorkit.decisions.access import HISTORY, LEGAL_HOLD, SEALING, Policy, policy, tls_only

_LISTING = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_WRITING = (
    "s3:AbortMultipartUpload",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)


def milvus(bucket: str) -> Policy:
    """Milvus puts, gets, lists and deletes objects; it removes and locks no version."""
    return _rights(
        "Milvus",
        bucket,
        on_bucket=_LISTING,
        on_objects=(*_WRITING, "s3:DeleteObject"),
        never=(*HISTORY, *LEGAL_HOLD, *SEALING),
    )


def vault_writer(bucket: str) -> Policy:
    """The vault's writer in the vault puts, reads and seals versions; it removes none and releases
    no hold."""
    return _rights(
        "Writer",
        bucket,
        on_bucket=(*_LISTING, "s3:GetBucketObjectLockConfiguration", "s3:ListBucketVersions"),
        on_objects=(*_WRITING, "s3:GetObjectRetention", "s3:GetObjectVersion", *SEALING),
        never=(*HISTORY, *LEGAL_HOLD),
    )


def live_reader(bucket: str) -> Policy:
    """The vault's writer in the live bucket: it reads every version, and changes nothing."""
    return _rights(
        "Reader",
        bucket,
        on_bucket=(*_LISTING[:2], "s3:ListBucketVersions"),
        on_objects=("s3:GetObject", "s3:GetObjectVersion"),
        never=(*HISTORY, *LEGAL_HOLD, *SEALING),
    )


def together(*rights: Policy) -> Policy:
    """The rights of one identity in several buckets."""
    return policy(*(one for each in rights for one in each["Statement"]))


def granted(bucket: str, *rights_and_users: tuple[Policy, Sequence[str]]) -> Policy:
    """A bucket policy that grants rights to users over TLS, and nobody else anything."""
    return policy(
        tls_only(bucket),
        *(
            {**one, "Principal": {"AWS": list(users)}}
            for rights, users in rights_and_users
            for one in rights["Statement"]
            if one["Effect"] == "Allow"
        ),
    )


def _rights(
    who: str,
    bucket: str,
    *,
    on_bucket: Sequence[str],
    on_objects: Sequence[str],
    never: Sequence[str],
) -> Policy:
    arn = f"arn:aws:s3:::{bucket}"
    return policy(
        _statement(f"{who}ListsTheBucket", "Allow", on_bucket, arn),
        _statement(f"{who}UsesObjects", "Allow", on_objects, f"{arn}/*"),
        # Not granted is not enough: MinIO takes s3:DeleteObject for the right to remove versions,
        # too, unless that is denied.
        _statement(f"{who}KeepsEveryVersion", "Deny", never, f"{arn}/*"),
    )


def _statement(sid: str, effect: str, actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": [resource]}
