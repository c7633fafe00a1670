"""Seals a whole instance: the objects, then etcd's dump, and the manifest last.

Killed at any point it leaves no snapshot, and the next run copies only what is missing.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import SEEK_END, BytesIO
from typing import IO

from plugins.objectstore.errors import explained
from plugins.objectstore.history import Entry, entries
from vault import catalogue, dump, writer
from vault.catalogue import Opened
from vault.copying import Copy, Wanted, write
from vault.history import needed
from vault.lease import Lease
from vault.manifest import (
    Canary,
    EtcdDump,
    Manifest,
    Previous,
    Versions,
    encoded,
    etcd_key,
    manifest_key,
    snapshot_id,
)
from vault.object_version import Mode
from vault.patience import patiently
from vault.places import THREADS, Bucket, Instance, Lock, VaultError
from vault.report import Progress, silent
from vault.sealed_objects import Sealing, new_bytes
from vault.sealing import LONGEST, keep

WOODPECKER = "wp"
"""The folder of its log below Milvus's root path."""


def seal(
    source: Instance,
    vault: Bucket,
    *,
    mode: Mode,
    keep_for: timedelta,
    versions: Mapping[str, str],
    longest: timedelta = LONGEST,
    threads: int = THREADS,
    progress: Progress = silent,
) -> Manifest:
    """Seal what the instance holds now. Raises a Refusal, and then there is no new snapshot.

    `versions` names chart and kit, and the log where it is known. `vault.client` is the writer's
    own and may read the live bucket where the store is to copy by itself; `patience.PATIENT` is how
    both clients best retry.
    """
    _refuse_period(keep_for, longest)
    _refuse_other_root(source, vault)
    progress("take the lock", 0, 0)
    with Lease(vault) as lease, dump.scratch() as file:
        writer.refuse_unfit(vault, lease.key, lease.version_id, mode)
        started = _unused_second(vault)
        identifier, lock = snapshot_id(started), Lock(mode, started + keep_for)
        previous = _previous(vault, progress)
        state = _read_state(source, file, progress)
        progress("list the live bucket", 0, 0)
        live = source.live
        listed = entries(live.client, live.bucket, f"{live.root_path}/")
        wanted = list(needed(listed, state.began, state.ended))
        known = previous.manifest if previous else None
        objects = Sealing(live, vault, lock, lease, known).run(wanted, threads, progress)
        lease.check()
        progress("write the manifest", 0, 0)
        key = etcd_key(vault.root_path, identifier)
        etcd = _put_dump(vault, key, file, (state.written, source.etcd.root_path), lock)
        manifest = Manifest(
            id=identifier,
            root_path=vault.root_path,
            live_bucket=live.bucket,
            started=started,
            finished=datetime.now(UTC),
            mode=mode,
            until=lock.until,
            versions=_versions(source, versions, wanted),
            etcd=etcd,
            objects=objects,
            new_bytes=new_bytes(objects, known.objects if known else ()),
            canaries=state.canaries,
            previous=_told(previous),
        )
        lease.check()
        body = encoded(manifest)
        key = manifest_key(vault.root_path, identifier)
        _put_locked(vault, key, BytesIO(body), len(body), lock)
        progress("sealed", 1, 1)
        return manifest


@dataclass(frozen=True)
class _State:
    """Of Milvus, and between which of the live store's times it was read."""

    began: datetime
    ended: datetime
    written: dump.Written
    canaries: tuple[Canary, ...]


def _read_state(source: Instance, file: IO[bytes], progress: Progress) -> _State:
    progress("ask the canaries", 0, 0)
    asked = source.milvus.canaries()
    progress("flush", 0, 0)
    source.milvus.flush()
    progress("read etcd", 0, 0)
    began = _store_time(source.live)
    # Whole before anything is copied, so that a compaction later on takes nothing away.
    written = source.etcd.copy(lambda revision, pairs: dump.write(file, revision, pairs))
    ended = _store_time(source.live)
    return _State(began, ended, written, _stable(asked, source.milvus.answers(asked)))


def _refuse_other_root(source: Instance, vault: Bucket) -> None:
    if source.live.root_path != vault.root_path:
        raise VaultError(
            f"The live root path {source.live.root_path!r} is not the vault's "
            f"{vault.root_path!r}; Milvus's metadata holds it. Give the same for both."
        )


def _refuse_period(period: timedelta, longest: timedelta) -> None:
    if not timedelta(0) < period <= longest:
        raise VaultError(
            f"Cannot seal for {period}; expected more than nothing and at most {longest.days} "
            "days. Give another period, or raise the maximum knowingly."
        )


def _unused_second(vault: Bucket) -> datetime:
    """The time that names this snapshot."""
    used = {one.id for one in catalogue.snapshots(vault)}
    while snapshot_id(now := datetime.now(UTC)) in used:
        time.sleep(0.2)
    return now.replace(microsecond=0)


def _previous(vault: Bucket, progress: Progress) -> Opened | None:
    found, passed = catalogue.newest(vault)
    for one in passed:
        progress(f"pass over {one.where}, which {one.says}", 0, 0)
    return found


def _told(previous: Opened | None) -> Previous | None:
    if previous is None:
        return None
    manifest = previous.manifest
    return Previous(id=manifest.id, sha256=previous.sha256, until=manifest.until)


def _versions(source: Instance, told: Mapping[str, str], wanted: Iterable[Entry]) -> Versions:
    log = f"{source.live.root_path}/{WOODPECKER}/"
    wal = {"wal": "woodpecker"} if any(one.key.startswith(log) for one in wanted) else {}
    return Versions(**{"milvus": source.milvus.version(), **told, **wal})


def _store_time(live: Bucket) -> datetime:
    """The clock that dates the versions."""
    with explained(live.attempt("ask for the time")):
        answer = live.client.list_objects_v2(
            Bucket=live.bucket, Prefix=f"{live.root_path}/", MaxKeys=1
        )
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def _stable(before: tuple[Canary, ...], after: tuple[Canary, ...]) -> tuple[Canary, ...]:
    """The later answers, marked where something was written meanwhile."""
    earlier = {(one.database, one.collection, one.vector): one for one in before}
    return tuple(
        one.model_copy(
            update={"stable": earlier.get((one.database, one.collection, one.vector)) == one}
        )
        for one in after
    )


def _put_dump(
    vault: Bucket, key: str, file: IO[bytes], etcd: tuple[dump.Written, str], lock: Lock
) -> EtcdDump:
    size = file.seek(0, SEEK_END)
    copy = _put_locked(vault, key, file, size, lock)
    written, root_path = etcd
    return EtcdDump(
        key=key,
        version_id=copy.version_id,
        size=copy.size,
        sha256=copy.sha256,
        revision=written.revision,
        pairs=written.pairs,
        root_path=root_path,
    )


@patiently
def _put_locked(vault: Bucket, key: str, body: IO[bytes], size: int, lock: Lock) -> Copy:
    body.seek(0)
    with explained(vault.attempt(f"write {key!r}")):
        copy = write(vault, Wanted(key=key, lock=lock.headers), body, size)
    keep(vault.version(key, copy.version_id), lock.mode, lock.until)
    return copy
