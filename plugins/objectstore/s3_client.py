"""The S3 client: one place for endpoint, trust, time limits and retries.

Credentials come from boto3's default chain and are never read, kept or printed here.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from plugins.objectstore.errors import Attempt, StoreError, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 4


@dataclass(frozen=True, kw_only=True)
class StoreConfig:
    """Where the store is and how it is trusted."""

    endpoint: str
    region: str
    ca_file: str | None = None


def connect(config: StoreConfig) -> "S3Client":
    """A client that verifies the store's certificate and addresses buckets by path."""
    if config.ca_file and not Path(config.ca_file).is_file():
        raise StoreError(
            f"The CA file {Path(config.ca_file).absolute()} does not exist; "
            "set `ca_file` to the PEM file of the CA that signed the store's certificate."
        )
    with explained(Attempt("make a client", config.endpoint)):
        try:
            client = boto3.session.Session().client(
                "s3",
                endpoint_url=config.endpoint,
                region_name=config.region,
                verify=config.ca_file,
                config=Config(
                    s3={"addressing_style": "path"},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                    # Trailing checksums ("aws-chunked") are refused by several stores.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        except ValueError as error:
            raise StoreError(f"`endpoint` {config.endpoint!r} is not usable: {error}.") from None
    client.meta.events.register("before-call.s3", _add_content_md5)
    return client


def _add_content_md5(params: dict[str, Any], **_: Any) -> None:
    """boto3 replaced Content-MD5 by CRC32; stores that insist on the former get both."""
    body = params.get("body")
    if isinstance(body, bytes) and body:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
