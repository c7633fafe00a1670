"""Seals a whole instance: the objects, then etcd's dump, and the manifest last.

Killed at any point it leaves no snapshot, and the next run copies only what is missing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import IO

from plugins.objectstore.errors import explained
from plugins.objectstore.history import entries
from vault import catalogue, dump, writer
from vault.copying import Copy, Wanted, put
from vault.history import needed
from vault.lease import Lease
from vault.manifest import (
    Canary,
    EtcdDump,
    Manifest,
    Previous,
    SealedObject,
    Versions,
    encoded,
    etcd_key,
    manifest_key,
    snapshot_id,
)
from vault.object_version import Mode
from vault.places import THREADS, Bucket, Instance, Lock, VaultError
from vault.report import Progress, silent
from vault.sealed_objects import Sealing, new_bytes
from vault.sealing import LONGEST, keep


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

    `versions` names chart and kit. `vault.client` is the writer's own and may read the live
    bucket where the store is to copy by itself; `places.PATIENT` is how both clients best retry.
    """
    _refuse_period(keep_for, longest)
    _refuse_other_root(source, vault)
    progress("take the lock", 0, 0)
    with Lease(vault) as lease, dump.scratch() as file:
        writer.refuse_unfit(vault, lease.key, lease.version_id)
        started = _unused_second(vault)
        identifier, lock = snapshot_id(started), Lock(mode, started + keep_for)
        known, previous = _previous(vault)
        state = _read_state(source, file, progress)
        progress("list the live bucket", 0, 0)
        live = source.live
        listed = entries(live.client, live.bucket, f"{live.root_path}/")
        wanted = list(needed(listed, state.began, state.ended))
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
            versions=Versions(milvus=source.milvus.version(), **versions),
            etcd=etcd,
            objects=objects,
            new_bytes=new_bytes(objects, known),
            canaries=state.canaries,
            previous=previous,
        )
        lease.check()
        _put_locked(vault, manifest_key(vault.root_path, identifier), encoded(manifest), lock)
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


def _previous(vault: Bucket) -> tuple[tuple[SealedObject, ...], Previous | None]:
    for snapshot in catalogue.whole(vault):
        manifest, sha256 = catalogue.load(vault, snapshot)
        told = Previous(id=manifest.id, sha256=sha256, until=manifest.until)
        return manifest.objects, told
    return (), None


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
    file.seek(0)
    copy = _put_locked(vault, key, file.read(), lock)
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


def _put_locked(vault: Bucket, key: str, body: bytes, lock: Lock) -> Copy:
    with explained(vault.attempt(f"write {key!r}")):
        copy = put(vault, Wanted(key=key, lock=lock.headers), body)
    keep(vault.version(key, copy.version_id), lock.mode, lock.until)
    return copy
