"""The environment's buckets, seen by the deployer, by Milvus's own identity, or by nobody."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from smoke_tests.credentials import StoreKey
from smoke_tests.outputs import Outputs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOT_FOUND = 404
THREADS = 8


def deployer(outputs: Outputs) -> "S3Client":
    """With the credentials that boto3 finds in the environment."""
    return _client(outputs)


def milvus(outputs: Outputs, key: StoreKey) -> "S3Client":
    """With the identity that Milvus itself uses."""
    return _client(
        outputs,
        aws_access_key_id=key.access_key_id.reveal(),
        aws_secret_access_key=key.secret_access_key.reveal(),
        aws_session_token=key.session_token.reveal() if key.session_token else None,
    )


def anonymous(outputs: Outputs) -> "S3Client":
    """Without any signature."""
    return _client(outputs, signature_version=UNSIGNED)


def keys(client: "S3Client", bucket: str, prefix: str = "") -> Iterator[str]:
    """Every current key below the prefix."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from (item["Key"] for item in page.get("Contents", []))


def versions(client: "S3Client", bucket: str) -> list[str]:
    """Every key that has a version or a delete marker."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
    found = [
        item["Key"]
        for page in pages
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    ]
    return sorted(set(found))


def outside_of_snapshots(names: Iterable[str], root_path: str) -> list[str]:
    """Those of a vault's keys that no seal writes."""
    folders = tuple(f"{root_path}/{one}/" for one in ("objects", "snapshots"))
    beside = {f"{root_path}/{one}" for one in ("lock", "lock-trial", "copied-by-the-store")}
    return [key for key in names if not key.startswith(folders) and key not in beside]


def encryption(client: "S3Client", bucket: str, names: list[str]) -> dict[str, str | None]:
    """By key, what HEAD says about server-side encryption; keys that are gone are left out."""

    def ask(key: str) -> tuple[str, str | None] | None:
        try:
            return key, client.head_object(Bucket=bucket, Key=key).get("ServerSideEncryption")
        except ClientError as error:
            # Milvus may remove a file between the listing and this question.
            if status(error) == NOT_FOUND:
                return None
            raise

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(answer for answer in pool.map(ask, names) if answer is not None)


def status(error: ClientError) -> int:
    """The HTTP status of a refusal."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _client(outputs: Outputs, *, signature_version: Any = "s3v4", **credentials: Any) -> "S3Client":
    config = Config(
        signature_version=signature_version,
        s3={"addressing_style": "path" if outputs.store_endpoint else "auto"},
        retries={"mode": "standard", "max_attempts": 3},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=THREADS,
    )
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=outputs.store_endpoint,
        region_name=outputs.store_region,
        verify=outputs.store_ca_file,
        config=config,
        **credentials,
    )
    return client
