"""A real S3 store (SeaweedFS) on loopback, over HTTPS with a throw-away CA.

Use it as a context manager; the store has ended and its ports are free when the block is left:

    with seaweedfs.store(tmp_path) as store:
        store.client().create_bucket(Bucket="trial")
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from tests.throwaway_ca import write_server_certificate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
HOST = "127.0.0.1"
START_SECONDS = 40
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
    "s3.port.https",
)


@dataclass(frozen=True)
class Identity:
    """A user of the store: Admin, or the named actions (Read, Write, List, with `:bucket`)."""

    name: str
    actions: tuple[str, ...] = ("Admin",)
    access_key: str = field(default_factory=lambda: secrets.token_hex(10).upper())
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)


@dataclass(frozen=True)
class Store:
    """A running store."""

    endpoint: str
    ca_file: Path
    admin: Identity
    region: str = REGION

    def environment(self, identity: Identity | None = None) -> dict[str, str]:
        """The variables by which boto3 finds an identity's credentials (default: the admin's)."""
        who = identity or self.admin
        return {"AWS_ACCESS_KEY_ID": who.access_key, "AWS_SECRET_ACCESS_KEY": who.secret_key}

    def client(self, identity: Identity | None = None) -> "S3Client":
        """A plain boto3 client, independent of the code under test."""
        who = identity or self.admin
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            verify=str(self.ca_file),
            aws_access_key_id=who.access_key,
            aws_secret_access_key=who.secret_key,
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def store(
    folder: Path, *, identities: tuple[Identity, ...] = (), encryption_key: bool = True
) -> Iterator[Store]:
    """Run a store in `folder` until the block is left.

    Without `encryption_key` it accepts default encryption and then answers 500 to every PUT.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    admin = Identity("admin")
    ca_file = write_server_certificate(folder, HOST)
    (folder / "identities.json").write_text(_identities(admin, *identities))
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    running = Store(f"https://{HOST}:{ports['s3.port.https']}", ca_file, admin)
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, ports),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(encryption_key=encryption_key),
        )
        try:
            _await_ready(running, process, folder / "weed.log")
            yield running
        finally:
            # Asked politely it takes 25 s to end, to save data that is thrown away here.
            process.kill()
            process.wait()


def _command(folder: Path, ports: dict[str, int]) -> list[str]:
    weed = shutil.which("weed")
    if weed is None:
        raise RuntimeError("`weed` (SeaweedFS) is not on PATH; `make` puts it there.")
    return [
        weed,
        "server",
        f"-dir={folder / 'data'}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-filer",
        "-s3",
        f"-s3.config={folder / 'identities.json'}",
        f"-s3.cert.file={folder / 'server.crt'}",
        f"-s3.key.file={folder / 'server.key'}",
        # Every bucket takes several volumes; with too few of them each PUT is answered with 500.
        "-master.volumeSizeLimitMB=64",
        "-volume.max=10000",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]


def _environment(*, encryption_key: bool) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "WEED_"))}
    return inherited | ({"WEED_S3_SSE_KEK": secrets.token_hex(32)} if encryption_key else {})


def _identities(*identities: Identity) -> str:
    return json.dumps(
        {
            "identities": [
                {
                    "name": one.name,
                    "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
                    "actions": list(one.actions),
                }
                for one in identities
            ]
        }
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _await_ready(running: Store, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ready means that a PUT is answered with 200, not that a port is open."""
    client = running.client()
    deadline = time.monotonic() + START_SECONDS
    last = "nothing"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            _write_once(client)
        except Exception as error:
            last = str(error)
            time.sleep(0.2)
        else:
            return
    tail = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"SeaweedFS was not ready in {START_SECONDS} s; last: {last}\n{tail}")


def _write_once(client: "S3Client") -> None:
    with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket="readiness")
    client.put_object(Bucket="readiness", Key="probe", Body=b"ready")
    client.delete_object(Bucket="readiness", Key="probe")
    client.delete_bucket(Bucket="readiness")
