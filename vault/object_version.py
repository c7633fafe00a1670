"""One object version, and what its store says of it. Asks, never writes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from botocore.exceptions import ClientError

from plugins.objectstore.errors import Attempt, StoreError, code_of, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Mode = Literal["governance", "compliance"]

MOST_SKEW = timedelta(seconds=60)
"""How far this machine's clock may be from the store's, which decides when a seal ends."""

_NO_RETENTION = ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError")
_NO_LOCK = ("InvalidRequest", "InvalidBucketState", "NotImplemented", "MethodNotAllowed")


class SealRefused(StoreError):
    """The version is not sealed as asked for; the sentence says why."""


@dataclass(frozen=True)
class ObjectVersion:
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


def refuse_unlocked(version: ObjectVersion) -> None:
    """Raises SealRefused unless the version's bucket has Object Lock."""
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


def look(version: ObjectVersion) -> tuple[dict[str, Any], datetime]:
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


def _store_time(version: ObjectVersion, head: dict[str, Any], asked: datetime) -> datetime:
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


def retention(version: ObjectVersion) -> tuple[Mode, datetime] | None:
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
