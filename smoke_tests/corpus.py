"""The sample corpus: short passages on storage and retrieval, and questions that they answer."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from smoke_tests import embedding

FOLDER = Path(__file__).parent / "corpus"

Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(Strict):
    """A few sentences that stand by themselves."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+-\d\d$")]
    topic: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    text: Text

    @property
    def length(self) -> int:
        """In characters; a number to filter by."""
        return len(self.text)

    @property
    def titled(self) -> str:
        """What is embedded: a passage is easier to find when it says what it is about."""
        return f"{self.topic.replace('-', ' ')}: {self.text}"


class Question(Strict):
    """A question and the id of the passage that answers it."""

    question: Text
    answer: str


Line = TypeVar("Line", bound=Strict)


def passages() -> list[Passage]:
    return _read(FOLDER / "passages.jsonl", Passage)


def questions() -> list[Question]:
    return _read(FOLDER / "questions.jsonl", Question)


def digest(corpus: Sequence[Passage]) -> str:
    """Changes with any passage and with the model that embeds them."""
    content = "\n".join([embedding.MODEL, *(passage.model_dump_json() for passage in corpus)])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _read(path: Path, kind: type[Line]) -> list[Line]:
    return [kind.model_validate_json(line) for line in path.read_text().splitlines()]
