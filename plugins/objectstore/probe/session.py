"""The probe's clients and scratch buckets: every call goes through here, counted and recorded."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

import botocore
from botocore import exceptions as boto
from botocore import xform_name
from botocore.config import Config

from plugins.objectstore.probe.answer import Answer
from plugins.objectstore.probe.limits import Limits
from plugins.objectstore.probe.model import Target
from plugins.objectstore.s3_client import Credentials, connect

PREFIX = "vectorkit-probe-"
LONGEST_WAIT = 30.0
"""Seconds that the clean-up waits for locks; those of the probe are made to end sooner."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SHORTEST_LOCK, LONGEST_LOCK = 7.0, 24.0
LOCK_QUESTIONS = 40
"""Requests within which a locked version is asked about."""
US_EAST_1 = "us-east-1"
ABSENT = {403: "AccessDenied", 404: "NotFound", 304: "NotModified", 412: "PreconditionFailed"}
NEVER_SENT = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.SSLError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
)
_BARE = Config(
    retries={"total_max_attempts": 2, "mode": "standard"}, read_timeout=15, max_pool_connections=20
)
_MODERN = Config(
    request_checksum_calculation="when_supported", response_checksum_validation="when_supported"
)
_ANONYMOUS = Config(signature_version=botocore.UNSIGNED)


class CannotAsk(Exception):
    """What a group of questions needs is not there; its text says what."""

    def __init__(self, reason: str, error: Exception | None = None) -> None:
        super().__init__(reason)
        self.error = error
        """What boto3 raised, if that is why."""


class Asker:
    """Calls S3 as one identity; answers are values, refusals too."""

    def __init__(self, client: Any, who: str = "") -> None:
        self.client = client
        self.who = who

    def __call__(self, operation: str, **parameters: Any) -> Answer:
        call = getattr(self.client, xform_name(operation))
        try:
            data = call(**parameters)
            if "Body" in data:
                data = {**data, "Body": data["Body"].read()}
        except boto.ClientError as error:
            return self._refusal(operation, parameters, error)
        except boto.BotoCoreError as error:
            name = type(error).__name__
            return Answer(operation, parameters, 0, message=name, error=error, who=self.who)
        status = data["ResponseMetadata"]["HTTPStatusCode"]
        return Answer(operation, parameters, status, data=data, who=self.who)

    def _refusal(self, operation: str, parameters: Any, error: boto.ClientError) -> Answer:
        said = error.response.get("Error", {})
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = said.get("Code", "")
        # A HEAD has no body, and boto3 then puts the number where the code should be.
        code = ABSENT.get(status, "") if code.isdigit() else code
        return Answer(
            operation,
            parameters,
            status,
            code,
            said.get("Message", ""),
            data=error.response,
            error=error,
            who=self.who,
        )


@dataclass
class Scratch:
    """A bucket of the probe's own."""

    name: str
    owner: Asker
    made: Answer
    locked: bool = False
    """Whether it was made with Object Lock, or was given it."""

    def ask(self, operation: str, *, by: Asker | None = None, **parameters: Any) -> Answer:
        """Ask about this bucket, as its owner unless said otherwise."""
        return (by or self.owner)(operation, Bucket=self.name, **parameters)

    def keep(self, key: str, body: bytes) -> Answer:
        """Write the object that is asked about next; raises CannotAsk when it is not written."""
        told = self.ask("PutObject", Key=key, Body=body)
        for _ in tries():
            if told.ok or told.refused:
                break
            told = self.ask("PutObject", Key=key, Body=body)
        if not told.ok:
            reason = f"an object to ask about was not written: {told.sent}: {told.received}"
            raise CannotAsk(reason, told.error)
        return told

    def arn(self, key: str = "") -> str:
        return f"arn:aws:s3:::{self.name}" + (f"/{key}" if key else "")


