"""Seals one object version: a mode and a date that the store proves to have recorded.

A seal is only ever made firmer or longer. Whatever cannot be proven is refused.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast, get_args

from botocore.exceptions import ClientError

from plugins.objectstore.errors import StoreError, code_of, explained
from vault.object_version import (
    Mode,
    ObjectVersion,
    SealRefused,
    look,
    refuse_unlocked,
    retention,
)
from vault.patience import patiently

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LONGEST = timedelta(days=90)
"""A mistake in a compliance date can be taken back by nobody; who needs more says so."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """One version that cannot be destroyed before `until`, as the store itself said."""

    bucket: str
    key: str
    version_id: str
    mode: Mode
    until: datetime
    etag: str
    size: int


def seal(
    client: "S3Client",
    bucket: str,
    key: str,
    version_id: str,
    *,
    mode: str,
    until: datetime,
    longest: timedelta = LONGEST,
) -> Sealed:
    """Keep this version from being deleted or overwritten until `until`, and prove it.

    A version that is sealed alike already is proven and left as it is. Raises SealRefused, or
    StoreError when the store cannot be asked.
    """
    version = ObjectVersion(client, bucket, key, version_id)
    wanted = _mode(version, mode)
    date = _whole_seconds(version, until)
    refuse_unlocked(version)
    head, now = look(version)
    _refuse_date(version, date, now, longest)
    before = retention(version)
    _refuse_weakening(version, before, (wanted, date))
    if before != (wanted, date):
        _write(version, wanted, date)
    _prove(version, (wanted, date))
    return Sealed(
        bucket=bucket,
        key=key,
        version_id=version_id,
        mode=wanted,
        until=date,
        etag=head["ETag"].strip('"'),
        size=head["ContentLength"],
    )


@patiently
def keep(
    version: ObjectVersion,
    mode: Mode,
    until: datetime,
    *,
    last: tuple[Mode, datetime] | None = None,
) -> tuple[Mode, datetime]:
    """Lock a version of a bucket with Object Lock at least so firmly and so long; proven.

    For many versions of one bucket, whose lock and clock the caller has checked once, and that the
    caller's key cannot shorten. `last` is what was proven of this one before: one question less.
    """
    date = _whole_seconds(version, until)
    wanted = (mode, date)
    if last is not None and last[1] <= date and _firmer(last[0], mode) == mode:
        # Refused where somebody has locked it longer since.
        with suppress(StoreError):
            _write(version, *wanted)
            _prove(version, wanted)
            return wanted
    before = retention(version)
    if before is not None:
        wanted = (_firmer(before[0], mode), max(before[1], date))
    if before != wanted:
        _write(version, *wanted)
        _prove(version, wanted)
    return wanted


def _firmer(one: Mode, other: Mode) -> Mode:
    return "compliance" if "compliance" in (one, other) else "governance"


def _mode(version: ObjectVersion, mode: str) -> Mode:
    if mode not in get_args(Mode):
        raise SealRefused(
            f"Cannot seal {version}: mode {mode!r} protects nothing; expected 'governance' or "
            "'compliance'."
        )
    if version.version_id in ("", "null"):
        raise SealRefused(
            f"Cannot seal {version}: it has no version of its own, so an overwrite would take it "
            "away. Switch versioning on, write the object again, and seal that version."
        )
    return cast("Mode", mode)


def _whole_seconds(version: ObjectVersion, until: datetime) -> datetime:
    """The date as stores keep it: UTC, rounded up so that the seal is never too short."""
    if until.tzinfo is None:
        raise SealRefused(f"Cannot seal {version}: the date {until} has no time zone; give it one.")
    date = until.astimezone(UTC)
    return date.replace(microsecond=0) + timedelta(seconds=1 if date.microsecond else 0)


def _refuse_date(version: ObjectVersion, date: datetime, now: datetime, longest: timedelta) -> None:
    if date <= now:
        raise SealRefused(
            f"Cannot seal {version}: {date:%Y-%m-%dT%H:%M:%SZ} is past; give a date to come."
        )
    if date > now + longest:
        raise SealRefused(
            f"Cannot seal {version}: {date:%Y-%m-%dT%H:%M:%SZ} is more than {longest.days} days "
            "away, the longest that is accepted. Give an earlier date, or raise the maximum "
            "knowingly."
        )


def _refuse_weakening(
    version: ObjectVersion, before: tuple[Mode, datetime] | None, wanted: tuple[Mode, datetime]
) -> None:
    if before is None:
        return
    # The dates of an expired seal bind nobody, but nothing is gained by going back either.
    if before[1] > wanted[1] or (before[0], wanted[0]) == ("compliance", "governance"):
        raise SealRefused(
            f"Cannot seal {version}: it is sealed firmer already ({_told(before)}) than asked for "
            f"({_told(wanted)}), and a seal is never weakened. Ask for no less."
        )


def _write(version: ObjectVersion, mode: Mode, until: datetime) -> None:
    asked: Any = {"Mode": mode.upper(), "RetainUntilDate": until}
    with explained(version.attempt("seal")):
        try:
            version.client.put_object_retention(**version.address, Retention=asked)
        except ClientError as error:
            if code_of(error) == "AccessDenied":
                raise SealRefused(
                    f"Cannot seal {version}: the store refuses it to these credentials. Use the "
                    "vault's own, with the right s3:PutObjectRetention; a governance seal becomes "
                    "a compliance one only with s3:BypassGovernanceRetention."
                ) from None
            raise


def _prove(version: ObjectVersion, wanted: tuple[Mode, datetime]) -> None:
    found = retention(version)
    if found != wanted:
        raise SealRefused(
            f"{version} is NOT proven to be sealed: the store accepted {_told(wanted)} but reads "
            f"back {_told(found)}. Do not rely on this store's lock; qualify the store first."
        )


def _told(seal: tuple[Mode, datetime] | None) -> str:
    return f"{seal[0]} until {seal[1]:%Y-%m-%dT%H:%M:%SZ}" if seal else "no retention"
