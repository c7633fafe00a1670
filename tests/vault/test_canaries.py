"""What is asked of each collection, and what a restored one must answer; Milvus is a stand-in.

The real one is in test_real_milvus.py; here it is released or dropped between two questions.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from pymilvus import DataType
from pymilvus.exceptions import MilvusException

from vault.answers import wrong_answers
from vault.manifest import Canary
from vault.milvus import _answer, _questions

NOT_LOADED = MilvusException(101, "collection not loaded[collection=books]")
GONE = MilvusException(100, "collection not found[collection=books]")


@dataclass
class Collection:
    """Answers for a collection of seven rows of which statistics count eight."""

    vectors: DataType = DataType.FLOAT_VECTOR
    state: str = "Loaded"
    fails: dict[str, MilvusException] = field(default_factory=dict)
    """What is raised by each call of this name."""

    def describe_collection(self, *_: Any, **__: Any) -> dict[str, Any]:
        self._fail("describe_collection")
        return {"fields": [{"name": "v", "type": self.vectors}]}

    def describe_index(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"index_type": "HNSW"}

    def get_load_state(self, *_: Any, **__: Any) -> dict[str, Any]:
        self._fail("get_load_state")
        return {"state": SimpleNamespace(name=self.state)}

    def query(self, *_: Any, output_fields: list[str], **__: Any) -> list[dict[str, Any]]:
        self._fail("query")
        return [{"count(*)": 7}] if output_fields == ["count(*)"] else [{"v": [0.5]}]

    def search(self, *_: Any, **__: Any) -> list[list[dict[str, Any]]]:
        self._fail("search")
        return [[{"id": 1, "distance": 0.0}]]

    def get_collection_stats(self, *_: Any, **__: Any) -> dict[str, Any]:
        self._fail("get_collection_stats")
        return {"row_count": 8}

    def _fail(self, call: str) -> None:
        if call in self.fails:
            raise self.fails[call]


def asked(collection: Any) -> list[Canary]:
    questions = list(_questions(collection, "default", "books"))
    return [_answer(collection, one) for one in questions]


def test_a_loaded_collection_is_asked_for_its_rows_and_what_is_near() -> None:
    (one,) = asked(Collection())
    assert (one.exists, one.is_loaded, one.row_count, one.ids) == (True, True, 7, (1,))


@pytest.mark.parametrize("vectors", [DataType.BINARY_VECTOR, DataType.SPARSE_FLOAT_VECTOR])
def test_a_collection_of_other_vectors_is_asked_for_its_rows(vectors: DataType) -> None:
    (one,) = asked(Collection(vectors))
    assert (one.exists, one.is_loaded, one.row_count, one.vector) == (True, True, 7, ())
    assert one.is_asked


@pytest.mark.parametrize(
    "collection",
    [
        Collection(state="NotLoad"),
        Collection(fails={"query": NOT_LOADED}),
        Collection(fails={"search": NOT_LOADED}),
    ],
)
def test_one_that_is_not_loaded_or_is_released_meanwhile_is_counted_and_fails_no_seal(
    collection: Collection,
) -> None:
    (one,) = asked(collection)
    assert (one.exists, one.is_loaded, one.row_count, one.ids) == (True, False, 8, ())
    assert one.is_asked


def test_one_that_is_dropped_meanwhile_is_not_asked_of_a_restored_instance() -> None:
    assert asked(Collection(fails={"describe_collection": GONE})) == []
    for call in ("get_load_state", "query"):
        (question, *_) = _questions(Collection(), "default", "books")
        gone: Any = Collection(fails={call: GONE})
        one = _answer(gone, question)
        assert (one.exists, one.is_asked) == (False, False)


def test_what_is_no_matter_of_loading_or_dropping_is_raised() -> None:
    broken = MilvusException(1, "no space left on device")
    with pytest.raises(MilvusException, match="no space left"):
        asked(Collection(fails={"query": broken}))


@dataclass
class Restored:
    """A restored instance whose only collection answers so."""

    collection: Any

    def answers(self, canaries: list[Canary]) -> list[Canary]:
        return [_answer(self.collection, one) for one in canaries]


@pytest.mark.parametrize(
    ("sealed", "restored", "kinds"),
    [
        (Collection(), Collection(), []),
        (Collection(state="NotLoad"), Collection(state="NotLoad"), []),
        (Collection(), Collection(fails={"get_load_state": GONE}), ["missing"]),
        (Collection(state="NotLoad"), Collection(fails={"get_load_state": GONE}), ["missing"]),
        (
            Collection(DataType.BINARY_VECTOR),
            Collection(fails={"get_load_state": GONE}),
            ["missing"],
        ),
        (Collection(DataType.BINARY_VECTOR), Collection(state="NotLoad"), ["released"]),
    ],
)
def test_a_collection_that_is_gone_or_not_loaded_is_a_finding_whatever_it_holds(
    sealed: Collection, restored: Collection, kinds: list[str]
) -> None:
    milvus: Any = Restored(restored)
    assert [one.kind for one in wrong_answers(asked(sealed), milvus, 0)] == kinds


def test_an_empty_canary_of_an_older_kit_asks_for_nothing() -> None:
    old = Canary.model_validate_json('{"collection": "books", "row_count": null, "stable": true}')
    assert not old.is_asked
    assert old.model_copy(update={"row_count": 7}).is_asked
