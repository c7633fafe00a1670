"""The rows that the suite writes: the corpus, and enough combined texts for a real graph index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from smoke_tests import corpus
from smoke_tests.corpus import Passage
from smoke_tests.embedding import Vectors, embed
from smoke_tests.engine import VECTOR

Condition = Callable[[dict[str, Any]], bool]

SEED = 20260101
COMBINED = "combined"
"""The topic of the texts that are made of two passages each."""
COMBINED_ROWS = 4000
"""Milvus builds no index for a segment of fewer than 1024 rows; this is several times that."""
UNSEEN = 100


@dataclass(frozen=True)
class Dataset:
    """Rows and their vectors in the same order; the passages of the corpus come first."""

    rows: tuple[dict[str, Any], ...]
    vectors: Vectors
    queries: Vectors
    """The corpus's questions, then texts that were not written into the collection."""

    @cached_property
    def positions(self) -> dict[str, int]:
        """The place of each row by its id."""
        return {row["id"]: place for place, row in enumerate(self.rows)}


def build() -> Dataset:
    """The same rows in every run."""
    passages = corpus.passages()
    texts = _combined(passages, COMBINED_ROWS + UNSEEN)
    stored, unseen = texts[:COMBINED_ROWS], texts[COMBINED_ROWS:]
    extra = [row(f"{COMBINED}-{number:04}", COMBINED, text) for number, text in enumerate(stored)]
    rows = [row(p.id, p.topic, p.text) for p in passages] + extra
    vectors = embed([*(p.titled for p in passages), *stored])
    queries = embed([*(q.question for q in corpus.questions()), *unseen])
    return Dataset(tuple(rows), vectors, queries)


def row(key: str, topic: str, text: str) -> dict[str, Any]:
    """A row without its vector."""
    return {"id": key, "topic": topic, "text": text, "length": len(text)}


def with_vectors(rows: Sequence[dict[str, Any]], vectors: Vectors) -> list[dict[str, Any]]:
    """Rows as they are written."""
    pairs = zip(rows, vectors.tolist(), strict=True)
    return [{**fields, VECTOR: vector} for fields, vector in pairs]


def _combined(passages: Sequence[Passage], number: int) -> list[str]:
    random = np.random.default_rng(SEED)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < number:
        first, second = random.choice(len(passages), size=2, replace=False).tolist()
        pairs[first, second] = None
    return [f"{passages[first].text} {passages[second].text}" for first, second in pairs]
