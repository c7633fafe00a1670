"""The report of a drill: what each attacker could do, what came back, and how long it took."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from vault.drill.model import ATTACKERS, Attacker, Frozen, Result
from vault.object_version import Mode

OF_THE_JOB = (
    "The job that seals logs in to Milvus as root: a user that may only flush and search would do, "
    "but nobody makes one. Whoever takes the job's Secret can do everything in Milvus, drop "
    "collections too, and nothing to what is sealed."
)
"""What no attack of a drill needs to show."""


class Stage(Frozen):
    """One stretch of the drill."""

    name: str
    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()


class Comparison(Frozen):
    """One question, and its answer before the attacks and after the restore."""

    question: str
    before: str
    after: str | None
    """None: nothing was restored that could answer."""

    @property
    def is_same(self) -> bool:
        return self.before == self.after


class DrillReport(Frozen):
    """Everything that a drill found."""

    stack: str
    stack_mode: Literal["none", "governance", "compliance"]
    """Of the stack's own vault."""
    mode: Mode
    """Of the drill's."""
    locked_until: datetime
    """The earliest end of a seal in the snapshot."""
    snapshot: str
    sealed_versions: int
    stages: tuple[Stage, ...]
    rpo_seconds: float
    """What was written in this time before the first attack was in no snapshot."""
    rto_seconds: float | None
    """From the beginning of the restore to the canaries' answers; None: no answer came."""
    failure: str | None = None
    """Why the restore failed, in its own sentence."""
    results: tuple[Result, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def has_held(self) -> bool:
        """Whether the lock did what its mode promises and every answer is the same as before."""
        locked = all(one.is_expected(self.mode) for one in self.results)
        return locked and bool(self.comparisons) and all(one.is_same for one in self.comparisons)

    def of(self, attacker: Attacker) -> tuple[Result, ...]:
        """What this attacker tried."""
        return tuple(one for one in self.results if one.attacker == attacker)

    def sentences(self) -> Iterator[str]:
        """The report in a few sentences, the unpleasant ones first."""
        for one in self.results:
            if not one.is_expected(self.mode):
                yield f"BROKEN: {one.attacker}, {one.attack}: {one.lost[0]}"
        yield from (_changed(one) for one in self.comparisons if not one.is_same)
        if not self.comparisons or self.rto_seconds is None:
            yield f"NOT RESTORED: {self.failure or 'no answer came back to compare with.'}"
        else:
            same = sum(one.is_same for one in self.comparisons)
            yield (
                f"{same} of {len(self.comparisons)} questions have the same answer as before, "
                f"{self.rto_seconds:.0f} s after the restore began (RTO). What was written in the "
                f"last {self.rpo_seconds:.0f} s before the attack was in no snapshot (RPO)."
            )
        yield from (self._achieved(one) for one in ATTACKERS if self.of(one))
        yield self._promise()
        yield from self._of_the_stack_itself()
        yield OF_THE_JOB

    def _achieved(self, attacker: Attacker) -> str:
        tried = self.of(attacker)
        lost = [one.attack for one in tried if one.verdict == "lost"]
        did = [one.attack for one in tried if one.verdict == "changed"]
        return (
            f"With the credentials of {attacker}, {len(tried)} attacks. Sealed versions lost by: "
            f"{'; '.join(lost) or 'none'}. Something changed, and every sealed version stayed, "
            f"by: {'; '.join(did) or 'none'}."
        )

    def _promise(self) -> str:
        if self.mode == "compliance":
            return (
                "COMPLIANCE: no identity of this drill, the deployer's included, took away or "
                "weakened a lock before its date. Who owns the store's disks, its clock or its "
                "account was not tried."
            )
        conceded = [one.attack for one in self.results if one.aim == "decoy" and one.lost]
        shown = f"shown on decoys: {'; '.join(conceded)}" if conceded else "not tried here"
        return (
            "GOVERNANCE stops everybody but those with s3:BypassGovernanceRetention. The deployer "
            f"has it, and can destroy the snapshot with it ({shown}). Only COMPLIANCE stops that."
        )

    def _of_the_stack_itself(self) -> Iterator[str]:
        if self.stack_mode == "none":
            yield (
                f"The vault of stack {self.stack!r} has mode none: it keeps nothing unless "
                "somebody seals for a number of days."
            )
        elif self.stack_mode != self.mode:
            yield (
                f"The vault of stack {self.stack!r} itself is locked by {self.stack_mode.upper()}, "
                f"the drill's by {self.mode.upper()}, so that it could be taken away: what the "
                "deployer destroyed here stays there until its date. `make evidence` tries that."
            )


def _changed(one: Comparison) -> str:
    return f"CHANGED: {one.question}: {one.before} before, {one.after or 'no answer'} after."
