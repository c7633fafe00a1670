"""What a snapshot is: one manifest, written last, that names everything a restore needs.

The vault bucket holds `<root_path>/snapshots/<id>/manifest.json`, the dump of etcd beside it, and
below `<root_path>/objects/` the objects, one version for each version of the live bucket. Those of
Woodpecker's log (`<root_path>/wp/`) are among them: what it knows of its segments is in etcd below
the same root path, and would name objects that are not there.
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vault.object_version import Mode

UNKNOWN = "unknown"
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
    """The vector field that was searched; empty where the collection could not be searched."""
    exists: bool | None = None
    """None in manifests of an older kit."""
    is_loaded: bool = True
    """Otherwise `row_count` is what Milvus's statistics say, which deleted rows may be in."""
    vector: tuple[float, ...] = ()
    """Empty where the collection was not loaded, is empty, or has no vectors of floats."""
    ids: tuple[str | int, ...] = ()
    """Nearest first."""
    distances: tuple[float, ...] = ()
    row_count: int | None = None
    stable: bool = True
    """Whether the answer was the same before and after etcd was read; only then is it compared."""

    @property
    def is_asked(self) -> bool:
        """Whether there is an answer that a restored instance must give again."""
        return self.stable and bool(self.exists or self.ids or self.row_count is not None)


class Versions(Strict):
    """What made the data, and what sealed it."""

    milvus: str
    chart: str
    kit: str
    wal: str = UNKNOWN
    """Of Milvus, as the stack file calls it."""


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


def began(snapshot: str) -> datetime:
    """The time in a snapshot's id. Raises ValueError where it is none."""
    return datetime.strptime(snapshot, ID_FORMAT).replace(tzinfo=UTC)


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
