import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local import credentials
from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.immutability.evidence import FOLDER_VARIABLE, Evidence
from tests.stores import seaweedfs
from tests.stores.store import HOST, Identity, Store
from vault.sealing import Sealed, seal
from vectorkit.decisions import access, lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIVE, VAULT = "evidence-live", "evidence-vault"
DEPLOYERS = ["admin*"]
BODY = b"what must not change"
IDENTITIES = (
    Identity("milvus", tuple(f"{verb}:{LIVE}" for verb in ("Read", "Write", "List"))),
    Identity("vault", tuple(f"{verb}:{VAULT}" for verb in credentials.VAULT_RIGHTS)),
    # Every right that the store can give, but not the deployer.
    Identity("operator"),
)
_NUMBERS = count()


@dataclass(frozen=True)
class Trial:
    """The kit's own buckets on a real store, its identities, and the record of the run."""

    store: Store
    evidence: Evidence
    clients: dict[str, "S3Client"]

    def put(self, name: str) -> dict[str, Any]:
        """The address of a new version in the vault, written by the vault's own identity."""
        key = f"{name}-{next(_NUMBERS)}"
        version = self.clients["vault"].put_object(Bucket=VAULT, Key=key, Body=BODY)["VersionId"]
        return {"Bucket": VAULT, "Key": key, "VersionId": version}

    def sealed(self, mode: str, until: datetime | None = None) -> dict[str, Any]:
        """The address of a new version that the kit sealed, for an hour if not said otherwise."""
        address = self.put(mode)
        self.seal(address, mode, until or in_hours(1))
        return address

    def seal(
        self, address: dict[str, Any], mode: str, until: datetime, who: str = "vault"
    ) -> Sealed:
        """Seal a version as the kit does, with the vault's own identity."""
        where = (address["Bucket"], address["Key"], address["VersionId"])
        return seal(self.clients[who], *where, mode=mode, until=until)

    def ask(self, claim: str, who: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One recorded request of an identity."""
        return self.evidence.ask(claim, who, self.clients[who], operation, **parameters)

    def is_untouched(self, address: dict[str, Any]) -> bool:
        """Whether the version is still there with its content."""
        return bool(self.clients["deployer"].get_object(**address)["Body"].read() == BODY)

    def run_lifecycle(self) -> None:
        """One pass of the store's own lifecycle over all buckets, with the rules as they are."""
        ports = self.store.ports
        master, filer = (
            f"-{one}={HOST}:{ports[f'{one}.port']}.{ports[f'{one}.port.grpc']}"
            for one in ("master", "filer")
        )
        run = f"s3.lifecycle.run-shard -shards 0-15 -runtime 10s -s3 {HOST}:{ports['s3.port.grpc']}"
        done = subprocess.run(
            ["weed", "shell", master, filer],
            input=f"{run}\nexit\n",
            text=True,
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert "complete" in done.stdout, done.stdout + done.stderr


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    given = os.environ.get(FOLDER_VARIABLE)
    folder = Path(given) if given else tmp_path_factory.mktemp("evidence")
    folder.mkdir(parents=True, exist_ok=True)
    where = tmp_path_factory.mktemp("immutability") / "s3"
    with seaweedfs.store(where, identities=IDENTITIES) as store:
        clients = {one.name: store.client(one) for one in IDENTITIES} | {"deployer": store.client()}
        made = Trial(store, Evidence(folder), clients)
        _make_buckets(made)
        yield made
        made.evidence.write({"claim": "the run is complete", "holds": True})


def _make_buckets(trial: Trial) -> None:
    listed = trial.clients["deployer"].list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    trial.evidence.write({"claim": "the store names itself", "server": listed.get("server")})
    vault = access.vault_policy(VAULT, deployers=DEPLOYERS, writers=["vault*"])
    plans: list[dict[str, Any]] = [
        {
            "bucket": LIVE,
            "policy": access.live_policy(LIVE, deployers=DEPLOYERS),
            "lifecycle": lifecycle.live_rules(3),
        },
        {
            "bucket": VAULT,
            "object_lock": True,
            "policy": vault,
            "lifecycle": lifecycle.vault_rules(),
        },
    ]
    for plan in plans:
        made = bucket.create(trial.clients["deployer"], with_defaults(plan), "the evidence")
        trial.evidence.write({"claim": "the bucket is as the kit declares it", "made": made})
