"""Pods, however they are declared: their containers, and what a chart's values say of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from vectorkit_policy.plan import Resource, at, items, mapping

RELEASES = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")
_POD_AT: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template", "spec"),
    ),
}
_GROUPS = ("kubernetes:core/", "kubernetes:apps/", "kubernetes:batch/")


def containers(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """All containers of a pod or of what makes pods; none of anything else."""
    path = _POD_AT.get(resource.type.rpartition(":")[2])
    if path is None or not resource.type.startswith(_GROUPS):
        return
    pod = at(resource.properties, *path)
    for key in ("containers", "initContainers"):
        yield from (mapping(one) for one in items(at(pod, key)))


def values(resource: Resource) -> Any:
    """The values of a Helm release; None of anything else."""
    return resource.properties.get("values", {}) if resource.type in RELEASES else None


def is_milvus(resource: Resource) -> bool:
    """Whether a release is Milvus by the upstream chart, or by one with its value names."""
    chart = resource.properties.get("chart")
    last = str(chart).rstrip("/").rpartition("/")[2]
    return resource.type in RELEASES and last.startswith("milvus")
