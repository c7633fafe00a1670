"""What a store can carry, by what was found: tables and pure functions, no store's name."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Verdict(BaseModel):
    """What the deployment may ask of this store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    live_bucket: bool
    """Whether it can carry a live bucket."""
    vault: bool
    """Whether it can carry a vault with at least one lock mode."""
    sentences: tuple[str, ...]
    """The whole verdict for a person."""


def verdict(outcomes: Mapping[str, str]) -> Verdict:
    """The verdict on a store with these outcomes by capability."""
    return Verdict(live_bucket=False, vault=False, sentences=())
