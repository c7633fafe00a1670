"""What a drill found, as JSON: nothing of it is a credential or an object's content."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from vault.object_version import Mode

Attacker = Literal["milvus", "vault-writer", "deployer"]
"""Whose credentials the attacker has."""
ATTACKERS: tuple[Attacker, ...] = ("milvus", "vault-writer", "deployer")

Aim = Literal["snapshot", "decoy", "environment"]
"""decoy: a version sealed like the snapshot, for what a governance lock is known to allow."""


class Frozen(BaseModel):
    """Data alone, and no other than this."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answers(Frozen):
    """How often one request got one answer."""

    request: str
    outcome: str
    count: int


class Result(Frozen):
    """One attack, and what was left of everything after it. Judged by looking, not by answers."""

    attack: str
    attacker: Attacker
    aim: Aim
    began: datetime
    ended: datetime
    answers: tuple[Answers, ...]
    effects: tuple[str, ...]
    """What the attack changed beside sealed versions; settings of buckets are put back since."""
    unreadable: int
    """Sealed versions that could not be read until a bucket's settings were put back."""
    lost: tuple[str, ...]
    """Sealed versions that are no longer there, readable, and locked as they were."""

    @property
    def verdict(self) -> Literal["lost", "changed", "withstood"]:
        """lost: of what was sealed; changed: something else."""
        if self.lost:
            return "lost"
        return "changed" if self.effects or self.unreadable else "withstood"

    def is_expected(self, mode: Mode) -> bool:
        """Whether the lock held what its mode promises."""
        conceded = self.aim == "decoy" and self.attacker == "deployer" and mode == "governance"
        return conceded or not self.lost
