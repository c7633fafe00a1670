"""A live bucket, a vault, an etcd and somebody who answers for Milvus, all on real stores."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.stores.store import Identity, Store
from tests.vault.conftest import DEPLOYERS
from tests.vault.real_etcd import put
from vault.etcd import Etcd
from vault.manifest import Canary, Manifest
from vault.places import Bucket, Instance
from vault.report import Progress, silent
from vault.seal import seal
from vectorkit.decisions import access, lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = "trial"
ETCD_ROOT = "by-dev"
VERSIONS = {"chart": "5.0.19", "kit": "0.1.0"}
CANARY = Canary(collection="books", field="v", vector=(0.5,), ids=(1, 2), distances=(0.0, 1.0))


@dataclass
class Answers:
    """In place of Milvus where a claim is not about Milvus; `on_flush` is what happens then."""

    told: tuple[Canary, ...] = (CANARY,)
    on_flush: Callable[[], None] = lambda: None
    running: str = "2.3.5"

    def version(self) -> str:
        return self.running

    def flush(self) -> None:
        self.on_flush()

    def canaries(self) -> tuple[Canary, ...]:
        return self.told

    def answers(self, canaries: Sequence[Canary]) -> tuple[Canary, ...]:
        return self.told


@dataclass(frozen=True, kw_only=True)
class Scene:
    store: Store
    writer: Identity
    live: Bucket
    vault: Bucket
    """As the vault's writer sees it."""
    etcd: str
    milvus: Answers = field(default_factory=Answers)

    @property
    def admin(self) -> "S3Client":
        return self.store.client()

    @property
    def instance(self) -> Instance:
        return Instance(live=self.live, etcd=Etcd(self.etcd, ETCD_ROOT), milvus=self.milvus)

    def write(self, key: str, body: bytes) -> str:
        """A live object; returns the id of its version."""
        answer = self.admin.put_object(Bucket=self.live.bucket, Key=f"{ROOT}/{key}", Body=body)
        return answer["VersionId"]

    def remove(self, key: str) -> None:
        self.admin.delete_object(Bucket=self.live.bucket, Key=f"{ROOT}/{key}")

    def date(self, key: str, off: timedelta) -> None:
        """From now on the live store's listing dates what it has of this key later by `off`."""

        def shift(parsed: dict[str, Any], **_: Any) -> None:
            for one in (*parsed.get("Versions", ()), *parsed.get("DeleteMarkers", ())):
                if one["Key"] == f"{ROOT}/{key}":
                    one["LastModified"] += off

        self.live.client.meta.events.register("after-call.s3.ListObjectVersions", shift)

    def fill(self, objects: int) -> dict[str, bytes]:
        bodies = {f"insert_log/{at}": secrets.token_bytes(1000 + at) for at in range(objects)}
        for key, body in bodies.items():
            self.write(key, body)
        put(self.etcd, {f"{ETCD_ROOT}/meta/{at}": f"value {at}" for at in range(objects)})
        return bodies

    def seal(self, progress: Progress = silent, wal: str = "rocksmq", **given: Any) -> Manifest:
        asked: dict[str, Any] = {"mode": "governance", "keep_for": timedelta(hours=1)} | given
        versions = VERSIONS | {"wal": wal}
        return seal(self.instance, self.vault, versions=versions, progress=progress, **asked)

    def sealed_body(self, key: str, version: str) -> bytes:
        found = self.admin.get_object(Bucket=self.vault.bucket, Key=key, VersionId=version)
        return found["Body"].read()

    def vault_versions(self) -> list[tuple[str, str]]:
        """Every version below the objects of the vault."""
        found = self.admin.list_object_versions(Bucket=self.vault.bucket, Prefix=f"{ROOT}/objects/")
        return [(one["Key"], one["VersionId"]) for one in found.get("Versions", [])]


def make(store: Store, writer: Identity, etcd: str) -> Scene:
    """Fresh buckets; `writer` may read buckets called live-* and write those called vault-*."""
    name, admin = secrets.token_hex(4), store.client()
    make_live(store, f"live-{name}")
    desired = {
        "bucket": f"vault-{name}",
        "object_lock": True,
        "policy": access.vault_policy(f"vault-{name}", deployers=DEPLOYERS, writers=["vault*"]),
        "lifecycle": lifecycle.vault_rules(),
    }
    bucket.create(admin, with_defaults(desired), "the vault's tests")
    return Scene(
        store=store,
        writer=writer,
        live=Bucket(client=admin, bucket=f"live-{name}", root_path=ROOT),
        vault=Bucket(client=store.client(writer), bucket=f"vault-{name}", root_path=ROOT),
        etcd=etcd,
    )


def make_live(store: Store, name: str) -> Bucket:
    admin, enabled = store.client(), {"Status": "Enabled"}
    admin.create_bucket(Bucket=name)
    admin.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)  # type: ignore[arg-type]
    return Bucket(client=admin, bucket=name, root_path=ROOT)
