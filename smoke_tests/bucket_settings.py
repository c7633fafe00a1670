"""The settings of a bucket that Milvus's identity must not change: how to read, try and mend."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from smoke_tests import objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Setting:
    """One setting. What `write` proposes differs from what is there and harms nothing for the
    moment until it is mended, should a store accept it."""

    name: str
    read: "Callable[[S3Client, str], Any]"
    proposed: Callable[[Any], Any]
    write: "Callable[[S3Client, str, Any], object]"
    remove: "Callable[[S3Client, str], object]"

    def mend(self, client: "S3Client", bucket: str, value: Any) -> None:
        """Put back what was there before."""
        if value is None:
            self.remove(client, bucket)
        else:
            self.write(client, bucket, value)


def _versioning(client: "S3Client", bucket: str) -> Any:
    return client.get_bucket_versioning(Bucket=bucket).get("Status")


def _policy(client: "S3Client", bucket: str) -> Any:
    text = _given(lambda: client.get_bucket_policy(Bucket=bucket)["Policy"])
    return None if text is None else json.loads(text)


def _lifecycle(client: "S3Client", bucket: str) -> Any:
    return _given(lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])


def _encryption(client: "S3Client", bucket: str) -> Any:
    return _given(
        lambda: client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    )


def _given(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        if objects.status(error) == objects.NOT_FOUND:
            return None
        raise


def _put_versioning(client: "S3Client", bucket: str, value: Any) -> object:
    return client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": value})


def _put_policy(client: "S3Client", bucket: str, value: Any) -> object:
    return client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(value))


def _put_lifecycle(client: "S3Client", bucket: str, value: Any) -> object:
    return client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": value}
    )


def _put_encryption(client: "S3Client", bucket: str, value: Any) -> object:
    return client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=value)


_STATEMENT = {
    "Sid": "SmokeTest",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::{bucket}/smoke-tests-never-exists",
}
_RULE = {
    "ID": "smoke-test",
    "Status": "Disabled",
    "Filter": {"Prefix": "smoke-tests-never-exists/"},
    "Expiration": {"Days": 3650},
}
_SSE = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": True,
        }
    ]
}


def settings(bucket: str) -> list[Setting]:
    """Versioning, policy, lifecycle and encryption of the bucket."""
    statement = {**_STATEMENT, "Resource": _STATEMENT["Resource"].format(bucket=bucket)}
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    return [
        Setting(
            "versioning",
            _versioning,
            lambda now: "Suspended" if now == "Enabled" else "Enabled",
            _put_versioning,
            lambda client, name: _put_versioning(client, name, "Suspended"),
        ),
        Setting(
            "policy",
            _policy,
            lambda now: {
                **(now or policy),
                "Statement": [*(now or policy)["Statement"], statement],
            },
            _put_policy,
            lambda client, name: client.delete_bucket_policy(Bucket=name),
        ),
        Setting(
            "lifecycle",
            _lifecycle,
            lambda now: [*(now or []), _RULE],
            _put_lifecycle,
            lambda client, name: client.delete_bucket_lifecycle(Bucket=name),
        ),
        Setting(
            "encryption",
            _encryption,
            lambda now: _SSE,
            _put_encryption,
            lambda client, name: client.delete_bucket_encryption(Bucket=name),
        ),
    ]
