"""Names and identifiers as the official plugin makes them."""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

from plugins.properties import UNKNOWN

AUTONAMED = "pulumi.com/autonamed"
RELEASE = "kubernetes:helm.sh/v3:Release"
_SUFFIX = 8
_NAMESPACED = frozenset(
    (
        *("ConfigMap", "ControllerRevision", "CronJob", "DaemonSet", "Deployment", "Endpoints"),
        *("EndpointSlice", "Event", "HorizontalPodAutoscaler", "Ingress", "Job", "Lease"),
        *("LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget"),
        *("PodTemplate", "ReplicaSet", "ReplicationController", "ResourceClaim"),
        *("ResourceClaimTemplate", "ResourceQuota", "Role", "RoleBinding", "Secret", "Service"),
        *("ServiceAccount", "StatefulSet"),
    )
)
"""Kinds of Kubernetes itself that live in a namespace. Of others only the cluster knows."""


def with_name(
    inputs: Mapping[str, Any], old: Mapping[str, Any], *, resource: str, seed: bytes
) -> dict[str, Any]:
    """The inputs with metadata.name: the given one, that of before, or the resource's name with a
    random suffix."""
    metadata = inputs.get("metadata") or {}
    if metadata is UNKNOWN or metadata.get("name") or metadata.get("generateName"):
        return dict(inputs)
    before = old.get("metadata") or {}
    named = {**metadata, "name": suffixed(resource, seed)}
    if (before.get("annotations") or {}).get(AUTONAMED) == "true":
        named["name"] = before["name"]
    annotations = metadata.get("annotations") or {}
    if annotations is not UNKNOWN:
        named["annotations"] = {**annotations, AUTONAMED: "true"}
    return {**inputs, "metadata": named}


def with_namespace(inputs: Mapping[str, Any], default: str) -> dict[str, Any]:
    """The inputs with the namespace that they mean, where it is sure that they need one."""
    metadata = inputs.get("metadata") or {}
    needs = inputs.get("kind") in _NAMESPACED and is_built_in(str(inputs.get("apiVersion")))
    if not needs or metadata is UNKNOWN or metadata.get("namespace"):
        return dict(inputs)
    return {**inputs, "metadata": {**metadata, "namespace": default}}


def is_built_in(api_version: str) -> bool:
    """Whether such objects belong to Kubernetes itself and not to somebody's extension."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io")


def suffixed(resource: str, seed: bytes) -> str:
    """A name with a random suffix, the same for the same seed."""
    digest = hashlib.sha256((seed or os.urandom(32)) + resource.encode()).hexdigest()
    return f"{resource}-{digest[:_SUFFIX]}"


def autonamed(manifest: Mapping[str, Any]) -> bool:
    """Whether the provider made the name up."""
    metadata = manifest.get("metadata") or {}
    annotations = {} if metadata is UNKNOWN else metadata.get("annotations") or {}
    return annotations is not UNKNOWN and annotations.get(AUTONAMED) == "true"


def identifier(manifest: Mapping[str, Any]) -> str:
    """`namespace/name`, or `name` for what belongs to no namespace."""
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def from_identifier(identifier: str) -> dict[str, str]:
    """The metadata that an identifier stands for."""
    namespace, _, name = identifier.rpartition("/")
    return {"name": name} | ({"namespace": namespace} if namespace else {})


def kind_of(token: str) -> tuple[str, str]:
    """apiVersion and kind of a resource token such as kubernetes:apps/v1:Deployment."""
    _, group_version, kind = token.split(":")
    group, _, version = group_version.partition("/")
    return (version if group == "core" else group_version), kind


def field_manager(urn: str) -> str:
    """Who owns the fields of this resource in server-side apply."""
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"
