"""The objects that questions are about: a store that is short of breath is not judged by them."""

from typing import Any, cast

import pytest

from plugins.objectstore.probe.answer import Answer
from plugins.objectstore.probe.session import Asker, CannotAsk, Scratch


def bucket(*statuses: int) -> Scratch:
    """A bucket whose store answers with these statuses, the last one for good."""
    left = list(statuses)

    def ask(operation: str, **parameters: Any) -> Answer:
        status = left.pop(0) if len(left) > 1 else left[0]
        return Answer(operation, parameters, status, message="no free volumes left")

    return Scratch("probe", cast(Asker, ask), Answer("CreateBucket", {}, 200))


def test_a_write_that_fails_for_a_moment_is_tried_again() -> None:
    assert bucket(500, 503, 200).keep("key", b"body").ok


def test_what_cannot_be_written_is_not_asked_about() -> None:
    with pytest.raises(CannotAsk, match=r"was not written: PutObject.*no free volumes left"):
        bucket(500).keep("key", b"body")


def test_a_refusal_is_not_tried_again() -> None:
    with pytest.raises(CannotAsk, match="403"):
        bucket(403, 200).keep("key", b"body")
