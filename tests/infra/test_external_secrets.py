"""Credentials that the External Secrets operator brings: which, from where, into which Secret."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import Program
from tests.infra.stack_document import SEALED_BY_A_JOB, settings
from vectorkit.schema.problems import Problems

Run = Callable[..., Program]
EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
RELEASE = "kubernetes:helm.sh/v3:Release"
GIVEN = {
    "cluster_secret_store": "central",
    "root_password": "milvus/root",
    "etcd_password": "milvus/etcd",
    "access_key_id": "milvus/id",
    "secret_access_key": "milvus/key",
}
WRITER = {"vault_access_key_id": "vault/id", "vault_secret_access_key": "vault/key"}
SEALED = {**SEALED_BY_A_JOB, "external_secrets": GIVEN | WRITER}
OF_AWS = {key: GIVEN[key] for key in ("cluster_secret_store", "root_password", "etcd_password")}


def declared(program: Program) -> dict[str, dict[str, Any]]:
    """The inputs of each ExternalSecret, by its name."""
    return {one.inputs["metadata"]["name"]: one.inputs for one in program.of(EXTERNAL)}


def keys(inputs: dict[str, Any]) -> dict[str, str]:
    return {one["secretKey"]: one["remoteRef"]["key"] for one in inputs["spec"]["data"]}


@pytest.fixture(scope="module")
def program(run: Run) -> Program:
    return run(SEALED, stack_name="dev", secrets=False)


def test_the_operator_makes_every_secret_that_pods_name(program: Program) -> None:
    found = declared(program)
    assert keys(found["milvus-credentials"]) == {
        "root-password": "milvus/root",
        "access-key-id": "milvus/id",
        "secret-access-key": "milvus/key",
    }
    assert keys(found["milvus-etcd-credentials"]) == {"etcd-password": "milvus/etcd"}
    assert keys(found["vault-seal-credentials"]) == {
        "root-password": "milvus/root",
        "etcd-password": "milvus/etcd",
        "access-key-id": "vault/id",
        "secret-access-key": "vault/key",
    }
    assert len(found) == 3
    assert program.of(SECRET) == []


def test_each_is_taken_from_the_store_again_and_again_into_the_secret_of_its_name(
    program: Program,
) -> None:
    for name, inputs in declared(program).items():
        assert (inputs["apiVersion"], inputs["kind"]) == (
            "external-secrets.io/v1",
            "ExternalSecret",
        )
        spec = inputs["spec"]
        assert spec["target"] == {"name": name}
        assert spec["secretStoreRef"] == {"name": "central", "kind": "ClusterSecretStore"}
        assert spec["refreshInterval"] == "1h"


def test_the_release_comes_after_them(program: Program) -> None:
    needed = program.one(RELEASE).dependencies
    for one in program.of(EXTERNAL):
        assert any(urn.endswith(f"::{one.name}") for urn in needed), one.name


def test_in_aws_passwords_alone_are_brought(run: Run) -> None:
    found = declared(run({"external_secrets": OF_AWS}, stack_name="prod-aws", secrets=False))
    told = {name: sorted(keys(inputs)) for name, inputs in found.items()}
    assert told == {
        "milvus-credentials": ["root-password"],
        "milvus-etcd-credentials": ["etcd-password"],
        "vault-seal-credentials": ["etcd-password", "root-password"],
    }


@pytest.mark.parametrize(
    ("stack", "changes", "key", "says"),
    [
        ("dev", {"external_secrets": {**GIVEN, **WRITER}}, "vault_access_key_id", "remove this"),
        ("staging", {"external_secrets": GIVEN}, "vault_access_key_id", "is missing"),
        ("prod-aws", {"external_secrets": GIVEN}, "access_key_id", "remove this"),
        (
            "dev",
            {
                "external_secrets": GIVEN,
                "milvus.allow_anonymous_etcd": True,
                "milvus.accept_known_holes": [],
            },
            "etcd_password",
            "has no password of etcd",
        ),
    ],
)
def test_a_place_that_is_missing_or_needless_is_refused(
    stack: str, changes: dict[str, Any], key: str, says: str
) -> None:
    with pytest.raises(Problems) as refused:
        settings(changes, stack=stack)
    assert says in dict(refused.value.found)[f"external_secrets.{key}"]
