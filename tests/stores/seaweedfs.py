"""A real S3 store (SeaweedFS) on loopback, over HTTPS with a throw-away CA.

Use it as a context manager; the store has ended and its ports are free when the block is left:

    with seaweedfs.store(tmp_path) as store:
        store.client().create_bucket(Bucket="trial")
"""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.stores.store import HOST, Identity, Store, free_ports, process, write_once
from tests.throwaway_ca import write_server_certificate

__all__ = ["Identity", "Store", "store", "version"]

ACCOUNT = "000000000000"
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


@contextmanager
def store(
    folder: Path,
    *,
    identities: tuple[Identity, ...] = (),
    scoped_bucket: str = "scoped",
    encryption_key: bool = True,
) -> Iterator[Store]:
    """Run a store in `folder` until the block is left.

    Without `encryption_key` it accepts default encryption and then answers 500 to every PUT.
    """
    running, started = prepared(folder, identities, scoped_bucket, encryption_key=encryption_key)
    with started():
        yield running


def prepared(
    folder: Path,
    identities: tuple[Identity, ...] = (),
    scoped_bucket: str = "scoped",
    *,
    encryption_key: bool = True,
) -> tuple[Store, Callable[[], AbstractContextManager[None]]]:
    """A store that runs in each block of what is returned, with what it had in the last one."""
    (folder / "data").mkdir(parents=True)
    admin = Identity("admin")
    rights = tuple(f"{verb}:{scoped_bucket}" for verb in ("Read", "Write", "List"))
    scoped = Identity("scoped", rights, principal=f"arn:aws:iam::{ACCOUNT}:user/scoped")
    ca_file = write_server_certificate(folder, HOST)
    (folder / "identities.json").write_text(_identities(admin, scoped, *identities))
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    endpoint = f"https://{HOST}:{ports['s3.port.https']}"
    running = Store(endpoint, ca_file, admin, scoped, scoped_bucket, ports=ports)
    key = {"WEED_S3_SSE_KEK": secrets.token_hex(32)} if encryption_key else {}
    command = _command(folder, ports)
    return running, lambda: process("SeaweedFS", command, folder, key, lambda: write_once(running))


def version() -> str:
    """The version of the program that `store` runs."""
    said = subprocess.run([_weed(), "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\b(\d+\.\d+)\b", said)
    if found is None:
        raise RuntimeError(f"`weed version` names no version: {said!r}")
    return found.group(1)


def _weed() -> str:
    weed = shutil.which("weed")
    if weed is None:
        raise RuntimeError("`weed` (SeaweedFS) is not on PATH; `make` puts it there.")
    return weed


def _command(folder: Path, ports: dict[str, int]) -> list[str]:
    return [
        _weed(),
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
