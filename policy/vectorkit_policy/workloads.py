"""Pods, however they are declared: what runs in them and where, and what a chart's values say."""

from collections.abc import Iterator, Mapping
from typing import Any

from vectorkit_policy.plan import Resource, at, items, mapping, walk

RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASES = (RELEASE, "kubernetes:helm.sh/v4:Chart")
_TEMPLATE_AT: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template"),
    ),
}
_GROUPS = ("kubernetes:core/", "kubernetes:apps/", "kubernetes:batch/")
_OTHER_CHARTS = ("milvus-operator",)


def pod(resource: Resource) -> Any:
    """A pod's metadata and spec, or those in the template of what makes pods; else None."""
    path = _TEMPLATE_AT.get(resource.type.rpartition(":")[2])
    if path is None or not resource.type.startswith(_GROUPS):
        return None
    return at(resource.properties, *path)


def containers(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """All containers of a pod or of what makes pods; none of anything else."""
    for key in ("containers", "initContainers"):
        yield from (mapping(one) for one in items(at(pod(resource), "spec", key)))


def runs(resource: Resource) -> bool:
    """Whether a resource makes pods itself; what a v4 Chart makes are resources of their own."""
    return resource.type == RELEASE or pod(resource) is not None


def namespace_of(resource: Resource) -> Any:
    """The name of the namespace that a resource goes to; UNKNOWN when that cannot be told yet."""
    own = ("namespace",) if resource.type in RELEASES else ("metadata", "namespace")
    found = at(resource.properties, *own)
    return "default" if found is None else found


def called(namespace: Resource) -> str:
    """A namespace's name in the cluster; until that is known, the resource's."""
    name = at(namespace.properties, "metadata", "name")
    return name if isinstance(name, str) else namespace.name


def is_in(resource: Resource, namespace: Resource) -> bool:
    """Whether a resource goes to this namespace, by its name or by what the name was made from."""
    uses = resource.uses.get("namespace" if resource.type in RELEASES else "metadata", ())
    return namespace.urn in uses or namespace_of(resource) == called(namespace)


def values(resource: Resource) -> Any:
    """The values of a Helm release; None of anything else."""
    return resource.properties.get("values", {}) if resource.type in RELEASES else None


def is_milvus(resource: Resource) -> bool:
    """Whether a release is Milvus: by its chart's name, or by an image that its values name."""
    if resource.type not in RELEASES:
        return False
    chart = str(resource.properties.get("chart")).rstrip("/").rpartition("/")[2]
    if chart.startswith("milvus"):
        return not chart.startswith(_OTHER_CHARTS)
    images = (at(part, "repository") for _, part in walk(values(resource)))
    return any(str(one).rpartition("/")[2] == "milvus" for one in images)
