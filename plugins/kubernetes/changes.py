"""What differs between two sets of inputs, and which differences replace the object."""

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]
Change = tuple[Path, str]
"""Where, and one of ADD, DELETE, UPDATE."""

_ALWAYS = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
_SELECTED = ("spec.selector",)
_POD_MUTABLE = ("spec.activeDeadlineSeconds", "spec.tolerations")
_VOLUME_SOURCES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc"),
    *("flexVolume", "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local"),
    *("nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos"),
    "vsphereVolume",
)
REPLACING: dict[str, tuple[str, ...]] = {
    "Deployment": _SELECTED,
    "DaemonSet": _SELECTED,
    "StatefulSet": (
        *("spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector"),
        *("spec.serviceName", "spec.volumeClaimTemplates"),
    ),
    "Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "PersistentVolume": tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    "PersistentVolumeClaim": (
        *("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    ),
    "ResourceQuota": ("spec.scopes",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("parameters", "provisioner"),
}
"""Fields whose change replaces the object, by kind: forceNew in the official plugin's diff.go."""

_DATA = ("data", "binaryData", "stringData", "immutable")


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """Every leaf that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            if key not in new:
                yield (*path, key), "DELETE"
            elif key not in old:
                yield (*path, key), "ADD"
            else:
                yield from changes(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from changes(before, after, (*path, index))
    elif old != new:
        yield path, "UPDATE"


def replaces(kind: str, path: Path, *, mutable_data: bool) -> bool:
    """Whether a change at `path` needs a new object. `mutable_data`: the data of a Secret or
    ConfigMap may change in place."""
    dotted = ".".join(str(part) for part in path if isinstance(part, str))
    if kind == "Pod" and dotted.startswith("spec."):
        return not _pod_field_is_mutable(dotted)
    fields = [*_ALWAYS, *REPLACING.get(kind, ())]
    if kind in ("Secret", "ConfigMap") and not mutable_data:
        fields += _DATA
    return any(dotted == field or dotted.startswith(f"{field}.") for field in fields)


def dotted_path(path: Path) -> str:
    """A path as Pulumi writes it: spec.containers[0].image."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _pod_field_is_mutable(dotted: str) -> bool:
    return dotted.startswith(_POD_MUTABLE) or dotted in (
        "spec.containers.image",
        "spec.initContainers.image",
    )
