"""The snapshots of a vault, read from the versions of their manifests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError
from pydantic import ValidationError

from plugins.objectstore.errors import explained, sentence
from plugins.objectstore.history import Entry, entries
from vault.manifest import Manifest, began, digest, manifest_key, snapshots_prefix
from vault.object_version import MOST_SKEW, Mode, ObjectVersion, retention
from vault.places import Bucket, VaultError
from vault.report import Finding

LARGEST_MANIFEST = 2**30
"""Of a million objects it has about 400 MiB; whoever may write could plant any size."""
_MANIFEST = re.compile(r"(?P<id>\d{8}T\d{6}Z)/(?P<file>[^/]+)$")


@dataclass(frozen=True)
class Snapshot:
    """One snapshot's manifest as it was written first; later versions of it are no snapshot."""

    id: str
    version_id: str = ""
    """Empty: a seal that did not end; it holds nothing that a restore could use."""
    overwritten: int = 0
    """Versions and delete markers written over the manifest, which must not be."""
    is_misdated: bool = False
    """Named after a time that had not come when the store took the manifest: no seal wrote it."""

    @property
    def is_whole(self) -> bool:
        return bool(self.version_id)


@dataclass(frozen=True)
class Opened:
    """A snapshot whose manifest was read."""

    snapshot: Snapshot
    manifest: Manifest
    sha256: str
    """Of the manifest's bytes."""


class Unreadable(VaultError):
    """The store gives this manifest to nobody, or nobody understands it."""


def snapshots(vault: Bucket) -> list[Snapshot]:
    """Every snapshot, oldest first, those without a manifest too. Deletion does not hide one."""
    found: dict[str, list[Entry]] = {}
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
                versions.append(entry)
    return [
        # The store lists the newest first; the last one is what the seal wrote.
        Snapshot(
            name,
            versions[-1].version_id,
            len(versions) - 1 + markers.get(name, 0),
            _is_misdated(name, versions[-1].modified),
        )
        if versions
        else Snapshot(name)
        for name, versions in sorted(found.items())
    ]


def _is_misdated(snapshot: str, written: datetime) -> bool:
    try:
        # Stores date to the second.
        return began(snapshot) > written + MOST_SKEW + timedelta(seconds=1)
    except ValueError:
        return True


def whole(vault: Bucket) -> Iterator[Snapshot]:
    """Those that a seal has ended with a manifest, newest first."""
    yield from (one for one in reversed(snapshots(vault)) if one.is_whole and not one.is_misdated)


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


def newest(vault: Bucket) -> tuple[Opened | None, tuple[Finding, ...]]:
    """The newest snapshot that can be read, and those that were passed over for it.

    Whoever has the writer's key can plant manifests, and lock them; they must stop nobody.
    """
    passed: list[Finding] = []
    for one in reversed(snapshots(vault)):
        where = manifest_key(vault.root_path, one.id)
        if one.is_whole and one.is_misdated:
            says = "is named after a time to come, so no seal wrote it. Find out who did."
            passed.append(Finding(kind="misdated", where=where, says=says))
        elif one.is_whole:
            try:
                return Opened(one, *load(vault, one)), tuple(passed)
            except Unreadable as error:
                passed.append(Finding(kind="unreadable", where=where, says=str(error)))
    return None, tuple(passed)


def opened(vault: Bucket, snapshot: str | None) -> tuple[Opened, tuple[Finding, ...]]:
    """The snapshot of this id, or what `newest` gives. Raises VaultError when there is none."""
    if snapshot is None:
        found, passed = newest(vault)
        if found is not None:
            return found, passed
    one = find(vault, snapshot)
    return Opened(one, *load(vault, one)), ()


def load(vault: Bucket, snapshot: Snapshot) -> tuple[Manifest, str]:
    """The manifest and the digest of its bytes. Raises Unreadable when it cannot be read."""
    key = manifest_key(vault.root_path, snapshot.id)
    attempt = vault.attempt(f"read the manifest of snapshot {snapshot.id}")
    with explained(attempt):
        try:
            answer = vault.client.get_object(
                Bucket=vault.bucket, Key=key, VersionId=snapshot.version_id
            )
        except ClientError as error:
            raise Unreadable(sentence(error, attempt)) from None
        if answer["ContentLength"] > LARGEST_MANIFEST:
            raise Unreadable(
                f"The manifest {key!r} has {answer['ContentLength']} bytes, at most "
                f"{LARGEST_MANIFEST} are read; no seal wrote it. Take another snapshot."
            )
        data = answer["Body"].read()
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise Unreadable(
            f"The manifest {key!r} cannot be read ({'.'.join(map(str, first['loc']))}: "
            f"{first['msg']}); it was damaged or written by another version of the kit. "
            "Take another snapshot."
        ) from None
    if (manifest.id, manifest.root_path) != (snapshot.id, vault.root_path):
        raise Unreadable(
            f"The manifest {key!r} is that of snapshot {manifest.id} of {manifest.root_path!r}; "
            "it was moved here. Take another snapshot."
        )
    return manifest, digest(data)


def locked(vault: Bucket, snapshot: Snapshot) -> tuple[Mode, datetime] | None:
    """The lock of the manifest, as the store has it."""
    key = manifest_key(vault.root_path, snapshot.id)
    return retention(ObjectVersion(vault.client, vault.bucket, key, snapshot.version_id))
