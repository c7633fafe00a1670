"""The snapshots of a vault, read from the versions of their manifests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from plugins.objectstore.errors import explained
from plugins.objectstore.history import entries
from vault.manifest import Manifest, digest, manifest_key, snapshots_prefix
from vault.object_version import Mode, ObjectVersion, retention
from vault.places import Bucket, VaultError

_MANIFEST = re.compile(r"(?P<id>\d{8}T\d{6}Z)/(?P<file>[^/]+)$")


@dataclass(frozen=True)
class Snapshot:
    """One snapshot's manifest as it was written first; later versions of it are no snapshot."""

    id: str
    version_id: str = ""
    """Empty: a seal that did not end; it holds nothing that a restore could use."""
    overwritten: int = 0
    """Versions and delete markers written over the manifest, which must not be."""

    @property
    def is_whole(self) -> bool:
        return bool(self.version_id)


def snapshots(vault: Bucket) -> list[Snapshot]:
    """Every snapshot, oldest first, those without a manifest too. Deletion does not hide one."""
    found: dict[str, list[str]] = {}
    markers: dict[str, int] = {}
    prefix = snapshots_prefix(vault.root_path)
    for entry in entries(vault.client, vault.bucket, prefix):
        name = _MANIFEST.match(entry.key.removeprefix(prefix))
        if name is None:
            continue
        versions = found.setdefault(name["id"], [])
        if name["file"] == "manifest.json":
            if entry.is_marker:
                markers[name["id"]] = markers.get(name["id"], 0) + 1
            else:
                versions.append(entry.version_id)
    return [
        # The store lists the newest first; the last one is what the seal wrote.
        Snapshot(name, versions[-1], len(versions) - 1 + markers.get(name, 0))
        if versions
        else Snapshot(name)
        for name, versions in sorted(found.items())
    ]


def whole(vault: Bucket) -> Iterator[Snapshot]:
    """Those that have a manifest, newest first."""
    yield from (one for one in reversed(snapshots(vault)) if one.is_whole)


def find(vault: Bucket, snapshot: str | None) -> Snapshot:
    """The snapshot of this id, or the newest one. Raises VaultError when there is none."""
    known = list(whole(vault))
    for one in known:
        if snapshot in (None, one.id):
            return one
    there = ", ".join(one.id for one in known) or "none"
    raise VaultError(
        f"There is no sealed snapshot {snapshot or ''} below {vault.root_path!r} in bucket "
        f"{vault.bucket!r}; there are: {there}. `make snapshots` lists them."
    )


def load(vault: Bucket, snapshot: Snapshot) -> tuple[Manifest, str]:
    """The manifest and the digest of its bytes. Raises VaultError when it cannot be read."""
    key = manifest_key(vault.root_path, snapshot.id)
    with explained(vault.attempt(f"read the manifest of snapshot {snapshot.id}")):
        answer = vault.client.get_object(
            Bucket=vault.bucket, Key=key, VersionId=snapshot.version_id
        )
        data = answer["Body"].read()
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise VaultError(
            f"The manifest {key!r} cannot be read ({'.'.join(map(str, first['loc']))}: "
            f"{first['msg']}); it was damaged or written by another version of the kit. "
            "Take another snapshot."
        ) from None
    if (manifest.id, manifest.root_path) != (snapshot.id, vault.root_path):
        raise VaultError(
            f"The manifest {key!r} is that of snapshot {manifest.id} of {manifest.root_path!r}; "
            "it was moved here. Take another snapshot."
        )
    return manifest, digest(data)


def locked(vault: Bucket, snapshot: Snapshot) -> tuple[Mode, datetime] | None:
    """The lock of the manifest, as the store has it."""
    key = manifest_key(vault.root_path, snapshot.id)
    return retention(ObjectVersion(vault.client, vault.bucket, key, snapshot.version_id))
