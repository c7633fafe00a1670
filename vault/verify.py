"""Says whether a snapshot could be restored today: everything there, locked, and unchanged."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from plugins.objectstore.errors import StoreError, explained
from vault import catalogue, copying
from vault.catalogue import Opened, Snapshot, Unreadable
from vault.manifest import Manifest, manifest_key
from vault.places import THREADS, Bucket, VaultError, chunks
from vault.report import Finding, Progress, Report, silent

LOST = ("missing", "size", "corrupt", "unreadable")
"""Kinds of findings about a snapshot's own versions without which it cannot be brought back."""
BROKEN_SHARE = 0.01
"""What a sample's confidence is about: that at least so many objects are broken."""


@dataclass(frozen=True)
class _Version:
    key: str
    version_id: str
    size: int
    sha256: str


def verify(
    vault: Bucket,
    snapshot: str | None = None,
    *,
    sample: float = 1.0,
    threads: int = THREADS,
    progress: Progress = silent,
    seed: int | None = None,
) -> Report:
    """Of the snapshot (without an id: the newest), and of the chain of manifests behind it.

    `sample` is the share of objects whose bytes are read; presence, size and lock are asked of
    all. Raises a Refusal when there is no such snapshot or the store cannot be asked.
    """
    began = time.monotonic()
    found, passed = catalogue.opened(vault, snapshot)
    progress("check the chain of manifests", 0, 0)
    findings = (*passed, *chain(vault, found))
    report = check(vault, found, sample=sample, threads=threads, progress=progress, seed=seed)
    return report.model_copy(
        update={
            "findings": (*findings, *report.findings),
            "seconds": time.monotonic() - began,
        }
    )


def check(
    vault: Bucket,
    found: Opened,
    *,
    sample: float = 1.0,
    threads: int = THREADS,
    progress: Progress = silent,
    seed: int | None = None,
) -> Report:
    """Of what the snapshot's own manifest names, as `verify`; no other snapshot is looked at."""
    if not 0 <= sample <= 1:
        raise VaultError(f"A sample of {sample} is no share; give a number from 0 to 1.")
    manifest = found.manifest
    dump = manifest.etcd
    versions = [
        _Version(dump.key, dump.version_id, dump.size, dump.sha256),
        *(_Version(o.vault_key, o.vault_version_id, o.size, o.sha256) for o in manifest.objects),
    ]
    # Metadata's dump is read in any case: without it nothing can be restored.
    chosen = {0, *_chosen(len(manifest.objects), sample, seed)}
    findings: list[Finding] = []
    read = done = 0
    with ThreadPoolExecutor(threads) as pool:
        for chunk in chunks(enumerate(versions)):
            asked = pool.map(lambda one: _faults(vault, manifest, one[1], one[0] in chosen), chunk)
            for (at, version), faults in zip(chunk, asked, strict=True):
                findings += faults
                read += version.size if at in chosen else 0
                done += 1
                progress("verify objects", done, len(versions))
    return Report(
        snapshot=manifest.id,
        findings=tuple(findings),
        objects=len(manifest.objects),
        bytes_read=read,
        confidence=confidence(len(manifest.objects), len(chosen) - 1),
    )


def chain(vault: Bucket, newest: Opened) -> Iterator[Finding]:
    """What is wrong with this manifest's lock and with those behind it, back to the first."""
    known = {one.id: one for one in catalogue.snapshots(vault) if one.is_whole}
    yield from manifest_faults(vault, newest)
    at = newest
    while (before := at.manifest.previous) is not None:
        key = manifest_key(vault.root_path, before.id)
        older = known.get(before.id)
        if older is None:
            if before.until > _now(vault):
                yield Finding(
                    kind="missing",
                    where=key,
                    says=f"the manifest of snapshot {before.id}, before {at.manifest.id}, is gone "
                    f"although it was locked until {before.until:%Y-%m-%dT%H:%M:%SZ}.",
                )
            return
        yield from _overwritten(vault, older)
        try:
            opened = Opened(older, *catalogue.load(vault, older))
        except Unreadable as error:
            yield Finding(kind="unreadable", where=key, says=str(error))
            return
        if opened.sha256 != before.sha256:
            yield Finding(
                kind="corrupt",
                where=key,
                says=f"its bytes are not those that snapshot {at.manifest.id} names as its "
                "previous manifest.",
            )
        at = opened


