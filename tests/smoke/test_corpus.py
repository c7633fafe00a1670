import json
import re
from collections import Counter

import numpy as np
import pytest

from smoke_tests import corpus, embedding, exact
from smoke_tests.corpus import Passage

FIRST = 5
ANSWERED = 0.8


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    return corpus.passages()


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def test_there_are_enough_passages_and_questions(passages: list[Passage]) -> None:
    assert len(passages) >= 300
    assert len(corpus.questions()) >= 60


def test_every_id_is_unique_and_begins_with_its_topic(passages: list[Passage]) -> None:
    repeated = [key for key, times in Counter(p.id for p in passages).items() if times > 1]
    assert repeated == []
    assert [p.id for p in passages if not re.fullmatch(rf"{p.topic}-\d\d", p.id)] == []


def test_every_passage_is_one_to_three_sentences(passages: list[Passage]) -> None:
    ends = {p.id: len(re.findall(r"[.?!](?:\s|$)", p.text)) for p in passages}
    assert {key: number for key, number in ends.items() if not 1 <= number <= 3} == {}
    assert [p.id for p in passages if not p.text.endswith(".")] == []


def test_no_passage_repeats_another(passages: list[Passage]) -> None:
    known = [(p.id, words(p.text)) for p in passages]
    twins = [
        (first, second)
        for place, (first, left) in enumerate(known)
        for second, right in known[:place]
        if len(left & right) / len(left | right) > 0.5
    ]
    assert twins == []


def test_no_opening_is_used_like_a_template(passages: list[Passage]) -> None:
    openings = Counter(" ".join(p.text.split()[:3]).lower() for p in passages)
    assert [opening for opening, times in openings.items() if times > 3] == []


def test_every_question_has_its_answer_in_the_corpus(passages: list[Passage]) -> None:
    known = {p.id for p in passages}
    assert [q.question for q in corpus.questions() if q.answer not in known] == []
    assert len({q.answer for q in corpus.questions()}) == len(corpus.questions())


def test_no_question_copies_its_passage(passages: list[Passage]) -> None:
    texts = {p.id: p.text.lower() for p in passages}
    copied = []
    for question in corpus.questions():
        given = re.findall(r"[a-z0-9-]+", question.question.lower())
        runs = (" ".join(given[start : start + 5]) for start in range(len(given) - 4))
        copied += [run for run in runs if run in texts[question.answer]]
    assert copied == []


def test_a_changed_passage_changes_the_digest(passages: list[Passage]) -> None:
    edited = passages[0].model_copy(update={"text": passages[0].text + " "})
    assert corpus.digest([edited, *passages[1:]]) != corpus.digest(passages)
    assert corpus.digest(list(passages)) == corpus.digest(passages)


def test_embeddings_are_unit_vectors_and_the_same_every_time(passages: list[Passage]) -> None:
    texts = [p.titled for p in passages[:70]]
    vectors = embedding.embed(texts)
    assert vectors.shape == (70, embedding.DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embedding.embed(texts[65:66])[0], vectors[65], atol=1e-5)


def test_embeddings_alone_answer_enough_questions(passages: list[Passage]) -> None:
    questions = corpus.questions()
    vectors = embedding.embed([p.titled for p in passages])
    asked = embedding.embed([q.question for q in questions])
    best = np.argsort(-exact.similarities(vectors, asked), axis=1)[:, :FIRST]
    right = [
        question.answer in {passages[place].id for place in places}
        for question, places in zip(questions, best, strict=True)
    ]
    assert sum(right) / len(right) >= ANSWERED


def test_every_line_is_one_json_document_with_sorted_ids() -> None:
    lines = (corpus.FOLDER / "passages.jsonl").read_text().splitlines()
    topics = [json.loads(line)["topic"] for line in lines]
    assert len(set(topics)) == sum(1 for a, b in zip(topics, ["", *topics], strict=False) if a != b)
