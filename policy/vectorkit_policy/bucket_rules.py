"""What every bucket must have, judged on values, whichever provider makes the bucket."""

from collections.abc import Iterator
from typing import Any

from vectorkit_policy.documents import denies, statements
from vectorkit_policy.plan import UNKNOWN

ON_VERSIONS = ("s3:BypassGovernanceRetention", "s3:DeleteObjectVersion")
ON_THE_BUCKET = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")


def encryption(bucket: str, algorithm: Any) -> Iterator[str]:
    """A bucket encrypts what it is given."""
    if algorithm is not UNKNOWN and algorithm not in ALGORITHMS:
        yield (
            f"Bucket {bucket!r} has no default encryption: expected algorithm AES256 or aws:kms, "
            f"found {algorithm!r}. Declare one, so that no object is written in the clear."
        )


def versioning(bucket: str, state: Any) -> Iterator[str]:
    """A bucket keeps the versions of its objects."""
    if state not in (UNKNOWN, True, "Enabled"):
        yield (
            f"Bucket {bucket!r} does not keep versions: expected versioning enabled, found "
            f"{state!r}. Enable it; without versions a deleted object is gone."
        )


def denials(bucket: str, document: Any) -> Iterator[str]:
    """A bucket's policy refuses plain HTTP, and to all but named deployers what would weaken it."""
    found = statements(document)
    if found is None:
        return
    arn = f"arn:aws:s3:::{bucket}"
    reads = (("s3:ListBucket", arn), ("s3:GetObject", f"{arn}/x"), ("s3:PutObject", f"{arn}/x"))
    if not all(
        any(denies(one, action, place, plain_http=True) for one in found) for action, place in reads
    ):
        yield (
            f"Bucket {bucket!r} answers plain HTTP: its policy was expected to deny s3:* on the "
            "bucket and its objects when aws:SecureTransport is false. Add that statement."
        )
    wanted = [(one, f"{arn}/x") for one in ON_VERSIONS] + [(one, arn) for one in ON_THE_BUCKET]
    lacking = [
        action for action, place in wanted if not any(denies(one, action, place) for one in found)
    ]
    if lacking:
        yield (
            f"Bucket {bucket!r} lets others than its deployer destroy or weaken it: its policy was "
            f"expected to deny {', '.join(lacking)} to everybody but named identities. Add a "
            "statement that denies them to principal '*', with the deployer excepted by a "
            "condition (StringNotLike or ArnNotEquals)."
        )


def default_retention(bucket: str, rule: Any) -> Iterator[str]:
    """No default retention where programs write that send no checksum."""
    if rule and rule is not UNKNOWN:
        yield (
            f"Bucket {bucket!r} has a default retention: expected none on a bucket with live data, "
            "because Milvus's writes fail on it and what it rewrites could not be cleaned up. "
            "Remove it and put a retention on each sealed object version in a vault "
            "(tag vectorkit:purpose: vault)."
        )
