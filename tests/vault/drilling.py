"""A sealed snapshot on a real store, for the drill's tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local import credentials
from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.stores import seaweedfs
from tests.stores.store import Identity
from vault.drill.attackers import Battlefield, Means
from vault.drill.model import Attacker
from vault.drill.observation import sealed_versions
from vault.object_version import Mode
from vault.record import Record
from vault.sealing import seal
from vectorkit.decisions import access, lifecycle

LIVE, VAULT, ROOT = "drilled-live", "drilled-vault", "root"
KEYS = tuple(f"{ROOT}/{one}" for one in ("snapshots/1/manifest.json", "objects/a", "objects/b"))
MILVUS = Identity("milvus", tuple(f"{verb}:{LIVE}" for verb in ("Read", "Write", "List")))
WRITER = Identity(
    "vault",
    (
        *(f"{verb}:{LIVE}" for verb in ("Read", "List")),
        *(f"{verb}:{VAULT}" for verb in credentials.VAULT_RIGHTS),
    ),
)


@contextmanager
def battlefield(folder: Path, mode: Mode) -> Iterator[tuple[Battlefield, dict[Attacker, Means]]]:
    """The kit's two buckets, three sealed versions, and the attackers' own credentials."""
    with seaweedfs.store(folder / "s3", identities=(MILVUS, WRITER)) as store:
        deployer, writer = store.client(), store.client(WRITER)
        for plan in _plans():
            bucket.create(deployer, with_defaults(plan), "the drill's tests")
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        for key in KEYS:
            deployer.put_object(Bucket=LIVE, Key=key, Body=b"data")
            version = writer.put_object(Bucket=VAULT, Key=key, Body=b"data")["VersionId"]
            seal(writer, VAULT, key, version, mode=mode, until=until)
        field = Battlefield(
            live=LIVE,
            vault=VAULT,
            root_path=ROOT,
            deployer=deployer,
            writer=writer,
            sealed=sealed_versions(deployer, VAULT),
            record=Record(folder, "drill"),
        )
        yield (
            field,
            {
                "milvus": {"s3": store.client(MILVUS)},
                "vault-writer": {"s3": store.client(WRITER)},
                "deployer": {"s3": store.client()},
            },
        )


def _plans() -> list[dict[str, Any]]:
    deployers = ["admin*"]
    return [
        {
            "bucket": LIVE,
            "policy": access.live_policy(LIVE, deployers=deployers),
            "lifecycle": lifecycle.live_rules(3),
        },
        {
            "bucket": VAULT,
            "object_lock": True,
            "policy": access.vault_policy(VAULT, deployers=deployers, writers=["vault*"]),
            "lifecycle": lifecycle.vault_rules(),
        },
    ]
