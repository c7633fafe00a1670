"""Reads and writes one setting of a bucket at a time; knows S3's calls and nothing else."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plugins.objectstore.errors import Attempt, code_of, explained
from plugins.objectstore.settings import WRITTEN

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = (
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchLifecycleConfiguration",
    "NoSuchBucketPolicy",
    "NoSuchTagSet",
    "NoSuchTagSetError",
    "ObjectLockConfigurationNotFoundError",
    # A store that lacks the setting has no value for it; asking for one fails when it is written.
    "NotImplemented",
    "MethodNotAllowed",
)


def exists(client: "S3Client", bucket: str) -> bool:
    """Whether the bucket exists and is visible to these credentials."""
    with explained(attempt(client, f"look for bucket {bucket!r}")):
        try:
            # Not HEAD: its answer has no body, and so no word on why access was denied.
            client.get_bucket_versioning(Bucket=bucket)
        except ClientError as error:
            if code_of(error) == "NoSuchBucket":
                return False
            raise
        return True


def read(client: "S3Client", bucket: str) -> dict[str, Any]:
    """Every setting as the store has it now."""
    lock = _ask(client, "Object Lock", client.get_object_lock_configuration, bucket)
    lock = lock.get("ObjectLockConfiguration", {})
    versioning = _ask(client, "versioning", client.get_bucket_versioning, bucket)
    encryption = _ask(client, "encryption", client.get_bucket_encryption, bucket)
    lifecycle = _ask(client, "lifecycle", client.get_bucket_lifecycle_configuration, bucket)
    policy = _ask(client, "policy", client.get_bucket_policy, bucket).get("Policy")
    tags = _ask(client, "tags", client.get_bucket_tagging, bucket).get("TagSet", [])
    return {
        "bucket": bucket,
        "arn": f"arn:aws:s3:::{bucket}",
        "object_lock": lock.get("ObjectLockEnabled") == "Enabled",
        "default_retention": lock.get("Rule", {}).get("DefaultRetention"),
        "versioning": versioning.get("Status") == "Enabled",
        "encryption": _encryption(encryption),
        "lifecycle": json.loads(json.dumps(lifecycle.get("Rules", []), default=_iso)),
        "policy": json.loads(policy) if policy else None,
        "tags": {t["Key"]: t["Value"] for t in tags if not t["Key"].startswith("aws:")},
    }


def write(client: "S3Client", bucket: str, setting: str, value: Any) -> None:
    """Write one setting; an empty value removes it."""
    with explained(attempt(client, f"write the {setting} of bucket {bucket!r}")):
        _WRITERS[setting](client, bucket, value)


def attempt(client: "S3Client", action: str) -> Attempt:
    """An action against this client's endpoint."""
    return Attempt(action, client.meta.endpoint_url)


def _ask(client: "S3Client", setting: str, call: Callable[..., Any], bucket: str) -> Any:
    with explained(attempt(client, f"read the {setting} of bucket {bucket!r}")):
        try:
            return call(Bucket=bucket)
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return {}
            raise


def _encryption(answer: Any) -> dict[str, str] | None:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    if not default:
        return None
    key = default.get("KMSMasterKeyID")
    return {"algorithm": default["SSEAlgorithm"]} | ({"kms_key_id": key} if key else {})


def _iso(value: Any) -> str:
    return str(value.isoformat())


def _write_default_retention(client: "S3Client", bucket: str, _: None) -> None:
    client.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )


def _write_versioning(client: "S3Client", bucket: str, enabled: bool) -> None:
    client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled" if enabled else "Suspended"}
    )


def _write_encryption(client: "S3Client", bucket: str, value: dict[str, Any]) -> None:
    default: Any = {"SSEAlgorithm": value["algorithm"]}
    if "kms_key_id" in value:
        default["KMSMasterKeyID"] = value["kms_key_id"]
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )


def _write_lifecycle(client: "S3Client", bucket: str, rules: list[Any]) -> None:
    if rules:
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )
    else:
        client.delete_bucket_lifecycle(Bucket=bucket)


def _write_policy(client: "S3Client", bucket: str, policy: Any) -> None:
    if policy:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        client.put_bucket_policy(Bucket=bucket, Policy=text)
    else:
        client.delete_bucket_policy(Bucket=bucket)


def _write_tags(client: "S3Client", bucket: str, tags: dict[str, str]) -> None:
    if tags:
        tag_set: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
        client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set})
    else:
        client.delete_bucket_tagging(Bucket=bucket)


_WRITERS: dict[str, Callable[..., None]] = {
    setting: globals()[f"_write_{setting}"] for setting in WRITTEN
}
