"""What every S3 store of the tests has in common: its shape, its start and its end."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
HOST = "127.0.0.1"
START_SECONDS = 40


@dataclass(frozen=True)
class Identity:
    """A user of the store. SeaweedFS alone reads `actions` (Admin, or Read, Write:bucket ...)."""

    name: str
    actions: tuple[str, ...] = ("Admin",)
    access_key: str = field(default_factory=lambda: secrets.token_hex(10).upper())
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    principal: str = ""
    """How a bucket policy of this store names the user; empty: it cannot."""


@dataclass(frozen=True)
class Store:
    """A running store."""

    endpoint: str
    ca_file: Path
    admin: Identity
    """The deployer: owns every bucket, and may do everything."""
    scoped: Identity | None = None
    """An identity that may use the objects of `scoped_bucket` and nothing else."""
    scoped_bucket: str = ""
    """Empty: the identity has no right until a bucket policy names it."""
    region: str = REGION
    ports: Mapping[str, int] = field(default_factory=dict)
    """Ports of the store's own services by the name of their flag, where a test needs them."""

    def environment(self, identity: Identity | None = None) -> dict[str, str]:
        """The variables by which boto3 finds an identity's credentials (default: the admin's)."""
        who = identity or self.admin
        return {"AWS_ACCESS_KEY_ID": who.access_key, "AWS_SECRET_ACCESS_KEY": who.secret_key}

    def client(self, identity: Identity | None = None) -> "S3Client":
        """A plain boto3 client, independent of the code under test."""
        who = identity or self.admin
        return self._client(
            Config(s3={"addressing_style": "path"}),
            aws_access_key_id=who.access_key,
            aws_secret_access_key=who.secret_key,
        )

    def anonymous(self) -> "S3Client":
        """A client without credentials."""
        unsigned = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"})
        return self._client(unsigned)

    def _client(self, config: Config, **keys: Any) -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            verify=str(self.ca_file),
            config=config,
            **keys,
        )


@contextmanager
def process(
    name: str,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    ready: Callable[[], object],
) -> Iterator[None]:
    """Run a server in `folder`; the block begins when `ready` no longer raises.

    The server is killed when the block is left, and by the kernel when the tests are killed.
    Raises RuntimeError with the end of its log when it does not become ready.
    """
    # None of the caller's settings may reach a server; they would change what is measured.
    foreign = ("AWS_", "WEED_", "MINIO_", "VGW_", "ROOT_", "MOTO_", "S3_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    log_file = folder / f"{name}.log"
    with log_file.open("wb") as log:
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=inherited | dict(environment),
        )
        try:
            _await_ready(name, server, log_file, ready)
            yield
        finally:
            # Asked politely some need 25 s to end, to save data that is thrown away here.
            server.kill()
            server.wait()


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on now."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def write_once(store: Store) -> None:
    """Ready means that a PUT is answered with 200, not that a port is open."""
    client = store.client()
    with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket="readiness")
    client.put_object(Bucket="readiness", Key="probe", Body=b"ready")
    client.delete_object(Bucket="readiness", Key="probe")
    client.delete_bucket(Bucket="readiness")


def objects_policy(bucket: str) -> dict[str, object]:
    """The rights of a scoped identity where the store keeps them in a policy of the user."""
    arn = f"arn:aws:s3:::{bucket}"
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [arn]},
            {"Effect": "Allow", "Action": actions, "Resource": [f"{arn}/*"]},
        ],
    }


def _await_ready(
    name: str, server: subprocess.Popen[bytes], log: Path, ready: Callable[[], object]
) -> None:
    deadline = time.monotonic() + START_SECONDS
    last = "nothing"
    while time.monotonic() < deadline and server.poll() is None:
        try:
            ready()
        except Exception as error:
            last = str(error)
            time.sleep(0.2)
        else:
            return
    tail = log.read_text(errors="replace")[-2000:]
    ended = f"ended with status {server.returncode}" if server.returncode is not None else "runs"
    raise RuntimeError(
        f"{name} was not ready in {START_SECONDS} s and {ended}; last: {last}\n{tail}"
    )
