"""Data in, data out."""

import numpy as np
import pytest
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests import corpus, dataset, engine, exact
from smoke_tests.dataset import COMBINED
from smoke_tests.embedding import DIMENSION, embed
from smoke_tests.errors import DimensionError
from smoke_tests.library import Library
from smoke_tests.report import Report

RECALL = 0.99
ANSWERED = 0.8
NEIGHBOURS = 10
FIRST = 5
PASSAGES_ONLY = f'topic != "{COMBINED}"'


def test_the_count_is_exact(client: MilvusClient, library: Library) -> None:
    assert engine.count(client, library.name) == len(library.data.rows)


def test_the_hnsw_index_holds_every_row(client: MilvusClient, library: Library) -> None:
    (name,) = client.list_indexes(library.name)
    index = client.describe_index(library.name, name)
    assert index["index_type"] == "HNSW"
    assert (index["indexed_rows"], index["pending_index_rows"]) == (len(library.data.rows), 0)


def test_nearest_neighbours_agree_with_brute_force(
    client: MilvusClient, library: Library, report: Report
) -> None:
    data = library.data
    answers = engine.search(client, library.name, data.queries, limit=NEIGHBOURS)
    found = [[data.positions[hit.id] for hit in answer] for answer in answers]
    scores = exact.similarities(data.vectors, data.queries)
    recall = exact.recall(scores, found, NEIGHBOURS)
    report.figures[f"recall@{NEIGHBOURS} against brute force"] = (
        f"{recall:.4f} ({len(found)} queries, {len(data.rows)} rows)"
    )
    assert recall >= RECALL


def test_similarities_are_those_of_brute_force(client: MilvusClient, library: Library) -> None:
    data = library.data
    answers = engine.search(client, library.name, data.queries, limit=NEIGHBOURS)
    scores = exact.similarities(data.vectors, data.queries)
    given = [[hit.similarity for hit in answer] for answer in answers]
    true = [
        [scores[row, data.positions[hit.id]] for hit in answer]
        for row, answer in enumerate(answers)
    ]
    np.testing.assert_allclose(given, true, atol=1e-4)


def test_questions_find_the_passage_that_answers_them(
    client: MilvusClient, library: Library, report: Report
) -> None:
    questions = corpus.questions()
    vectors = embed([question.question for question in questions])
    answers = engine.search(client, library.name, vectors, limit=FIRST, where=PASSAGES_ONLY)
    right = [
        question.answer in {hit.id for hit in answer}
        for question, answer in zip(questions, answers, strict=True)
    ]
    share = sum(right) / len(right)
    report.figures[f"right passage among the first {FIRST}"] = (
        f"{share:.0%} ({sum(right)} of {len(right)} questions)"
    )
    assert share >= ANSWERED


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ('topic == "backup"', lambda row: row["topic"] == "backup"),
        (
            'topic in ["hnsw", "ivf"] and length < 120',
            lambda row: row["topic"] in {"hnsw", "ivf"} and row["length"] < 120,
        ),
        (
            f"{PASSAGES_ONLY} and length > 170",
            lambda row: row["topic"] != COMBINED and row["length"] > 170,
        ),
    ],
    ids=["one topic", "two topics and a bound", "not a topic and a bound"],
)
def test_a_scalar_filter_gives_every_matching_row_and_no_other(
    client: MilvusClient,
    library: Library,
    where: str,
    wanted: dataset.Condition,
) -> None:
    expected = {row["id"] for row in library.data.rows if wanted(row)}
    query = library.data.queries[:1]
    (answer,) = engine.search(client, library.name, query, limit=len(expected) + 5, where=where)
    assert expected
    assert {hit.id for hit in answer} == expected


def test_an_upsert_and_a_delete_are_visible_at_once(client: MilvusClient, library: Library) -> None:
    rows = len(library.data.rows)
    first, second = embed(["A lighthouse keeper counts ships.", "A baker kneads sourdough."])
    row = dataset.row("passing-01", "passing", "first")
    try:
        engine.write(client, library.name, dataset.with_vectors([row], first[None]))
        assert engine.count(client, library.name) == rows + 1
        changed = {**row, "text": "second"}
        engine.write(client, library.name, dataset.with_vectors([changed], second[None]))
        (answer,) = engine.search(client, library.name, second[None], limit=1)
        assert (answer[0].id, answer[0].fields["text"]) == ("passing-01", "second")
        assert answer[0].similarity == pytest.approx(1, abs=1e-4)
        assert engine.count(client, library.name) == rows + 1
    finally:
        client.delete(library.name, ids=["passing-01"], timeout=engine.SECONDS)
    (answer,) = engine.search(client, library.name, second[None], limit=1)
    assert answer[0].id != "passing-01"
    assert engine.count(client, library.name) == rows


def test_a_vector_of_another_dimension_is_refused_and_nothing_is_written(
    client: MilvusClient, library: Library
) -> None:
    row = dataset.row("short-01", "short", "too short")
    (short,) = dataset.with_vectors([row], np.ones((1, DIMENSION - 1), dtype=np.float32))
    with pytest.raises(DimensionError, match=f"{DIMENSION} dimensions and was given"):
        engine.write(client, library.name, [short])
    with pytest.raises(MilvusException):
        client.insert(library.name, [short], timeout=engine.SECONDS)
    assert engine.count(client, library.name) == len(library.data.rows)
