"""Waits until an object works, and says why it does not: pod, container state, last event."""

import time
from collections.abc import Mapping
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes.kubectl import Failed, Target

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
DEFAULT_SECONDS = {"Deployment": 600, "StatefulSet": 600, "DaemonSet": 600, "Job": 600}
OTHERWISE_SECONDS = 300
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
_CONDITIONS = {
    "Pod": "condition=Ready",
    "Job": "condition=Complete",
    "Namespace": "jsonpath={.status.phase}=Active",
}


class NeverReady(Refusal):
    """The object did not become ready in time."""


def seconds(manifest: Mapping[str, Any], given: float) -> float:
    """How long to wait: the caller's timeout, else the annotation, else the kind's default."""
    annotations = manifest["metadata"].get("annotations") or {}
    default = DEFAULT_SECONDS.get(manifest["kind"], OTHERWISE_SECONDS)
    return given or float(annotations.get(TIMEOUT, default))


def wait(target: Target, live: Mapping[str, Any], limit: float) -> None:
    """Raises NeverReady with the reason after `limit` seconds."""
    metadata, kind = live["metadata"], live["kind"]
    if (metadata.get("annotations") or {}).get(SKIP) == "true":
        return
    namespace = metadata.get("namespace", target.namespace)
    name = f"{kind.lower()}/{metadata['name']}"
    limits = (f"--timeout={limit:.0f}s", "--request-timeout=0")
    try:
        if kind in _ROLLED_OUT:
            target.kubectl("rollout", "status", name, "--watch=true", *limits, namespace=namespace)
        elif kind in _CONDITIONS:
            target.kubectl("wait", name, f"--for={_CONDITIONS[kind]}", *limits, namespace=namespace)
        elif kind == "PersistentVolumeClaim" and not _waits_for_a_pod(target, live):
            target.kubectl(
                "wait", name, "--for=jsonpath={.status.phase}=Bound", *limits, namespace=namespace
            )
        elif kind == "Service":
            _wait_for_endpoints(target, live, limit)
    except Failed as failed:
        reason = reasons(target, namespace, live)
        raise NeverReady(
            f"{kind} {namespace}/{metadata['name']} was not ready after {limit:.0f} s: "
            f"{reason or failed}"
        ) from None


def reasons(target: Target, namespace: str, owner: Mapping[str, Any]) -> str:
    """Why the pods of an object do not run, in one line; empty when nothing is known."""
    selector = (owner.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels", selector if owner["kind"] == "Service" else {})
    if owner["kind"] == "Pod":
        pods = [pod for pod in [target.get(owner)] if pod is not None]
    elif labels:
        wanted = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = target.find("pods", f"--selector={wanted}", namespace=namespace)
    else:
        pods = []
    told = [pod_reason(pod) for pod in pods]
    events = [
        last_event(target, namespace, name)
        for name in [*(pod["metadata"]["name"] for pod in pods), owner["metadata"]["name"]]
    ]
    return "; ".join(part for part in [*told, *events] if part)


def pod_reason(pod: Mapping[str, Any]) -> str:
    """What keeps a pod from being ready: its container's state, or why it is not scheduled."""
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    containers = (status.get("initContainerStatuses") or []) + (
        status.get("containerStatuses") or []
    )
    for container in containers:
        state = container.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        before = (container.get("lastState") or {}).get("terminated")
        if waiting:
            message = waiting.get("message", "")
            code = f", last exit code {before['exitCode']}" if before else ""
            return f"pod {name}, container {container['name']}: {waiting['reason']}{code} {message}"
        if ended and ended.get("exitCode"):
            reason = ended.get("reason", "Error")
            return (
                f"pod {name}, container {container['name']}: {reason}, "
                f"exit code {ended['exitCode']}"
            )
        if not container.get("ready"):
            return f"pod {name}, container {container['name']}: running, but not ready"
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] != "True":
            return f"pod {name}: {condition.get('reason', '')} {condition.get('message', '')}"
    return ""


def last_event(target: Target, namespace: str, name: str) -> str:
    """The newest warning about an object, else its newest event; empty when there is none."""
    events = target.find(
        "events", f"--field-selector=involvedObject.name={name}", namespace=namespace
    )
    if not events:
        return ""
    newest = max(events, key=lambda e: (e["type"] == "Warning", e.get("lastTimestamp") or ""))
    return f"last event of {name}: {newest['reason']}: {newest['message']}"


def _waits_for_a_pod(target: Target, claim: Mapping[str, Any]) -> bool:
    """Whether the claim's storage class binds only once a pod uses the claim."""
    name = (claim.get("spec") or {}).get("storageClassName")
    if not name:
        return True
    manifest = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
    }
    storage_class = target.get(manifest)
    return storage_class is None or storage_class.get("volumeBindingMode") != "Immediate"


def _wait_for_endpoints(target: Target, service: Mapping[str, Any], limit: float) -> None:
    spec, metadata = service["spec"], service["metadata"]
    if not spec.get("selector") or spec.get("type") == "ExternalName":
        return
    deadline = time.monotonic() + limit
    selector = f"--selector=kubernetes.io/service-name={metadata['name']}"
    while True:
        slices = target.find("endpointslices", selector, namespace=metadata["namespace"])
        endpoints = [one for part in slices for one in part.get("endpoints") or []]
        if any((one.get("conditions") or {}).get("ready") for one in endpoints):
            return
        if time.monotonic() > deadline:
            raise Failed("no pod that its selector names is ready.")
        time.sleep(1)
