"""Brings a snapshot back into an environment that holds nothing.

The target's etcd is marked with the snapshot first, so that a run that was killed may go on, and
no other may begin. The objects come before etcd's pairs: without those Milvus knows nothing of
them, so that a snapshot which turns out to be damaged is never used.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from plugins.objectstore.errors import explained
from plugins.objectstore.history import entries
from vault import catalogue, copying, dump
from vault.answers import wrong_answers
from vault.copying import Wanted
from vault.etcd import Etcd
from vault.manifest import Manifest, SealedObject
from vault.patience import patiently
from vault.places import THREADS, Bucket, Milvus, VaultError, chunks
from vault.report import Finding, Progress, Report, silent
from vault.verify import LOST, check, manifest_faults

VAULT_VERSION = "vault-version"
"""Metadata of an object that was brought back: by it a repeated run knows its own work."""
PROVEN_LOGS = ("rocksmq",)
"""With an empty log a restored instance takes up where it was, as the tests show."""
_TEXT = "{snapshot} {state}"


def restore(
    vault: Bucket,
    target: Bucket,
    etcd: Etcd,
    *,
    milvus_version: str,
    start: Callable[[], Milvus],
    snapshot: str | None = None,
    sample: float = 0.0,
    answer_seconds: float = 180.0,
    threads: int = THREADS,
    progress: Progress = silent,
) -> Report:
    """Raises a Refusal and has then started nothing; a report with findings tells wrong answers.

    It is refused only where something of the snapshot is not there any more or has other bytes.
    What is wrong with locks, or with other snapshots, are warnings of the report.

    `milvus_version` is the one that will run, which is compared before anything is written.
    `start` is called when all is in place, starts Milvus, and returns it as it answers. Objects are
    checked as they are copied; `sample` is the share that is read before the first is written.
    """
    began = time.monotonic()
    found, passed = catalogue.opened(vault, snapshot)
    manifest = found.manifest
    _refuse_other(manifest, target, etcd, milvus_version)
    checked = check(vault, found, sample=sample, threads=threads, progress=progress).findings
    _refuse_incomplete(manifest, [one for one in checked if one.kind in LOST])
    warnings = _told_once([*passed, *manifest_faults(vault, found), *checked])
    state = _claim(target, etcd, manifest)
    if state == "writing":
        with dump.scratch() as file:
            _fetch_dump(vault, manifest, file)
            _copy_back(vault, target, manifest, threads, progress)
            progress("write etcd", 0, manifest.etcd.pairs)
            written = etcd.write(dump.read(file), resume=True)
            if written != manifest.etcd.pairs:
                raise VaultError(
                    f"The dump of snapshot {manifest.id} has {written} pairs; the manifest says "
                    f"{manifest.etcd.pairs}. Take another snapshot and another target."
                )
        etcd.remark(*(_TEXT.format(snapshot=manifest.id, state=s) for s in ("writing", "written")))
    progress("start Milvus", 0, 0)
    milvus = start()
    progress("ask the canaries", 0, 0)
    findings = [
        *_other_version(manifest, milvus),
        *wrong_answers(manifest.canaries, milvus, answer_seconds),
    ]
    return Report(
        snapshot=manifest.id,
        findings=tuple(findings),
        warnings=(*warnings, *_unproven(manifest)),
        objects=len(manifest.objects),
        bytes_read=manifest.size,
        canaries_asked=sum(one.is_asked for one in manifest.canaries),
        seconds=time.monotonic() - began,
    )


def _refuse_other(manifest: Manifest, target: Bucket, etcd: Etcd, version: str) -> None:
    pairs = [
        ("Milvus", release(manifest.versions.milvus), release(version)),
        ("the root path in the bucket", manifest.root_path, target.root_path),
        ("the root path in etcd", manifest.etcd.root_path, etcd.root_path),
    ]
    for what, sealed, given in pairs:
        if sealed != given:
            raise VaultError(
                f"Snapshot {manifest.id} was sealed with {what} {sealed!r}; the target has "
                f"{given!r}. Restore with the same one; upgrade Milvus afterwards."
            )


def release(version: str) -> str:
    """The numbers of a version; builds of one release (2.3.5-lite, v2.3.5) share their data."""
    found = re.search(r"\d+(\.\d+)+", version)
    return found.group() if found else version


def _refuse_incomplete(manifest: Manifest, lost: Sequence[Finding]) -> None:
    # A lock that has ended, and what became of other snapshots, takes nothing from this one.
    if not lost:
        return
    first = lost[0]
    raise VaultError(
        f"Snapshot {manifest.id} does not verify ({len(lost)} findings; the first: "
        f"{first.kind}: {first.where}: {first.says}). Nothing was restored; look at "
        "`make vault-verify`, and take another snapshot."
    )


def _told_once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The first of each kind, and how many there are."""
    counted = Counter(one.kind for one in findings)
    for one in findings:
        if count := counted.pop(one.kind, 0):
            says = one.says if count == 1 else f"{one.says} So it is {count} times."
            yield one.model_copy(update={"says": says})


