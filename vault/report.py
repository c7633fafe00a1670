"""What verify and restore found, in words and in figures."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from vault.manifest import Manifest

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done, and how much there is (0: not known)."""


def silent(step: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


def summary(manifest: Manifest) -> dict[str, object]:
    """What is printed of a new snapshot; the manifest itself is as long as the bucket."""
    return {
        "snapshot": manifest.id,
        "objects": len(manifest.objects),
        "bytes": manifest.size,
        "new_bytes": manifest.new_bytes,
        "mode": manifest.mode,
        "until": manifest.until.isoformat(),
        "canaries": len(manifest.canaries),
    }


class Finding(BaseModel):
    """One thing that is not as it must be, named so that it can be looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """In one word, such as missing, corrupt or unlocked."""
    where: str
    says: str


class Report(BaseModel):
    """The result of a verification or a restore."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot: str
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    """What must be looked at, and takes nothing from the result."""
    objects: int = 0
    """Objects looked at, or brought back."""
    bytes_read: int = 0
    confidence: float | None = None
    """With which probability the checksums looked at would have shown 1 % of broken objects."""
    canaries_asked: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.findings
