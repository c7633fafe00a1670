"""Fills a store's buckets and puts the table's calls to it."""

from typing import Any

from botocore.exceptions import ClientError

from tests.access.table import KEPT, LIVE, OUTSIDE, Call

FORBIDDEN = 403


def fill(deployer: Any) -> dict[str, str]:
    """Put what is kept into each (existing) bucket; its version by bucket."""
    versions = {}
    for bucket, key in KEPT.items():
        deployer.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        versions[bucket] = deployer.put_object(Bucket=bucket, Key=key, Body=b"kept")["VersionId"]
    deployer.put_object(Bucket=LIVE, Key=OUTSIDE, Body=b"kept")
    return versions


def ask(client: Any, call: Call, versions: dict[str, str]) -> int:
    """The status of the store's answer."""
    try:
        answer = getattr(client, call.operation)(**call.arguments(versions))
    except ClientError as error:
        answer = error.response
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def is_as_expected(status: int, call: Call) -> bool:
    """Whether it was done, or refused for want of a right."""
    return status < 300 if call.allowed else status == FORBIDDEN
