"""The S3 client: one place for endpoint, trust, time limits and retries.

Credentials come from boto3's default chain and are never read, kept or printed here.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    addressing_style: Literal["path", "virtual"] = "path"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """One identity of the store."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def connect(
    config: StoreConfig,
    *,
    credentials: Credentials | None = None,
    options: Config | None = None,
    content_md5: bool = True,
) -> "S3Client":
    """A client that verifies the store's certificate; without `credentials` it takes the chain's.

    `options` win over the limits of this module.
    """
    if config.ca_file and not Path(config.ca_file).is_file():
        raise StoreError(
            f"The CA file {Path(config.ca_file).absolute()} does not exist; "
            "set `ca_file` to the PEM file of the CA that signed the store's certificate."
        )
    with explained(Attempt("make a client", config.endpoint)):
        try:
            client = boto3.session.Session().client(
                "s3",
                **_keys(credentials),
                endpoint_url=config.endpoint,
                region_name=config.region,
                verify=config.ca_file,
                config=_limits(config).merge(options or Config()),
            )
        except ValueError as error:
            raise StoreError(f"`endpoint` {config.endpoint!r} is not usable: {error}.") from None
    if content_md5:
        client.meta.events.register("before-call.s3", _add_content_md5)
    return client


def _limits(config: StoreConfig) -> Config:
    return Config(
        s3={"addressing_style": config.addressing_style},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # Trailing checksums ("aws-chunked") are refused by several stores.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _keys(credentials: Credentials | None) -> dict[str, Any]:
    if credentials is None:
        return {}
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
    }


def _add_content_md5(params: dict[str, Any], **_: Any) -> None:
    """boto3 replaced Content-MD5 by CRC32; stores that insist on the former get both."""
    body = params.get("body")
    if isinstance(body, bytes) and body:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
