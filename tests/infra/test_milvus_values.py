"""Helm values: what a change of an environment changes, and only paths which the chart has."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import CA, STACKS, settings
from vectorkit.decisions import milvus_values
from vectorkit.schema import charts

GOLDEN = Path(__file__).parent / "golden"


def values(changes: dict[str, Any] | None = None, ca: str | None = CA) -> dict[str, Any]:
    return milvus_values.values(settings(changes), ca_bundle=ca)


def of_stack(stack: str) -> dict[str, Any]:
    """With a stand-in for the store's private CA, where it has one."""
    found = settings(stack=stack)
    return milvus_values.values(found, ca_bundle=CA if found.store.ca_file else None)


@pytest.mark.parametrize("stack", STACKS)
def test_the_values_of_a_stack_are_those_reviewed(stack: str) -> None:
    """`python -m tests.infra.test_milvus_values` writes what they are now."""
    assert of_stack(stack) == yaml.safe_load((GOLDEN / f"{stack}.values.yaml").read_text())


@pytest.mark.parametrize("stack", STACKS)
def test_every_path_exists_in_the_upstream_chart(stack: str) -> None:
    assert unknown_paths(of_stack(stack), settings(stack=stack).milvus.chart) == []


def test_the_paths_that_count_are_those_of_the_chart_that_the_stack_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = charts.value_paths("5.0.19").read_text()
    fewer = "".join(one for one in listed.splitlines(True) if one.strip() != "etcd.replicaCount")
    (tmp_path / "milvus-5.0.19.paths.txt").write_text(listed)
    (tmp_path / "milvus-5.0.20.paths.txt").write_text(fewer)
    monkeypatch.setattr(charts, "FOLDER", tmp_path)
    for version, unknown in (("5.0.19", []), ("5.0.20", ["etcd.replicaCount"])):
        one = settings({"milvus.chart.version": version}, stack="dev")
        found = milvus_values.values(one, ca_bundle=CA)
        assert unknown_paths(found, one.milvus.chart) == unknown


def test_every_secret_comes_from_the_secret() -> None:
    environment = {one["name"]: one for one in values()["standalone"]["extraEnv"]}
    for name in (
        "MINIO_ACCESS_KEY_ID",
        "MINIO_SECRET_ACCESS_KEY",
        "COMMON_SECURITY_DEFAULTROOTPASSWORD",
    ):
        assert environment[name]["valueFrom"]["secretKeyRef"]["name"] == "milvus-credentials"
    assert values()["externalS3"]["accessKey"] == values()["externalS3"]["secretKey"] == ""


@pytest.mark.parametrize("stack", ["local", "prod-onprem"])
def test_milvus_takes_a_disk_index_in_both_modes(stack: str) -> None:
    changes = {"workload.index": "DISKANN", "milvus.storage_class": "nvme"}
    hardware = {"milvus.node_selector": {"disk": "nvme"}}
    one = settings(changes | hardware, stack=stack)
    user = yaml.safe_load(
        milvus_values.values(one, ca_bundle=None)["extraConfigFiles"]["user.yaml"]
    )
    assert user["queryNode"] == user["indexNode"] == {"enableDisk": True}
    other = milvus_values.values(settings(stack=stack), ca_bundle=None)
    assert "enableDisk" not in other["extraConfigFiles"]["user.yaml"]


def test_authorization_is_on() -> None:
    user = yaml.safe_load(values()["extraConfigFiles"]["user.yaml"])
    assert user["common"]["security"]["authorizationEnabled"] is True


def test_without_a_node_port_milvus_is_only_reachable_inside_the_cluster() -> None:
    assert values({"access": {}})["service"] == {"type": "ClusterIP"}


def test_a_changed_ca_rolls_the_pods() -> None:
    assert values()["annotations"] != values(ca=CA + CA)["annotations"]


def test_without_a_private_ca_the_images_own_is_used() -> None:
    public = values(ca=None)
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


def main() -> None:
    """Write the values of every stack, for a reviewer to see what has changed."""
    for stack in STACKS:
        told = f"# Helm values of stack {stack} (with a stand-in CA): a change here is one of it.\n"
        text = yaml.safe_dump(json.loads(json.dumps(of_stack(stack))), sort_keys=False)
        (GOLDEN / f"{stack}.values.yaml").write_text(told + text)


if __name__ == "__main__":
    main()
