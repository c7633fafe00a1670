"""Indexes that need special nodes: DISKANN on local NVMe, GPU_CAGRA on graphics cards."""

from typing import Any

import pytest

from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import ABSENT, settings, tracked
from vectorkit.decisions import milvus_values
from vectorkit.schema.problems import Problems
from vectorkit.schema.value_types import mebibytes
from vectorkit.settings import parse

NODES = {"disk": "nvme"}
DISKANN: dict[str, Any] = {"workload.index": "DISKANN", "milvus.node_selector": NODES}
GPU: dict[str, Any] = {
    "workload.index": "GPU_CAGRA",
    "milvus.image.tag": "v2.6.15-gpu",
    "milvus.node_selector": {"nvidia.com/gpu.present": "true"},
    "milvus.gpu": {
        "memory": "48Gi",
        "runtime_class": "nvidia",
        "tolerations": [{"key": "nvidia.com/gpu"}, {"key": "team", "value": "search"}],
    },
}
CLUSTER = "prod-aws"
TWO_EACH = {"query_node_memory": "32Gi"}


def problems(changes: dict[str, Any], stack: str) -> dict[str, str]:
    with pytest.raises(Problems) as refused:
        parse(tracked(stack, changes), stack)
    return dict(refused.value.found)


def values(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return milvus_values.values(settings(changes, stack=CLUSTER), ca_bundle=None)


@pytest.mark.parametrize(
    ("stack", "changes", "path", "says"),
    [
        (
            "local",
            {"workload.index": "DISKANN", "milvus.storage_class": ABSENT},
            "milvus.storage_class",
            "name a class of local NVMe",
        ),
        (CLUSTER, {"workload.index": "DISKANN"}, "milvus.node_selector", "on local NVMe"),
        (CLUSTER, {"workload.index": "GPU_CAGRA"}, "milvus.gpu", "needs GPUs"),
        (CLUSTER, GPU | {"workload.index": "HNSW"}, "milvus.gpu", "uses no GPU"),
        (CLUSTER, GPU | {"milvus.gpu": {"count": 1}}, "milvus.gpu.memory", "is missing"),
        (CLUSTER, GPU | {"milvus.image.tag": "v2.6.15"}, "milvus.image.tag", "with -gpu"),
        ("dev", GPU, "milvus.gpu.runtime_class", "none for standalone"),
        (
            # Two pods of this size would do, but for the one that may be lost.
            CLUSTER,
            GPU | {"milvus.gpu.memory": "16Gi", "workload.replicas": 2, "milvus.scale": TWO_EACH},
            "milvus.gpu.count",
            "2 pods that are left to a replica when one is lost, with 1 GPUs of 16Gi each, hold "
            "32768 MiB, and the index needs 41261 MiB",
        ),
        (
            CLUSTER,
            GPU | {"milvus.gpu.memory": "8Gi"},
            "milvus.gpu.count",
            "4 pods that are left to a replica when one is lost, with 1 GPUs of 8Gi each, hold "
            "32768 MiB, and the index needs 41261 MiB",
        ),
    ],
)
def test_an_index_without_its_nodes_is_refused(
    stack: str, changes: dict[str, Any], path: str, says: str
) -> None:
    found = problems(changes, stack)
    assert list(found) == [path]
    assert says in found[path]


def test_disk_indexes_lie_on_the_query_nodes_own_disk_whose_size_milvus_is_told() -> None:
    node = values(DISKANN)["queryNode"]
    disk = settings(DISKANN, stack=CLUSTER).shape
    assert disk is not None
    assert node["resources"]["limits"]["ephemeral-storage"] == f"{disk.querynode.disk_mib}Mi"
    assert node["disk"] == {"enabled": True, "size": {"enabled": True}}
    assert node["nodeSelector"] == NODES
    assert "nodeSelector" not in values(DISKANN)["proxy"]
    assert unknown_paths(values(DISKANN), settings(stack=CLUSTER).milvus.chart) == []


def test_data_nodes_have_room_for_a_segment_of_a_disk_index_and_what_is_built_of_it() -> None:
    largest = 2048
    limits = values(DISKANN)["dataNode"]["resources"]["limits"]
    assert mebibytes(limits["ephemeral-storage"]) >= 3 * largest
    assert mebibytes(limits["memory"]) >= 3 * largest


def test_who_searches_and_who_builds_gets_gpus_and_may_run_where_they_are() -> None:
    found = values(GPU)
    for key in ("queryNode", "dataNode"):
        assert found[key]["resources"]["limits"]["nvidia.com/gpu"] == 1
        assert found[key]["nodeSelector"] == GPU["milvus.node_selector"]
        assert found[key]["tolerations"] == [
            {"key": "nvidia.com/gpu", "effect": "NoSchedule", "operator": "Exists"},
            {"key": "team", "effect": "NoSchedule", "operator": "Equal", "value": "search"},
        ]
    assert found["queryNode"]["runtimeClassName"] == "nvidia"
    for key in ("proxy", "mixCoordinator", "streamingNode"):
        assert not {"nodeSelector", "tolerations"} & set(found[key])
        assert "nvidia" not in str(found[key])
    assert unknown_paths(found, settings(stack=CLUSTER).milvus.chart) == []
