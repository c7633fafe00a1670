"""Helm values: what a change of an environment changes, and only paths which the chart has."""

from pathlib import Path
from typing import Any

import yaml

from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import ABSENT, CA, settings
from vectorkit import milvus_values

GOLDEN = Path(__file__).parent / "golden" / "local.values.yaml"


def values(changes: dict[str, Any] | None = None, ca: str | None = CA) -> dict[str, Any]:
    return milvus_values.values(settings(changes), ca_bundle=ca)


def test_the_values_of_local_are_those_reviewed() -> None:
    assert values() == yaml.safe_load(GOLDEN.read_text())


def test_every_path_exists_in_the_upstream_chart() -> None:
    assert unknown_paths(values()) == []


def test_every_secret_comes_from_the_secret() -> None:
    environment = {one["name"]: one for one in values()["standalone"]["extraEnv"]}
    for name in (
        "MINIO_ACCESS_KEY_ID",
        "MINIO_SECRET_ACCESS_KEY",
        "COMMON_SECURITY_DEFAULTROOTPASSWORD",
    ):
        assert environment[name]["valueFrom"]["secretKeyRef"]["name"] == "milvus-credentials"
    assert values()["externalS3"]["accessKey"] == values()["externalS3"]["secretKey"] == ""


def test_authorization_is_on() -> None:
    user = yaml.safe_load(values()["extraConfigFiles"]["user.yaml"])
    assert user["common"]["security"]["authorizationEnabled"] is True


def test_without_a_node_port_milvus_is_only_reachable_inside_the_cluster() -> None:
    assert values({"access": {}})["service"] == {"type": "ClusterIP"}


def test_a_changed_ca_rolls_the_pods() -> None:
    assert values()["annotations"] != values(ca=CA + CA)["annotations"]


def test_without_a_private_ca_the_images_own_is_used() -> None:
    public = values({"store.ca_file": ABSENT}, ca=None)
    assert "SSL_CERT_FILE" not in str(public)
    assert "store-ca" not in str(public)


def test_a_changed_secret_changes_the_annotation_and_keeps_the_others() -> None:
    first, second = (milvus_values.secret_hash(["password", one]) for one in ("a", "b"))
    assert first != second
    annotations = milvus_values.with_secret_hash(values(), first)["annotations"]
    assert annotations[milvus_values.SECRET_HASH] == first
    assert milvus_values.CA_HASH in annotations


def test_secrets_that_only_move_between_keys_change_the_hash() -> None:
    assert milvus_values.secret_hash(["ab", "c"]) != milvus_values.secret_hash(["a", "bc"])
