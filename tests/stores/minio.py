"""MinIO (its last community version) on loopback, over HTTPS with a throw-away CA.

A bucket policy of MinIO binds anonymous callers only; a user's rights are a policy of the user.
"""

import base64
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from local.tools import MINIO
from tests.stores.programs import module_version, program
from tests.stores.store import (
    HOST,
    REGION,
    Identity,
    Store,
    free_ports,
    objects_policy,
    process,
    write_once,
)
from tests.throwaway_ca import write_server_certificate


@contextmanager
def store(folder: Path, *, scoped_bucket: str = "scoped") -> Iterator[Store]:
    """Run a store in `folder` until the block is left."""
    for part in ("data", "certificates"):
        (folder / part).mkdir(parents=True)
    ca_file = write_server_certificate(folder, HOST)
    shutil.copy(folder / "server.crt", folder / "certificates" / "public.crt")
    shutil.copy(folder / "server.key", folder / "certificates" / "private.key")
    admin, scoped = Identity("admin"), Identity("scoped")
    (port,) = free_ports(1)
    running = Store(f"https://{HOST}:{port}", ca_file, admin, scoped, scoped_bucket)
    environment = {
        "MINIO_ROOT_USER": admin.access_key,
        "MINIO_ROOT_PASSWORD": admin.secret_key,
        # Without a key every request for encryption is answered with 501.
        "MINIO_KMS_SECRET_KEY": f"tests:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "MINIO_BROWSER": "off",
        "MINIO_SITE_REGION": REGION,
        "MINIO_UPDATE": "off",
        "HOME": str(folder),
    }
    command = [str(program(MINIO)), "server", f"--address={HOST}:{port}"]
    command += [f"--certs-dir={folder / 'certificates'}", str(folder / "data")]
    with process("MinIO", command, folder, environment, lambda: write_once(running)):
        _add_user(running, scoped, folder)
        yield running


def version() -> str:
    """The version of the program that `store` runs."""
    return module_version(MINIO, "github.com/minio/minio")


def _add_user(running: Store, user: Identity, folder: Path) -> None:
    api = MinioAdmin(
        endpoint=running.endpoint.removeprefix("https://"),
        credentials=StaticProvider(running.admin.access_key, running.admin.secret_key),
        region=REGION,
        http_client=urllib3.PoolManager(ca_certs=str(running.ca_file)),
    )
    policy = folder / "scoped.json"
    policy.write_text(json.dumps(objects_policy(running.scoped_bucket)))
    api.user_add(user.access_key, user.secret_key)
    api.policy_add("scoped", str(policy))
    api.policy_set("scoped", user=user.access_key)