def manifest_faults(vault: Bucket, found: Opened) -> Iterator[Finding]:
    """What is wrong with the snapshot's own manifest."""
    yield from _overwritten(vault, found.snapshot)
    key = manifest_key(vault.root_path, found.snapshot.id)
    yield from _lock_faults(vault, found.manifest, key, found.snapshot.version_id)


def _overwritten(vault: Bucket, snapshot: Snapshot) -> Iterator[Finding]:
    if snapshot.overwritten:
        yield Finding(
            kind="overwritten",
            where=manifest_key(vault.root_path, snapshot.id),
            says=f"{snapshot.overwritten} versions or delete markers were written over the "
            "manifest; the first version counts. Find out who wrote them.",
        )


def confidence(objects: int, read: int) -> float:
    """With which probability a sample of this size meets one of BROKEN_SHARE broken objects."""
    broken = max(1, math.ceil(objects * BROKEN_SHARE))
    if objects == 0 or read > objects - broken:
        return 1.0
    return 1 - math.comb(objects - broken, read) / math.comb(objects, read)


def _chosen(objects: int, share: float, seed: int | None) -> Sequence[int]:
    """Numbers of objects, counted from 1."""
    # An attacker must not know what is read; a seed is for tests.
    drawn = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311
    return drawn.sample(range(1, objects + 1), math.ceil(objects * share))


def _faults(vault: Bucket, manifest: Manifest, one: _Version, read: bool) -> list[Finding]:
    faults = list(_lock_faults(vault, manifest, one.key, one.version_id, one.size))
    if read and not any(fault.kind in ("missing", "size") for fault in faults):
        faults += _byte_faults(vault, one)
    return faults


def _byte_faults(vault: Bucket, one: _Version) -> Iterator[Finding]:
    try:
        if copying.read_digest(vault, one.key, one.version_id) == one.sha256:
            return
    except StoreError as error:
        # A store that checks its own disks gives a broken object to nobody.
        says = f"version {one.version_id} cannot be read: {error}"
        yield Finding(kind="unreadable", where=one.key, says=says)
        return
    says = f"version {one.version_id} holds other bytes than were sealed."
    yield Finding(kind="corrupt", where=one.key, says=says)


def _lock_faults(
    vault: Bucket, manifest: Manifest, key: str, version_id: str, size: int | None = None
) -> Iterator[Finding]:
    head = copying.head(vault, key, version_id)
    if head is None:
        yield Finding(kind="missing", where=key, says=f"version {version_id} is gone.")
        return
    if size not in (None, head["ContentLength"]):
        says = f"version {version_id} has {head['ContentLength']} bytes; {size} were sealed."
        yield Finding(kind="size", where=key, says=says)
    locked = head.get("ObjectLockRetainUntilDate")
    now = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
    if locked is None:
        yield Finding(kind="unlocked", where=key, says=f"version {version_id} has no retention.")
    elif locked <= now:
        says = f"the retention of version {version_id} ended at {locked:%Y-%m-%dT%H:%M:%SZ}."
        yield Finding(kind="expired", where=key, says=says)
    elif locked < manifest.until:
        says = f"version {version_id} is locked until {locked:%Y-%m-%dT%H:%M:%SZ} only."
        yield Finding(kind="short", where=key, says=says)
    if locked and (manifest.mode, head.get("ObjectLockMode")) == ("compliance", "GOVERNANCE"):
        says = f"version {version_id} is locked in governance mode; compliance was sealed."
        yield Finding(kind="weak", where=key, says=says)


def _now(vault: Bucket) -> datetime:
    with explained(vault.attempt("ask for the time")):
        answer = vault.client.list_objects_v2(Bucket=vault.bucket, MaxKeys=1)
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