def _unproven(manifest: Manifest) -> Iterator[Finding]:
    """Milvus's metadata holds positions in a log, which is only sealed where it is in the store."""
    wal = manifest.versions.wal
    if wal in PROVEN_LOGS:
        return
    queue = (
        "its objects came back with the others and its metadata with etcd's"
        if wal == "woodpecker"
        else "the queue is not sealed, so Milvus must be given an empty one that nobody else uses"
    )
    says = (
        f"was sealed with the log {wal!r}: {queue}. No test has restored such an instance; write "
        "and read a trial collection before you rely on it, and where Milvus waits for messages "
        "that are gone, reset its checkpoints (birdwatcher)."
    )
    yield Finding(kind="log", where=manifest.id, says=says)


def _claim(target: Bucket, etcd: Etcd, manifest: Manifest) -> str:
    """Mark the target for this snapshot, if it is empty; returns how far an earlier run came."""
    mark = etcd.mark()
    if mark is None:
        if etcd.count():
            raise VaultError(
                f"etcd at {etcd.address} holds {etcd.count()} keys below {etcd.root_path!r}; "
                "expected none. Restore into a fresh etcd, with Milvus not yet started."
            )
        for entry in entries(target.client, target.bucket, ""):
            raise VaultError(
                f"Bucket {target.bucket!r} holds {entry.key!r}; expected a bucket that never held "
                "anything. Restore into a new one."
            )
        etcd.remark(None, _TEXT.format(snapshot=manifest.id, state="writing"))
        return "writing"
    snapshot, _, state = mark.partition(" ")
    if snapshot != manifest.id:
        raise VaultError(
            f"A restore of snapshot {snapshot} into etcd at {etcd.address} was begun; this is "
            f"{manifest.id}. Go on with the first, or take a fresh etcd and a new bucket."
        )
    return state


@patiently
def _fetch_dump(vault: Bucket, manifest: Manifest, file: IO[bytes]) -> None:
    etcd = manifest.etcd
    file.seek(0)
    file.truncate()
    with explained(vault.attempt(f"read {etcd.key!r}")):
        answer = vault.client.get_object(
            Bucket=vault.bucket, Key=etcd.key, VersionId=etcd.version_id
        )
        while part := answer["Body"].read(2**20):
            file.write(part)


def _copy_back(
    vault: Bucket, target: Bucket, manifest: Manifest, threads: int, progress: Progress
) -> None:
    _refuse_strangers(target, manifest)
    done, total = 0, len(manifest.objects)
    progress("restore objects", done, total)
    with ThreadPoolExecutor(threads) as pool:
        for chunk in chunks(manifest.objects):
            for _ in pool.map(lambda one: _bring_back(vault, target, one), chunk):
                done += 1
                progress("restore objects", done, total)


def _refuse_strangers(target: Bucket, manifest: Manifest) -> None:
    ours = {one.live_key for one in manifest.objects}
    for entry in entries(target.client, target.bucket, ""):
        if entry.key not in ours or entry.is_marker:
            raise VaultError(
                f"Bucket {target.bucket!r} holds {entry.key!r} or its delete marker, which this "
                "restore did not write. Somebody uses the bucket; take a new one and a fresh etcd."
            )


def _bring_back(vault: Bucket, target: Bucket, one: SealedObject) -> None:
    if _is_back(target, one):
        return
    wanted = Wanted(key=one.live_key, metadata={VAULT_VERSION: one.vault_version_id})
    copy = copying.stream(vault, one.vault_key, one.vault_version_id, target, wanted)
    if copy.sha256 != one.sha256:
        raise VaultError(
            f"Version {one.vault_version_id!r} of {one.vault_key!r} in the vault holds other bytes "
            "than were sealed. etcd was not written, so nothing uses what was copied; take "
            "another snapshot, a new bucket and a fresh etcd."
        )


def _is_back(target: Bucket, one: SealedObject) -> bool:
    head = copying.head(target, one.live_key)
    return (
        head is not None
        and head["Metadata"].get(VAULT_VERSION) == one.vault_version_id
        # Written by one request, which the store had checked; what came in parts comes anew.
        and head["Metadata"].get("sha256") == one.sha256
    )


def _other_version(manifest: Manifest, milvus: Milvus) -> Iterator[Finding]:
    running, sealed = milvus.version(), manifest.versions.milvus
    if release(running) != release(sealed):
        says = f"Milvus {running} was started on the data of {sealed}."
        yield Finding(kind="version", where="milvus", says=says)
