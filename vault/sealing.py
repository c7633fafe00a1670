"""Seals one object version: a mode and a date that the store proves to have recorded.

A seal is only ever made firmer or longer. Whatever cannot be proven is refused.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from botocore.exceptions import ClientError

from plugins.objectstore.errors import Attempt, StoreError, code_of, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Mode = Literal["governance", "compliance"]

LONGEST = timedelta(days=90)
"""A mistake in a compliance date can be taken back by nobody; who needs more says so."""
MOST_SKEW = timedelta(seconds=60)
"""How far this machine's clock may be from the store's, which decides when a seal ends."""

_NO_RETENTION = ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError")
_NO_LOCK = ("InvalidRequest", "InvalidBucketState", "NotImplemented", "MethodNotAllowed")


class SealRefused(StoreError):
    """The version is not sealed as asked for; the sentence says why."""


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


@dataclass(frozen=True)
class _Version:
    """One object version, and the sentence's name for it."""

    client: "S3Client"
    bucket: str
    key: str
    version_id: str

    def __str__(self) -> str:
        return f"version {self.version_id!r} of {self.key!r} in bucket {self.bucket!r}"

    @property
    def endpoint(self) -> str:
        return self.client.meta.endpoint_url

    @property
    def address(self) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self.key, "VersionId": self.version_id}

    def attempt(self, action: str) -> Attempt:
        return Attempt(f"{action} {self}", self.endpoint)


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
    version = _Version(client, bucket, key, version_id)
    wanted = _mode(version, mode)
    date = _whole_seconds(version, until)
    _refuse_unlocked(version)
    head, now = _ask(version)
    _refuse_date(version, date, now, longest)
    before = _retention(version)
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


def _mode(version: _Version, mode: str) -> Mode:
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


def _refuse_unlocked(version: _Version) -> None:
    # Some stores record and read back retention in any versioned bucket, and enforce none of it.
    with explained(Attempt(f"read the Object Lock of bucket {version.bucket!r}", version.endpoint)):
        try:
            answer = version.client.get_object_lock_configuration(Bucket=version.bucket)
            enabled = answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
        except ClientError as error:
            if code_of(error) not in (*_NO_RETENTION, *_NO_LOCK):
                raise
            enabled = False
    if not enabled:
        raise SealRefused(
            f"Cannot seal {version}: the bucket has no Object Lock. It exists from a bucket's "
            "creation on: make the vault with `object_lock`."
        )


def _whole_seconds(version: _Version, until: datetime) -> datetime:
    """The date as stores keep it: UTC, rounded up so that the seal is never too short."""
    if until.tzinfo is None:
        raise SealRefused(f"Cannot seal {version}: the date {until} has no time zone; give it one.")
    date = until.astimezone(UTC)
    return date.replace(microsecond=0) + timedelta(seconds=1 if date.microsecond else 0)


def _ask(version: _Version) -> tuple[dict[str, Any], datetime]:
    """What the version is, and the store's time; refuses a store whose clock is not ours."""
    started = datetime.now(UTC)
    with explained(version.attempt("look at")):
        try:
            head = cast("dict[str, Any]", version.client.head_object(**version.address))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 405):
                raise SealRefused(
                    f"Cannot seal {version}: there is no such version, or it is a delete marker. "
                    "Take the version's id from the answer to its PUT."
                ) from None
            raise
    return head, _store_time(version, head, started)


def _store_time(version: _Version, head: dict[str, Any], asked: datetime) -> datetime:
    """The store's time in its answer to what was asked at `asked`, a moment ago."""
    ended = datetime.now(UTC)
    try:
        theirs = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, ValueError):
        raise SealRefused(
            f"Cannot seal {version}: the store does not tell its time (header Date), so nobody "
            "knows when the seal would end. Use a store that does."
        ) from None
    # The header knows whole seconds, and the answer took its time.
    if max(asked - theirs - timedelta(seconds=1), theirs - ended) > MOST_SKEW:
        raise SealRefused(
            f"Cannot seal {version}: the store's clock says {theirs:%Y-%m-%d %H:%M:%S} UTC, this "
            f"machine's {ended:%Y-%m-%d %H:%M:%S}; at most {MOST_SKEW.seconds} s apart are "
            "accepted, because the store's clock decides when a seal ends. Correct the clock "
            "that is wrong (NTP)."
        )
    return theirs


def _refuse_date(version: _Version, date: datetime, now: datetime, longest: timedelta) -> None:
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


def _retention(version: _Version) -> tuple[Mode, datetime] | None:
    """The mode and date that the store has for the version."""
    with explained(version.attempt("read the retention of")):
        try:
            found = version.client.get_object_retention(**version.address)["Retention"]
        except ClientError as error:
            if code_of(error) in _NO_RETENTION:
                return None
            raise
        except KeyError:
            return None
    if "Mode" not in found or "RetainUntilDate" not in found:
        return None
    return cast("Mode", found["Mode"].lower()), found["RetainUntilDate"].astimezone(UTC)


def _refuse_weakening(
    version: _Version, before: tuple[Mode, datetime] | None, wanted: tuple[Mode, datetime]
) -> None:
    if before is None:
        return
    # The dates of an expired seal bind nobody, but nothing is gained by going back either.
    if before[1] > wanted[1] or (before[0], wanted[0]) == ("compliance", "governance"):
        raise SealRefused(
            f"Cannot seal {version}: it is sealed firmer already ({_told(before)}) than asked for "
            f"({_told(wanted)}), and a seal is never weakened. Ask for no less."
        )


def _write(version: _Version, mode: Mode, until: datetime) -> None:
    retention: Any = {"Mode": mode.upper(), "RetainUntilDate": until}
    with explained(version.attempt("seal")):
        try:
            version.client.put_object_retention(**version.address, Retention=retention)
        except ClientError as error:
            if code_of(error) == "AccessDenied":
                raise SealRefused(
                    f"Cannot seal {version}: the store refuses it to these credentials. Use the "
                    "vault's own, with the right s3:PutObjectRetention; a governance seal becomes "
                    "a compliance one only with s3:BypassGovernanceRetention."
                ) from None
            raise


def _prove(version: _Version, wanted: tuple[Mode, datetime]) -> None:
    found = _retention(version)
    if found != wanted:
        raise SealRefused(
            f"{version} is NOT proven to be sealed: the store accepted {_told(wanted)} but reads "
            f"back {_told(found)}. Do not rely on this store's lock; qualify the store first."
        )


def _told(seal: tuple[Mode, datetime] | None) -> str:
    return f"{seal[0]} until {seal[1]:%Y-%m-%dT%H:%M:%SZ}" if seal else "no retention"
