"""What a snapshot is: one manifest, written last, that names everything a restore needs.

The vault bucket holds `<root_path>/snapshots/<id>/manifest.json`, the dump of etcd beside it, and
below `<root_path>/objects/` the objects, one version for each version of the live bucket.
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vault.object_version import Mode

ID_FORMAT = "%Y%m%dT%H%M%SZ"
SnapshotId = Annotated[str, Field(pattern=r"^\d{8}T\d{6}Z$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SealedObject(Strict):
    """One object version of the live bucket and its sealed copy."""

    live_key: str
    live_version_id: str
    vault_key: str
    vault_version_id: str
    size: int = Field(ge=0)
    sha256: Sha256


class EtcdDump(Strict):
    """Every pair of etcd at one revision: gzip of a line of JSON each."""

    key: str
    version_id: str
    size: int
    sha256: Sha256
    """Of the object as it lies in the vault."""
    revision: int
    pairs: int
    root_path: str
    """Milvus's etcd.rootPath."""


class Canary(Strict):
    """A question to Milvus and its answer, which a restored instance must give again."""

    collection: str
    database: str = "default"
    field: str = ""
    """The vector field that was searched."""
    vector: tuple[float, ...] = ()
    """Empty where the collection was not loaded, so that it could not be asked."""
    ids: tuple[str | int, ...] = ()
    """Nearest first."""
    distances: tuple[float, ...] = ()
    row_count: int | None = None
    stable: bool = True
    """Whether the answer was the same before and after etcd was read; only then is it compared."""


class Versions(Strict):
    """What made the data, and what sealed it."""

    milvus: str
    chart: str
    kit: str


class Previous(Strict):
    """The snapshot before this one."""

    id: SnapshotId
    sha256: Sha256
    until: AwareDatetime
    """Before this time its absence is a loss."""


class Manifest(Strict):
    """One snapshot. Without its manifest a snapshot does not exist."""

    format: Literal[1] = 1
    id: SnapshotId
    root_path: str
    live_bucket: str
    started: AwareDatetime
    finished: AwareDatetime
    mode: Mode
    until: AwareDatetime
    """When the locks of this snapshot end, unless a later one extends them."""
    versions: Versions
    etcd: EtcdDump
    objects: tuple[SealedObject, ...]
    new_bytes: int
    """What this seal copied; everything else was in the vault already."""
    canaries: tuple[Canary, ...]
    previous: Previous | None

    @property
    def size(self) -> int:
        return sum(one.size for one in self.objects)


def encoded(manifest: Manifest) -> bytes:
    """The bytes that are stored and hashed."""
    return manifest.model_dump_json(indent=1).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def snapshot_id(at: datetime) -> str:
    """The id of a snapshot begun at this time: its UTC time to the second."""
    return at.astimezone(UTC).strftime(ID_FORMAT)


def snapshots_prefix(root_path: str) -> str:
    return f"{root_path}/snapshots/"


def manifest_key(root_path: str, snapshot: str) -> str:
    return f"{root_path}/snapshots/{snapshot}/manifest.json"


def etcd_key(root_path: str, snapshot: str) -> str:
    return f"{root_path}/snapshots/{snapshot}/etcd.jsonl.gz"


def objects_prefix(root_path: str) -> str:
    return f"{root_path}/objects/"


def vault_key(root_path: str, live_key: str) -> str:
    return f"{root_path}/objects/{live_key}"
