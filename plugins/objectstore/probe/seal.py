"""One version in a scratch bucket and its lock, for the questions about Object Lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugins.objectstore.probe.answer import Answer
from plugins.objectstore.probe.session import CannotAsk, Scratch, Session

BODY = b"sealed"
EXTENSION_SECONDS = 3
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Sealed:
    """A version, and what the store said when it was locked."""

    session: Session
    bucket: Scratch
    version: dict[str, Any]
    mode: str
    until: datetime
    told: Answer

    @property
    def alive(self) -> bool:
        """Whether the version can still be read, whole."""
        return self.bucket.ask("GetObject", **self.version).data.get("Body") == BODY

    @property
    def in_time(self) -> bool:
        """Whether the lock has not ended yet."""
        return self.session.now() < self.until

    def delete(self, **options: Any) -> Answer:
        return self.bucket.ask("DeleteObject", **self.version, **options)

    def retain(self, until: datetime, mode: str = "", **options: Any) -> Answer:
        """Ask for another retention."""
        wanted = {"Mode": mode or self.mode, "RetainUntilDate": until}
        return self.bucket.ask("PutObjectRetention", **self.version, Retention=wanted, **options)

    @property
    def sooner(self) -> datetime:
        """A date before that of the lock, but not in the past."""
        return self.until - timedelta(seconds=EXTENSION_SECONDS)

    @property
    def later(self) -> datetime:
        """A date after that of the lock."""
        return self.until + timedelta(seconds=EXTENSION_SECONDS)

    def retention(self) -> tuple[str, datetime | None]:
        """Mode and date as the store has them now."""
        said = self.bucket.ask("GetObjectRetention", **self.version).data.get("Retention", {})
        return said.get("Mode", ""), said.get("RetainUntilDate")


def seal(session: Session, bucket: Scratch, key: str, mode: str) -> Sealed:
    """Write a version and lock it; raises CannotAsk when the store does not do it.

    A store that takes no date so near gets one of a day, which stays behind and is named.
    """
    version = put(bucket, key)
    for seconds in (session.lock_seconds, DAY_SECONDS):
        until = session.lock_date(seconds)
        wanted = {"Mode": mode, "RetainUntilDate": until}
        told = bucket.ask("PutObjectRetention", **version, Retention=wanted)
        if told.status != 400:
            break
    if not told.ok:
        raise CannotAsk(f"{mode} cannot be set: {told.sent}: {told.received}")
    return Sealed(session, bucket, version, mode, until, told)


def put(bucket: Scratch, key: str) -> dict[str, Any]:
    """Write a version and name it."""
    made = bucket.keep(key, BODY)
    if not made.data.get("VersionId"):
        raise CannotAsk(f"the bucket keeps no versions: {made.sent}: {made.received}")
    return {"Key": key, "VersionId": made.data["VersionId"]}
