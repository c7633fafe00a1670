"""The base of every part of the stack document."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from vectorkit.schema.problems import refuse

Found = Iterator[tuple[str, str]]


class Strict(BaseModel):
    """Frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self.contradictions())
        return self

    def contradictions(self) -> Found:
        """Problems between fields that are each valid."""
        yield from ()
