from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local import credentials
from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.stores import seaweedfs
from tests.stores.store import Identity, Store
from tests.vault import real_etcd
from vectorkit.decisions import access, lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.vault.command import Run
    from tests.vault.scene import Scene

VAULT = "sealed-vault"
WRITER = Identity(
    "vault",
    tuple(f"{verb}:{VAULT}" for verb in credentials.VAULT_RIGHTS),
)
STRANGER = Identity(
    "vault-copyist",
    tuple(f"{verb}:{VAULT}" for verb in credentials.VAULT_RIGHTS if verb != "PutObjectRetention"),
)
DEPLOYERS = ["admin*"]


@dataclass(frozen=True)
class Vault:
    """The kit's own vault bucket on a real store, and its writer's own credentials."""

    store: Store
    writer: "S3Client"
    deployer: "S3Client"
    bucket: str = VAULT

    def put(self, key: str) -> str:
        """Write an object; returns the id of its version."""
        return self.writer.put_object(Bucket=self.bucket, Key=key, Body=b"data")["VersionId"]

    def another_writer(self) -> "S3Client":
        """A client of its own with the writer's credentials, for a test to listen to."""
        return self.store.client(WRITER)

    def stranger(self) -> "S3Client":
        """Reads and writes the vault as the writer does, but may not seal."""
        return self.store.client(STRANGER)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with seaweedfs.store(
        tmp_path_factory.mktemp("vault") / "s3", identities=(WRITER, STRANGER)
    ) as store:
        desired = {
            "bucket": VAULT,
            "object_lock": True,
            "policy": access.vault_policy(VAULT, deployers=DEPLOYERS, writers=["vault*"]),
            "lifecycle": lifecycle.vault_rules(),
        }
        bucket.create(store.client(), with_defaults(desired), "the vault's tests")
        yield Vault(store, store.client(WRITER), store.client())


SEALER = Identity(
    "vault-sealer",
    (*(f"{verb}:vault-*" for verb in credentials.VAULT_RIGHTS), "Read:live-*", "List:live-*"),
)


@pytest.fixture(scope="session")
def snapshot_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("snapshots") / "s3"
    with seaweedfs.store(folder, identities=(SEALER,)) as store:
        yield store


@pytest.fixture
def scene(snapshot_store: Store, tmp_path: Path) -> Iterator["Scene"]:
    from tests.vault import scene as scenes  # noqa: PLC0415 - it takes names from here

    with real_etcd.running(tmp_path / "source") as address:
        yield scenes.make(snapshot_store, SEALER, address)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    from tests.vault import command  # noqa: PLC0415 - what it imports is not needed by all

    return command.runner(monkeypatch, capsys)
