"""The rights that are asked for, held against what the recorded plans declare."""

import json
from typing import Any

import pytest

from tests.infra import stack_document
from tests.infra.stack_document import REPOSITORY, STACKS
from vectorkit.decisions import cluster_rights
from vectorkit.decisions.decide import decide

PLANS = REPOSITORY / "tests" / "stacks" / "plans"
RELEASE = "helm.sh/v3:Release"
MAKES = {"create", "delete", "get", "patch"}


def rights(stack: str, changes: dict[str, Any] | None = None) -> dict[tuple[str, str], set[str]]:
    """Verbs by group and resource."""
    settings = stack_document.settings(changes, stack=stack)
    ca = stack_document.CA if settings.store.ca_file else None
    needed = cluster_rights.needed(settings, decide(settings, ca_bundle=ca))
    return {(one["group"], one["resource"]): set(one["verbs"]) for one in needed}


def resource(kind: str) -> str:
    """As the API calls objects of a kind."""
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def declared(stack: str) -> set[tuple[str, str]]:
    """Group and resource of every object in a recorded plan."""
    types = [one["type"] for one in json.loads((PLANS / f"{stack}.json").read_text())]
    kinds = [one.removeprefix("kubernetes:") for one in types if one.startswith("kubernetes:")]
    found = set()
    for one in kinds:
        if one != RELEASE:
            group_version, kind = one.split(":")
            group = group_version.partition("/")[0]
            found.add(("" if group == "core" else group, resource(kind)))
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_a_stack_declares_it_may_make(stack: str) -> None:
    granted = rights(stack)
    lacking = {one for one in declared(stack) if not granted.get(one, set()) >= MAKES}
    assert len(declared(stack)) > 5
    assert lacking == set()


def test_nothing_is_asked_for_that_only_other_stacks_declare() -> None:
    local = {resource for _, resource in rights("local")}
    for optional in ("cronjobs", "certificates", "podmonitors", "externalsecrets"):
        assert optional not in local
    brought = {"external_secrets": {"cluster_secret_store": "vault", "root_password": "a",
               "access_key_id": "b", "secret_access_key": "c"}}  # fmt: skip
    assert ("external-secrets.io", "externalsecrets") in rights("local", brought)


def test_only_namespaces_belong_to_the_whole_cluster() -> None:
    settings = stack_document.settings(stack="prod-aws")
    needed = cluster_rights.needed(settings, decide(settings, ca_bundle=None))
    assert [one["resource"] for one in needed if not one["namespaced"]] == ["namespaces"]
