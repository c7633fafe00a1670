"""`python -m vault.job`: one seal, as the CronJob of an environment runs it.

What it is told is in variables (infra/vectorkit/decisions/seal_job.py), its credentials in files.
The last line that it prints is the snapshot as JSON; a failure is one sentence and exit status 1.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from plugins.errors import Refusal
from plugins.objectstore.s3_client import Credentials, StoreConfig, connect
from smoke_tests.credentials import Masked
from smoke_tests.engine import Certificate
from smoke_tests.errors import SmokeError
from vault.etcd import Etcd
from vault.lease import LEASE, Busy
from vault.manifest import Manifest
from vault.milvus import RunningMilvus
from vault.patience import PATIENT
from vault.places import Bucket, Instance, VaultError
from vault.report import summary
from vault.seal import seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "VECTORKIT_"
VERSION = "0.1.0"
"""Of the kit, for the manifest; the image has no pyproject.toml."""
PATIENCE = LEASE + timedelta(seconds=30)
"""Longer than what a killed seal holds."""
ASK_AGAIN_SECONDS = 5.0


class Told(BaseModel):
    """What the job is told; the variables are these names in capitals after PREFIX."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_endpoint: str = Field(pattern="^https://")
    store_region: str = Field(min_length=1)
    store_ca_file: str | None = None
    live_bucket: str = Field(min_length=1)
    vault_bucket: str = Field(min_length=1)
    vault_mode: Literal["governance", "compliance"]
    vault_retention_days: int = Field(ge=1)
    root_path: str = Field(min_length=1)
    etcd_address: str = Field(pattern="^https?://")
    milvus_uri: str = Field(pattern="^https?://")
    milvus_server_name: str | None = None
    """The name in Milvus's certificate; None: it has none."""
    milvus_ca_file: str | None = None
    """By which that certificate is known; None: everybody knows it."""
    chart_version: str = Field(min_length=1)
    wal: str = Field(min_length=1)
    credentials: Path
    """Folder of the files root-password, etcd-password where etcd asks for one, and, unless the
    pod has a role, access-key-id and secret-access-key."""


def told(variables: Mapping[str, str]) -> Told:
    """Raises VaultError with every variable that is missing or wrong."""
    known = {name: variables.get(f"{PREFIX}{name.upper()}") for name in Told.model_fields}
    try:
        return Told.model_validate({name: value for name, value in known.items() if value})
    except ValidationError as error:
        wrong = "; ".join(
            f"{PREFIX}{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors()
        )
        raise VaultError(
            f"This job is not told what to seal ({wrong}). The CronJob that `pulumi up` declares "
            "tells it; start it as `kubectl create job --from=cronjob/vault-seal NAME`."
        ) from None


def run(known: Told, patience: timedelta = PATIENCE) -> Manifest:
    """Seal once, with the vault writer's own credentials alone.

    While another seal holds the lock it is asked for again: the pod of one that was killed cannot
    give it back. Raises Busy when that lasts longer than `patience`.
    """
    again = Retrying(
        retry=retry_if_exception_type(Busy),
        wait=wait_fixed(ASK_AGAIN_SECONDS),
        stop=stop_after_delay(patience),
        before_sleep=lambda _: print("another seal holds the lock; waiting", file=sys.stderr),
        reraise=True,
    )
    return again(_seal, known)


def _seal(known: Told) -> Manifest:
    client = _client(known)
    places = {
        purpose: Bucket(client=client, bucket=bucket, root_path=known.root_path)
        for purpose, bucket in (("live", known.live_bucket), ("vault", known.vault_bucket))
    }
    password = Masked(_secret(known.credentials / "root-password"))
    return seal(
        Instance(
            live=places["live"],
            # etcd's root path and the objects' are the same in every environment of the kit.
            etcd=Etcd(known.etcd_address, known.root_path, _etcd_password(known)),
            milvus=RunningMilvus(known.milvus_uri, password, certificate=_certificate(known)),
        ),
        places["vault"],
        mode=known.vault_mode,
        keep_for=timedelta(days=known.vault_retention_days),
        longest=timedelta(days=known.vault_retention_days),
        versions={"chart": known.chart_version, "kit": VERSION, "wal": known.wal},
        progress=_say,
    )


def main() -> int:
    try:
        manifest = run(told(os.environ))
    except (Refusal, SmokeError) as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    print(json.dumps(summary(manifest)))
    return 0


def _certificate(known: Told) -> Certificate | None:
    name = known.milvus_server_name
    return Certificate(name, known.milvus_ca_file) if name else None


def _etcd_password(known: Told) -> Masked | None:
    file = known.credentials / "etcd-password"
    return Masked(_secret(file)) if file.exists() else None


def _client(known: Told) -> "S3Client":
    store = StoreConfig(
        endpoint=known.store_endpoint, region=known.store_region, ca_file=known.store_ca_file
    )
    key_id = known.credentials / "access-key-id"
    if not key_id.exists():
        # A pod with a role has its credentials from there; boto3 finds them.
        return connect(store, options=PATIENT)
    secret = _secret(known.credentials / "secret-access-key")
    keys = Credentials(access_key_id=_secret(key_id), secret_access_key=secret)
    return connect(store, credentials=keys, options=PATIENT)


def _secret(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise VaultError(
            f"The credential {file} cannot be read ({error.strerror}); the Secret that the job "
            "mounts must have it."
        ) from None


def _say(step: str, done: int, total: int) -> None:
    # A log is read later: a line for each step says more than a bar.
    if done in (0, total):
        print(f"{step}: {done} of {total}" if total else step, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
