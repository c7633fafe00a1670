"""Milvus logs in to etcd, unless the stack says in writing that etcd takes everybody."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.infra.conftest import CANARY, Program
from tests.infra.stack_document import ABSENT, SEALED_BY_A_JOB, settings
from vectorkit.decisions import milvus_values
from vectorkit.schema.problems import Problems
from vectorkit.settings import usable_etcd_password

Run = Callable[..., Program]
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
RELEASE = "kubernetes:helm.sh/v3:Release"
PASSWORD = CANARY["vectorkit:etcdRootPassword"]
LOGIN = {"valueFrom": {"secretKeyRef": {"name": "milvus-etcd-credentials", "key": "etcd-password"}}}


def values(stack: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return milvus_values.values(settings(changes, stack=stack), ca_bundle=None)


@pytest.mark.parametrize("stack", ["dev", "prod-onprem"])
def test_every_component_logs_in_with_the_password_of_the_secret(stack: str) -> None:
    found = values(stack)
    blocks = [one for one in found.values() if isinstance(one, dict) and "extraEnv" in one]
    assert len(blocks) == (1 if stack == "dev" else 5)
    for block in blocks:
        assert {"name": "ETCD_AUTH_PASSWORD", **LOGIN} in block["extraEnv"]
    user = yaml.safe_load(found["extraConfigFiles"]["user.yaml"])
    assert user["etcd"]["auth"] == {"enabled": True, "userName": "root"}


def test_etcd_lets_in_by_that_password_alone() -> None:
    rbac = values("prod-onprem")["etcd"]["auth"]["rbac"]
    assert rbac == {
        "create": True,
        "existingSecret": "milvus-etcd-credentials",
        "existingSecretPasswordKey": "etcd-password",
    }


def test_an_etcd_for_everybody_is_said_in_writing() -> None:
    anonymous = {"milvus.allow_anonymous_etcd": True, "milvus.accept_known_holes": []}
    found = values("prod-onprem", anonymous)
    assert "auth" not in found["etcd"]
    assert "ETCD_AUTH_PASSWORD" not in json.dumps(found)
    assert "auth" not in yaml.safe_load(found["extraConfigFiles"]["user.yaml"])["etcd"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "v2.3.5 cannot log in to etcd"),
        (
            {"milvus.image.tag": "v2.6.15", "milvus.accept_known_holes": []},
            "milvus-local gives its etcd no password",
        ),
    ],
)
def test_who_cannot_log_in_is_refused_until_that_is_said(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(Problems) as refused:
        settings({**changes, "milvus.allow_anonymous_etcd": ABSENT})
    found = dict(refused.value.found)
    assert list(found) == ["milvus.allow_anonymous_etcd"]
    assert says in found["milvus.allow_anonymous_etcd"]


@pytest.mark.parametrize("stack", ["dev", "prod-onprem"])
def test_that_milvus_prints_the_password_is_said_in_writing_or_there_is_none(stack: str) -> None:
    with pytest.raises(Problems) as refused:
        settings({"milvus.accept_known_holes": ABSENT}, stack=stack)
    found = dict(refused.value.found)
    assert list(found) == ["milvus.accept_known_holes"]
    assert "v2.6.15 writes etcd's password into its log" in found["milvus.accept_known_holes"]
    anonymous: dict[str, Any] = {"milvus.allow_anonymous_etcd": True}
    assert settings({**anonymous, "milvus.accept_known_holes": []}, stack=stack)
    with pytest.raises(Problems, match="not open to etcd-password-in-log"):
        settings(anonymous, stack=stack)


def test_the_password_is_in_the_secrets_of_who_needs_it_and_nowhere_else(run: Run) -> None:
    changes = {**SEALED_BY_A_JOB, "milvus.allow_anonymous_etcd": False}
    program = run(changes, stack_name="dev")
    assert program.one(SECRET, "etcd-credentials").inputs["stringData"] == {
        "secret": {"etcd-password": PASSWORD}
    }
    sealing = program.one(SECRET, "vault-seal-credentials").inputs["stringData"]["secret"]
    assert sealing["etcd-password"] == PASSWORD
    holders = [one.name for one in program.resources if PASSWORD in json.dumps(one.inputs)]
    assert len(holders) == 2
    needed = program.one(RELEASE).dependencies
    assert any(urn.endswith("-etcd-credentials") for urn in needed)
    assert PASSWORD not in json.dumps(program.exports)


def test_a_stack_whose_etcd_asks_nobody_needs_no_password(run: Run) -> None:
    assert [one for one in run().of(SECRET) if "etcd" in one.name] == []


@pytest.mark.parametrize(
    "password", ["short", "with blanks in between", "star*star*star*star*", "x" * 73]
)
def test_a_password_that_etcds_image_cannot_take_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(ValueError, match="16 to 72 letters") as refused:
        usable_etcd_password(password)
    assert password not in str(refused.value)
    assert usable_etcd_password(PASSWORD) == PASSWORD
