"""The snapshots of a vault at a glance: one row each, newest first."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from plugins.errors import Refusal
from vault import catalogue
from vault.catalogue import Snapshot
from vault.places import Bucket

State = Literal["sealed", "expired", "unlocked", "unfinished", "unreadable", "misdated"]


class Row(BaseModel):
    """One snapshot. `sealed` says what its manifest's lock says; `vault-verify` looks further."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    state: State
    age_seconds: float | None = None
    objects: int | None = None
    size: int | None = None
    new_bytes: int | None = None
    locked_until: AwareDatetime | None = None


def rows(vault: Bucket, now: datetime) -> list[Row]:
    """Raises a Refusal when the vault cannot be listed."""
    return list(reversed([_row(vault, one, now) for one in catalogue.snapshots(vault)]))


def newest_age(found: list[Row]) -> float | None:
    """Seconds since the newest sealed snapshot; None without one. What an alert watches."""
    return next((row.age_seconds for row in found if row.state == "sealed"), None)


def _row(vault: Bucket, snapshot: Snapshot, now: datetime) -> Row:
    if not snapshot.is_whole:
        return Row(id=snapshot.id, state="unfinished")
    if snapshot.is_misdated:
        return Row(id=snapshot.id, state="misdated")
    try:
        manifest, _ = catalogue.load(vault, snapshot)
        lock = catalogue.locked(vault, snapshot)
    except Refusal:
        return Row(id=snapshot.id, state="unreadable")
    state: State = "unlocked" if lock is None else "sealed" if lock[1] > now else "expired"
    return Row(
        id=snapshot.id,
        state=state,
        age_seconds=(now - manifest.started).total_seconds(),
        objects=len(manifest.objects),
        size=manifest.size,
        new_bytes=manifest.new_bytes,
        locked_until=lock[1] if lock else None,
    )


def cells(row: Row) -> Iterator[str]:
    """For a table: id, state, age, objects, size, new, locked until."""
    yield row.id
    yield row.state
    yield "" if row.age_seconds is None else f"{row.age_seconds / 3600:.1f} h"
    yield "" if row.objects is None else str(row.objects)
    yield "" if row.size is None else f"{row.size / 2**20:.1f} MiB"
    yield "" if row.new_bytes is None else f"{row.new_bytes / 2**20:.1f} MiB"
    yield f"{row.locked_until:%Y-%m-%d %H:%M:%S}Z" if row.locked_until else ""
