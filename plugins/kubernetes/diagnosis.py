"""Why an object does not work, or does not go away: pods, container states, last events."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.kubernetes.kubectl import Target

_OWNERS = "replicasets,statefulsets,daemonsets,jobs"
_CLAIM = "persistentVolumeClaim"
_NO_SUCH_INSTRUCTION = 132
"""Exit code of a program that the CPU could not go on with: 128 and the signal SIGILL."""


def of_object(target: Target, owner: Mapping[str, Any]) -> str:
    """Why the object's pods do not run, and its own last event; empty when nothing is known."""
    namespace = owner["metadata"].get("namespace", target.namespace)
    told = []
    if owner["kind"] == "Pod":
        pod = target.get(owner)
        told = list(_of_pods(target, namespace, [pod] if pod else []))
    elif selector := _selector(owner):
        told = list(_of_selected(target, namespace, selector))
    return "\n".join(told) or last_event(target, namespace, owner["metadata"])


def of_release(target: Target, namespace: str, release: str) -> str:
    """Why the pods of a Helm release do not run; empty when nothing is known."""
    label = f"app.kubernetes.io/instance={release}"
    told = list(_of_selected(target, namespace, label))
    # Charts that do not label what they make say at least in their names whose it is.
    told = told or [
        line
        for line in _of_pods(target, namespace, target.find("pods", namespace=namespace))
        if line.startswith(f"pod {release}")
    ]
    return "\n".join(told)


def pod_reason(pod: Mapping[str, Any]) -> str:
    """What keeps a pod from being ready: its container's state, or why it is not scheduled."""
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    for group in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(group) or []:
            if reason := _container_reason(container, init=group.startswith("init")):
                return f"pod {name}, container {container['name']}: {reason}"
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] != "True":
            return f"pod {name}: {condition.get('reason', '')}: {condition.get('message', '')}"
    if status.get("reason"):
        return f"pod {name}: {status['reason']}: {status.get('message', '')}"
    return ""


def last_event(target: Target, namespace: str, metadata: Mapping[str, Any]) -> str:
    """The newest warning about an object, else its newest event; empty when there is none."""
    about = f"--field-selector=involvedObject.name={metadata['name']}"
    events = target.find("events", about, namespace=namespace)
    own = [e for e in events if e["involvedObject"].get("uid") == metadata.get("uid")] or events
    if not own:
        return ""
    newest = max(own, key=lambda e: (e.get("type") == "Warning", _time(e)))
    message = " ".join(str(newest.get("message", "")).split())
    return f"last event of {metadata['name']}: {newest.get('reason')}: {message}"


def what_holds(live: Mapping[str, Any]) -> str:
    """What an object that is being deleted waits for."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    finalizers = live["metadata"].get("finalizers") or spec.get("finalizers") or []
    remaining = [
        condition["message"]
        for condition in (status.get("conditions") or [])
        if live["kind"] == "Namespace" and condition.get("status") == "True"
    ]
    held = f"; it waits for its finalizers {', '.join(finalizers)}" if finalizers else ""
    return held + "".join(f"; {message.rstrip('.')}" for message in remaining)


def _of_selected(target: Target, namespace: str, selector: str) -> Iterator[str]:
    label = f"--selector={selector}"
    pods = target.find("pods", label, namespace=namespace)
    yield from _of_pods(target, namespace, pods)
    for owner in target.find(_OWNERS, label, namespace=namespace):
        # One that has no pod at all: only its events know why.
        wanted = (owner.get("spec") or {}).get("replicas", 1)
        names = {o["uid"] for pod in pods for o in pod["metadata"].get("ownerReferences") or []}
        if wanted and owner["metadata"]["uid"] not in names:
            event = last_event(target, namespace, owner["metadata"])
            if event and "SuccessfulDelete" not in event:
                yield event


def _of_pods(target: Target, namespace: str, pods: list[dict[str, Any]]) -> Iterator[str]:
    for pod in pods:
        if reason := pod_reason(pod):
            event = last_event(target, namespace, pod["metadata"])
            told = [reason, event, *_of_claims(target, namespace, pod)]
            yield "; ".join(one for one in told if one)


def _of_claims(target: Target, namespace: str, pod: Mapping[str, Any]) -> Iterator[str]:
    """Why the volumes of a pod that has no node do not come: the pod's own events do not know."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    names = [one["persistentVolumeClaim"]["claimName"] for one in volumes if _CLAIM in one]
    if (pod.get("spec") or {}).get("nodeName") or not names:
        return
    for claim in target.find("persistentvolumeclaims", namespace=namespace):
        name, phase = claim["metadata"]["name"], (claim.get("status") or {}).get("phase")
        if name in names and phase == "Pending":
            event = last_event(target, namespace, claim["metadata"])
            yield f"PersistentVolumeClaim {name} is Pending" + (f"; {event}" if event else "")


def _container_reason(container: Mapping[str, Any], *, init: bool) -> str:
    state = container.get("state") or {}
    waiting, ended = state.get("waiting"), state.get("terminated")
    before = (container.get("lastState") or {}).get("terminated")
    if waiting:
        parts = [waiting.get("reason", "waiting")]
        if before:
            parts.append(f"last {_exit(before)} ({before.get('reason', '')})")
        parts.append(waiting.get("message", ""))
        return ", ".join(part for part in parts if part)
    if ended and ended.get("exitCode"):
        return f"{ended.get('reason', 'Error')}, {_exit(ended)}"
    if ended or container.get("ready") or init:
        return ""
    return "running, but not ready"


def _exit(ended: Mapping[str, Any]) -> str:
    code = ended["exitCode"]
    if code != _NO_SUCH_INSTRUCTION:
        return f"exit code {code}"
    return (
        f"exit code {code}: the node's CPU lacks an instruction that the program needs, such as "
        "AVX; take nodes whose CPU has it"
    )


def _selector(owner: Mapping[str, Any]) -> str:
    selector = (owner.get("spec") or {}).get("selector") or {}
    labels = selector if owner["kind"] == "Service" else selector.get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in labels.items())


def _time(event: Mapping[str, Any]) -> str:
    return str(
        event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp", "")
    )
