"""The two buckets in the stack document: what each promises, and what a change may give up."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vectorkit.schema.image import Image
from vectorkit.schema.problems import refuse
from vectorkit.schema.strict import Found, Strict
from vectorkit.schema.value_types import (
    BucketName,
    Count,
    CronSchedule,
    Duration,
    Flag,
    Text,
    seconds,
)


class Keeps(Strict):
    """How firmly, and for how many days, data is kept from being destroyed."""

    mode: Literal["versions", "governance", "compliance"]
    days: Count


class Bucket(Strict):
    """A bucket, and the losses that a change of it may cause; each names what is lost."""

    bucket: BucketName
    kms_key_id: Text | None = None
    """The store's key that encrypts what is written here. None: one that the store manages."""
    allow_destroy_bucket: BucketName | None = None
    """The bucket that this one may take the place of, and that is destroyed then."""
    allow_weaker_than: Keeps | None = None
    """What was promised before, and may be promised less firmly from now on."""


class LiveBucket(Bucket):
    """Milvus's own data."""

    undelete_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 7
    """How long deleted or overwritten objects can be brought back."""
    wal_undelete_days: Annotated[int, Field(strict=True, ge=1, le=365)] | None = None
    """The same for the log of Woodpecker. None: 3 days, or undelete_days if that is less."""

    @property
    def keeps(self) -> dict[str, Any]:
        """What the bucket promises."""
        return {"mode": "versions", "days": self.undelete_days}

    @property
    def log_days(self) -> int:
        """How long the log's old versions are kept."""
        return self.wal_undelete_days or min(self.undelete_days, 3)

    @model_validator(mode="before")
    @classmethod
    def _without_lock(cls, given: Any) -> Any:
        locks = ("object_lock", "mode", "retention_days", "default_retention", "retention")
        asked = [key for key in locks if isinstance(given, Mapping) and key in given]
        refuse(
            (
                key,
                "a retention is for the vault: Milvus's writes fail on a default retention, and "
                "one that counts from the creation of an object does not protect an old one; "
                "undelete_days counts from its deletion. Remove this key.",
            )
            for key in asked
        )
        return given

    def contradictions(self) -> Found:
        if self.log_days > self.undelete_days:
            yield (
                "wal_undelete_days",
                f"{self.log_days} is longer than undelete_days {self.undelete_days}, which holds "
                "for the log, too; set no more than that.",
            )


class Vault(Bucket):
    """The bucket with Object Lock for sealed copies."""

    mode: Literal["none", "governance", "compliance"] = "governance"
    retention_days: Annotated[int, Field(strict=True, ge=1, le=36500)] | None = None
    """How long a sealed copy cannot be destroyed, from its sealing on."""
    longest_retention_days: Annotated[int, Field(strict=True, ge=1, le=36500)] = 90
    """The most that may be asked for: a mistake in a compliance date can be undone by nobody."""
    acknowledge_irreversible: Flag = False
    """Only with `compliance`, which nobody can undo before its date."""
    schedule: CronSchedule | None = None
    """When a job in the cluster seals the whole instance, UTC. None: somebody runs `make seal`."""
    rpo: Duration | None = None
    """How long ago the job may have ended well. With monitoring.prometheus_operator an alert tells
    when it is longer; without, nobody is told: watch kube_cronjob_status_last_successful_time."""
    image: Image | None = None
    """The job's image, made from vault/Containerfile."""

    @property
    def keeps(self) -> dict[str, Any]:
        """What the bucket promises."""
        days = {"days": self.retention_days} if self.retention_days else {}
        return {"mode": self.mode, **days}

    @property
    def retention(self) -> dict[str, Any]:
        """What who seals by hand has to keep to; the job is told the same."""
        return self.keeps | {"longest_days": self.longest_retention_days}

    def contradictions(self) -> Found:
        if self.mode == "compliance" and not self.acknowledge_irreversible:
            yield (
                "mode",
                "compliance retention can be undone by nobody, not even the store's owner; set "
                "acknowledge_irreversible: true beside it, or choose governance.",
            )
        if self.mode != "compliance" and self.acknowledge_irreversible:
            yield (
                "acknowledge_irreversible",
                f"mode {self.mode} is not irreversible; remove this key.",
            )
        if (self.mode == "none") != (self.retention_days is None):
            yield (
                "retention_days",
                "mode none seals nothing; remove this key, or choose governance or compliance."
                if self.mode == "none"
                else f"mode {self.mode} needs the number of days that a sealed copy is kept.",
            )
        elif self.retention_days and self.retention_days > self.longest_retention_days:
            yield (
                "retention_days",
                f"{self.retention_days} is more than longest_retention_days "
                f"{self.longest_retention_days}; set less, or raise that maximum knowingly.",
            )
        yield from self._contradictions_of_the_job()

    def _contradictions_of_the_job(self) -> Found:
        job = {"schedule": self.schedule, "rpo": self.rpo, "image": self.image}
        given = [key for key, value in job.items() if value]
        if given and self.mode == "none":
            yield given[0], "mode none seals nothing; remove this key, or choose another mode."
        elif given and len(given) < len(job):
            missing = next(key for key in job if key not in given)
            yield missing, "schedule, rpo and image make the job that seals; set all three."
        elif self.rpo and self.retention_days and seconds(self.rpo) > self.retention_days * 86400:
            yield (
                "rpo",
                f"{self.rpo} is longer than the {self.retention_days} days of a seal: the newest "
                "snapshot could be gone before anybody is told; set less.",
            )
