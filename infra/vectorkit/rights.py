"""What each identity may do, as a policy for the store's own user administration.

Where a store has no such policies, the bucket's policy grants the same rights to named users.
"""

from collections.abc import Sequence
from typing import Any

from vectorkit.access import HISTORY, LEGAL_HOLD, SEALING, Policy, tls_only

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
        bucket,
        on_bucket=_LISTING,
        on_objects=(*_WRITING, "s3:DeleteObject"),
        never=(*HISTORY, *LEGAL_HOLD, *SEALING),
    )


def vault_writer(bucket: str) -> Policy:
    """The vault's writer puts, reads and seals versions; it removes none and releases no hold."""
    return _rights(
        bucket,
        on_bucket=(*_LISTING, "s3:GetBucketObjectLockConfiguration", "s3:ListBucketVersions"),
        on_objects=(*_WRITING, "s3:GetObjectRetention", "s3:GetObjectVersion", *SEALING),
        never=(*HISTORY, *LEGAL_HOLD),
    )


def granted(bucket: str, rights: Policy, users: Sequence[str]) -> Policy:
    """A bucket policy that grants the rights to these users over TLS, and nobody else anything."""
    principal = {"AWS": list(users)}
    allowed = [one for one in rights["Statement"] if one["Effect"] == "Allow"]
    statements = [tls_only(bucket), *({**one, "Principal": principal} for one in allowed)]
    return {**rights, "Statement": statements}


def _rights(
    bucket: str, *, on_bucket: Sequence[str], on_objects: Sequence[str], never: Sequence[str]
) -> Policy:
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement("ListTheBucket", "Allow", on_bucket, arn),
            _statement("UseItsObjects", "Allow", on_objects, f"{arn}/*"),
            # Not granted is not enough: MinIO takes s3:DeleteObject for the right to remove
            # versions, too, unless that is denied.
            _statement("KeepEveryVersion", "Deny", never, f"{arn}/*"),
        ],
    }


def _statement(sid: str, effect: str, actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": [resource]}
