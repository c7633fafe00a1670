"""What differs between two sets of inputs, and which differences replace the object."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from plugins.kubernetes.naming import is_built_in

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

_DATA = ("data", "binaryData", "stringData")


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """Every place that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            here = (*path, key)
            if key in old and key in new:
                yield from differences(old[key], new[key], here)
            elif here == ("spec",):
                # Part of it may need a new object, the rest not.
                yield from differences(old.get(key, {}), new.get(key, {}), here)
            else:
                yield here, "ADD" if key in new else "DELETE"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, (*path, index))
    elif old != new:
        yield path, "UPDATE"


def replaces(manifest: Mapping[str, Any], path: Path, *, mutable_data: bool) -> bool:
    """Whether a change at `path` needs a new object. `mutable_data`: the data of a Secret or
    ConfigMap may change in place."""
    kind = manifest["kind"] if is_built_in(manifest["apiVersion"]) else ""
    dotted = ".".join(str(part) for part in path if isinstance(part, str))
    if kind == "Pod" and path[0] == "spec":
        return not dotted.startswith(_POD_MUTABLE)
    fields = [*_ALWAYS, *REPLACING.get(kind, ())]
    if kind in ("Secret", "ConfigMap"):
        if path == ("immutable",):
            return manifest.get("immutable") is not True
        if not mutable_data:
            fields += _DATA
    return any(dotted == field or dotted.startswith(f"{field}.") for field in fields)


def property_path(path: Path) -> str:
    """A path as Pulumi writes it: spec.containers[0].image, metadata.labels["example.com/a"]."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(sign in part for sign in '."[]'):
            text += f"[{json.dumps(part)}]"
        else:
            text += f".{part}" if text else part
    return text
