"""One alert rule, and what rules are made for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vectorkit.schema.versions import Version

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One rule."""

    name: str
    expression: str
    for_minutes: int
    severity: Severity
    summary: str
    """What is wrong, in a sentence."""
    remedy: str
    """What to do first, in a sentence."""

    def rule(self, namespace: str) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.for_minutes}m",
            "labels": {"severity": self.severity, "namespace": namespace},
            "annotations": {"summary": self.summary, "description": self.remedy},
        }


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is watched of an environment."""

    namespace: str
    milvus: Version
    memory_limits_mib: Mapping[str, int]
    """By container."""
    ca_expires: datetime | None = None
    """Of the store's private CA, if it has one."""
    certificate: str | None = None
    """Milvus's own, where cert-manager renews it."""
    rpo_seconds: int | None = None
    """How long ago the job that seals may have ended well, where there is one."""
    retention_days: int | None = None
    """For which each seal is locked."""
