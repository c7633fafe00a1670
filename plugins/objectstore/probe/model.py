"""What the probe is told, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from plugins.objectstore.probe.verdict import Verdict
from plugins.objectstore.s3_client import Credentials, StoreConfig

Outcome = Literal["yes", "no", "unclear", "not-asked"]


@dataclass(frozen=True, kw_only=True)
class Scoped(Credentials):
    """A second identity, that may use objects of one bucket and nothing else."""

    bucket: str | None = None
    """The bucket that its rights name; the probe makes and removes it. None: the probe's choice,
    whose name begins with `vectorkit-probe-`."""
    principal: str | None = None
    """How a bucket policy of this store names the identity; with it the probe grants the rights."""


@dataclass(frozen=True, kw_only=True)
class Target(StoreConfig):
    """The store, the deployer's credentials (None: boto3's default chain), a second identity."""

    credentials: Credentials | None = None
    scoped: Scoped | None = None


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Plain):
    """One question and its answer."""

    capability: str
    outcome: Outcome
    sent: str
    received: str
    why: str
    """Why it matters for Milvus or for immutability."""


class Series(_Plain):
    """Latency of one operation, measured by one client."""

    operation: Literal["PUT", "GET", "GET range", "LIST"]
    size_bytes: int
    """0 for LIST."""
    concurrency: int
    samples: int
    failures: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class LeftBehind(_Plain):
    """What the probe could not remove."""

    bucket: str
    key: str = ""
    version: str = ""
    mode: str = ""
    until: datetime | None = None
    reason: str


class Report(_Plain):
    """Everything that one run of the probe found."""

    endpoint: str
    region: str
    addressing_style: str
    probed_at: datetime
    findings: tuple[Finding, ...]
    latency: tuple[Series, ...]
    requests: int
    seconds: float
    left_behind: tuple[LeftBehind, ...]
    verdict: Verdict

    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of every capability."""
        return {one.capability: one.outcome for one in self.findings}

    def as_json(self) -> dict[str, Any]:
        """Plain data, as the JSON file has it."""
        return self.model_dump(mode="json")
