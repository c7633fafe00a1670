"""The Versity S3 gateway over a folder, on loopback, over HTTPS with a throw-away CA.

It keeps everything in extended attributes, knows no encryption, and gives a user no right of
its own: a bucket policy names the user by its access key.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.tools import VERSITYGW
from tests.stores.programs import module_version, program
from tests.stores.store import HOST, REGION, Identity, Store, free_ports, process, write_once
from tests.throwaway_ca import write_server_certificate


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    """Run a store in `folder`, whose file system must know extended attributes."""
    for part in ("data", "versions", "users"):
        (folder / part).mkdir(parents=True)
    admin = _identity("admin")
    scoped = _identity("scoped")
    ca_file = write_server_certificate(folder, HOST)
    _write_users(folder / "users" / "users.json", scoped)
    (port,) = free_ports(1)
    running = Store(f"https://{HOST}:{port}", ca_file, admin, scoped)
    root = {"ROOT_ACCESS_KEY_ID": admin.access_key, "ROOT_SECRET_ACCESS_KEY": admin.secret_key}
    command = _command(folder, port)
    with process("versitygw", command, folder, root, lambda: write_once(running)):
        yield running


def version() -> str:
    """The version of the program that `store` runs."""
    return module_version(VERSITYGW, "github.com/versity/versitygw").removeprefix("v")


def _identity(name: str) -> Identity:
    access_key = secrets.token_hex(10).upper()
    return Identity(name, access_key=access_key, principal=access_key)


def _command(folder: Path, port: int) -> list[str]:
    return [
        str(program(VERSITYGW)),
        f"--port={HOST}:{port}",
        f"--region={REGION}",
        f"--cert={folder / 'server.crt'}",
        f"--key={folder / 'server.key'}",
        f"--iam-dir={folder / 'users'}",
        "posix",
        f"--versioning-dir={folder / 'versions'}",
        str(folder / "data"),
    ]


def _write_users(file: Path, *users: Identity) -> None:
    accounts = {
        one.access_key: {
            "access": one.access_key,
            "secret": one.secret_key,
            "role": "user",
            "userID": 0,
            "groupID": 0,
            "projectID": 0,
        }
        for one in users
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps({"accessAccounts": accounts}))