@dataclass
class Session:
    """What all questions of one run share."""

    target: Target
    limits: Limits = field(default_factory=Limits)
    token: str = field(default_factory=lambda: secrets.token_hex(5))
    skew: timedelta = timedelta()
    """The store's clock minus ours."""
    scratch: dict[str, Scratch] = field(default_factory=dict)
    """Every bucket that was made, by name."""

    locks_end: datetime = LONG_AGO
    """When the last of the short locks ends, by the store's clock."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """What was found so far, by capability."""

    def __post_init__(self) -> None:
        self.ask = self.asker()
        self.bare = self.asker(content_md5=False)
        """Sends no digest unless told to."""

    def asker(
        self,
        *,
        target: Target | None = None,
        credentials: Credentials | None = None,
        who: str = "",
        modern: bool = False,
        anonymous: bool = False,
        content_md5: bool = True,
    ) -> Asker:
        """A client of its own kind; `modern` as SDKs of 2025 behave by default."""
        options = _BARE
        options = options.merge(_MODERN) if modern else options
        options = options.merge(_ANONYMOUS) if anonymous else options
        client = connect(
            target or self.target,
            credentials=credentials or self.target.credentials,
            options=options,
            content_md5=content_md5 and not modern,
        )
        client.meta.events.register("before-send.s3", lambda **_: self.limits.count())
        return Asker(client, who)

    def scoped(self) -> Asker:
        """The second identity; raises CannotAsk when there is none."""
        if self.target.scoped is None:
            raise CannotAsk("no second identity was given")
        return self.asker(credentials=self.target.scoped, who="the scoped identity")

    def bucket(
        self, purpose: str, *, versioned: bool = False, lock: bool = False, name: str | None = None
    ) -> Scratch:
        """Make a scratch bucket; raises CannotAsk when the store refuses."""
        if name and self.ask("HeadBucket", Bucket=name).status != 404:
            raise CannotAsk(f"the bucket {name!r} exists already, and the probe uses only its own")
        bucket = self._create(name or self.name(purpose), lock=lock)
        if not bucket.made.ok:
            said = f"{bucket.made.sent}: {bucket.made.received}"
            raise CannotAsk(f"no scratch bucket could be made: {said}", bucket.made.error)
        if versioned:
            wanted = {"Status": "Enabled"}
            told = bucket.ask("PutBucketVersioning", VersioningConfiguration=wanted)
            if not told.ok:
                raise CannotAsk(f"versions cannot be kept: {told.sent}: {told.received}")
        return bucket

    def plain(self) -> Scratch:
        """The bucket for questions that need no setting."""
        return self.scratch.get(self.name("plain")) or self.bucket("plain")

    def versioned(self) -> Scratch:
        """The bucket that keeps versions."""
        name = self.name("versioned")
        return self.scratch.get(name) or self.bucket("versioned", versioned=True)

    def name(self, purpose: str) -> str:
        """The name of a scratch bucket."""
        return f"{PREFIX}{self.token}-{purpose}"

    def _create(self, name: str, *, lock: bool) -> Scratch:
        options: dict[str, Any] = {}
        if self.target.region != US_EAST_1:
            options["CreateBucketConfiguration"] = {"LocationConstraint": self.target.region}
        if lock:
            options["ObjectLockEnabledForBucket"] = True
        # Known before it is made, so that an interruption cannot leave it behind.
        self.scratch[name] = bucket = Scratch(name, self.ask, Answer("CreateBucket", {}, 0), lock)
        bucket.made = self.ask("CreateBucket", Bucket=name, **options)
        if bucket.made.refused or isinstance(bucket.made.error, NEVER_SENT):
            del self.scratch[name]
        return bucket

    def now(self) -> datetime:
        """By the store's clock, in whole seconds."""
        return (datetime.now(UTC) + self.skew).replace(microsecond=0)

    @cached_property
    def lock_seconds(self) -> float:
        """How long a lock lasts: long enough for the questions at this store's pace, short enough
        to wait for."""
        pace = self.limits.seconds / max(1, self.limits.requests)
        return min(LONGEST_LOCK, SHORTEST_LOCK + LOCK_QUESTIONS * pace)

    def lock_date(self, seconds: float) -> datetime:
        """The date of a lock that lasts this long; the clean-up waits for short ones."""
        date = self.now() + timedelta(seconds=round(seconds))
        if seconds <= LONGEST_WAIT:
            self.locks_end = max(self.locks_end, date)
        return date


def tries(seconds: float = 3.0) -> Iterator[int]:
    """Numbers of tries, until time is up: some stores take a moment to heed a setting."""
    deadline = time.monotonic() + seconds
    yield 0
    for number in count(1):
        if time.monotonic() > deadline:
            return
        time.sleep(0.2)
        yield number
