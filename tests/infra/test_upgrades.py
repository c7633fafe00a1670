"""What a deployed environment may become; tests/stacks has the engine's part."""

import pytest

from tests.infra.stack_document import MILVUS_26, settings
from vectorkit import upgrades

NOW = {"image_tag": "v2.6.15", "wal": "woodpecker", "root_path": "prod"}


def refused(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return dict(upgrades.refusals({**NOW, **before}, {**NOW, **after}))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("v2.6.15", "v2.6.14", "may not read what it wrote"),
        ("v2.6.15", "v2.5.30", "may not read what it wrote"),
        ("v2.4.24", "v2.6.15", "first go to the newest 2.5"),
        ("v2.5.15", "v2.6.15", "first go to v2.5.16"),
    ],
)
def test_a_version_that_cannot_follow_is_refused_with_the_next_step(
    before: str, after: str, says: str
) -> None:
    assert says in refused({"image_tag": before}, {"image_tag": after})["milvus.image.tag"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v2.6.15", "v2.6.15"),
        ("v2.6.15", "v2.6.21"),
        ("v2.5.16", "v2.6.15"),
        ("v2.4.24", "v2.5.27"),
    ],
)
def test_the_next_release_and_the_next_line_may_follow(before: str, after: str) -> None:
    assert refused({"image_tag": before}, {"image_tag": after}) == {}


@pytest.mark.parametrize(("key", "other"), [("wal", "kafka"), ("root_path", "elsewhere")])
def test_log_and_root_path_are_for_life(key: str, other: str) -> None:
    (sentence,) = refused({}, {key: other}).values()
    assert f"{NOW[key]!r} is deployed, and for life" in sentence


def test_the_facts_are_those_of_the_stack() -> None:
    assert upgrades.facts(settings(MILVUS_26)) == {
        "image_tag": "v2.6.15",
        "wal": "rocksmq",
        "root_path": "vectorkit-local",
    }


def test_only_an_environment_that_never_ran_may_await_a_restore() -> None:
    awaiting = {"awaits_restore": "true"}
    assert refused(awaiting, awaiting) == {}
    assert refused(awaiting, {}) == {}
    assert "has been started here" in refused({}, awaiting)["milvus.awaits_restore"]
