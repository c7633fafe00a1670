from typing import Any

import pytest

from plugins.kubernetes import naming
from plugins.properties import UNKNOWN


def named(inputs: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    checked = naming.with_name(inputs, old or {}, resource="web", seed=b"seed")
    metadata: dict[str, Any] = checked["metadata"]
    return metadata


def test_a_made_up_name_is_the_resources_name_with_a_suffix_and_says_so() -> None:
    metadata = named({"metadata": {"labels": {"a": "b"}}})
    assert metadata["name"].startswith("web-")
    assert len(metadata["name"]) == len("web-") + 8
    assert metadata["annotations"] == {"pulumi.com/autonamed": "true"}
    assert metadata["labels"] == {"a": "b"}


def test_a_made_up_name_stays_until_the_program_gives_one() -> None:
    old = {"metadata": {"name": "web-1", "annotations": {"pulumi.com/autonamed": "true"}}}
    assert named({}, old)["name"] == "web-1"
    assert named({"metadata": {"name": "mine"}}, old) == {"name": "mine"}


def test_a_given_name_that_is_taken_away_is_not_kept() -> None:
    assert named({}, {"metadata": {"name": "mine"}})["name"].startswith("web-")


def test_suffixes_follow_the_seed_and_are_random_without_one() -> None:
    assert naming.suffixed("a", b"1") == naming.suffixed("a", b"1")
    assert naming.suffixed("a", b"1") != naming.suffixed("a", b"2")
    assert naming.suffixed("a", b"") != naming.suffixed("a", b"")


@pytest.mark.parametrize(
    "metadata", [UNKNOWN, {"name": UNKNOWN}, {"generateName": "x-"}, {"name": "mine"}]
)
def test_what_names_itself_is_left_alone(metadata: object) -> None:
    inputs = {"metadata": metadata}
    assert naming.with_name(inputs, {}, resource="web", seed=b"1") == inputs
    assert not naming.autonamed(inputs)


def test_unknown_annotations_do_not_hinder_a_name() -> None:
    metadata = named({"metadata": {"annotations": UNKNOWN}})
    assert metadata["annotations"] is UNKNOWN
    assert metadata["name"]


@pytest.mark.parametrize("identifier", ["web", "shop/web"])
def test_an_identifier_is_namespace_and_name(identifier: str) -> None:
    metadata = naming.from_identifier(identifier)
    assert metadata["name"] == "web"
    assert naming.identifier({"metadata": metadata}) == identifier


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Secret", ("v1", "Secret")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:example.com/v1:Widget", ("example.com/v1", "Widget")),
    ],
)
def test_a_token_says_version_and_kind(token: str, expected: tuple[str, str]) -> None:
    assert naming.kind_of(token) == expected


@pytest.mark.parametrize(
    ("kind", "metadata", "expected"),
    [
        ("v1 ConfigMap", {}, {"namespace": "home"}),
        ("apps/v1 Deployment", {"name": "a"}, {"name": "a", "namespace": "home"}),
        ("v1 Secret", {"namespace": "mine"}, {"namespace": "mine"}),
        ("v1 Secret", UNKNOWN, UNKNOWN),
        ("v1 Namespace", {}, {}),
        ("example.com/v1 Role", {}, {}),
    ],
)
def test_the_namespace_is_filled_in_where_it_is_sure_to_be_needed(
    kind: str, metadata: Any, expected: Any
) -> None:
    version, _, named = kind.partition(" ")
    inputs = {"apiVersion": version, "kind": named, "metadata": metadata}
    assert naming.with_namespace(inputs, "home")["metadata"] == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1", True),
        ("apps/v1", True),
        ("networking.k8s.io/v1", True),
        ("example.com/v1", False),
    ],
)
def test_extensions_are_known_by_the_domain_of_their_group(version: str, expected: bool) -> None:
    assert naming.is_built_in(version) is expected
