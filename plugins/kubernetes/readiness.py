"""Waits until an object works, by the same conditions as the official plugin."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes import diagnosis, naming
from plugins.kubernetes.kubectl import Failed, Target, identity
from plugins.kubernetes.live import same_quantity

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
WAIT_FOR = "pulumi.com/waitFor"
DEFAULT_SECONDS = 600
SETTLE_SECONDS = 10
"""How long a Service may be without any endpoint before that counts as its state."""

Live = Mapping[str, Any]
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")


class NeverReady(Refusal):
    """The object did not become ready in time, or never will."""


def seconds(manifest: Live, given: float) -> float:
    """How long to wait: the caller's timeout, else the annotation, else the default."""
    return given or float(_annotations(manifest).get(TIMEOUT, DEFAULT_SECONDS))


def skipped(manifest: Live) -> bool:
    """Whether the object asks not to be waited for."""
    return _annotations(manifest).get(SKIP) == "true"


def wait(target: Target, live: Live, limit: float) -> None:
    """Raises NeverReady with the reason when the object fails or `limit` seconds are over."""
    if skipped(live):
        return
    kind, named = live["kind"], f"{live['kind']} {naming.identifier(live)}"
    try:
        if conditions := _conditions(live):
            for condition in conditions:
                _kubectl(target, live, limit, "wait", f"--for={condition}")
        elif kind in _ROLLED_OUT and _rolls_out(live):
            _kubectl(target, live, limit, "rollout", "status", "--watch=true")
        elif kind == "Service":
            _poll(target, live, limit, _service(target, time.monotonic() + SETTLE_SECONDS))
        elif kind == "PersistentVolumeClaim":
            _poll(target, live, limit, _claim(target))
        elif kind in STATES:
            _poll(target, live, limit, STATES[kind])
    except Failed as failed:
        reason = diagnosis.of_object(target, live)
        raise NeverReady(
            f"{named} was made but is not ready (waited up to {limit:.0f} s): {reason or failed}"
        ) from None


def _kubectl(target: Target, live: Live, limit: float, *arguments: str) -> None:
    target.kubectl(
        *(*arguments, "--filename=-", f"--timeout={limit:.0f}s", "--request-timeout=0"),
        namespace=live["metadata"].get("namespace"),
        stdin=json.dumps(identity(live)),
    )


def _poll(target: Target, live: Live, limit: float, works: Callable[[Live], bool]) -> None:
    """Ask until it works. `works` raises Failed when it never will."""
    deadline = time.monotonic() + limit
    now: Live | None = live
    while now is not None:
        if works(now):
            return
        if time.monotonic() > deadline:
            raise Failed("its status did not change in time.")
        time.sleep(0.5)
        now = target.get(live)
    raise Failed("somebody deleted it.")


def _conditions(live: Live) -> list[str]:
    """What the annotation says to wait for: one condition, or a JSON list of them."""
    said = _annotations(live).get(WAIT_FOR, "")
    if said.startswith("["):
        return [str(one) for one in json.loads(said)]
    if live["kind"] == "CustomResourceDefinition" and not said:
        return ["condition=Established"]
    return [said] if said else []


def _rolls_out(live: Live) -> bool:
    strategy = live["spec"].get("updateStrategy") or {}
    return bool(strategy.get("type") != "OnDelete")


def _pod(pod: Live) -> bool:
    if _phase(pod) == "Failed":
        raise Failed("it ended with an error.")
    return _phase(pod) == "Succeeded" or _is_true(pod, "Ready")


def _job(job: Live) -> bool:
    if _is_true(job, "Failed"):
        raise Failed("it failed.")
    return _is_true(job, "Complete")


def _quota(quota: Live) -> bool:
    wanted, known = quota["spec"].get("hard") or {}, _status(quota).get("hard") or {}
    return wanted.keys() == known.keys() and all(
        wanted[key] == known[key] or same_quantity(wanted[key], known[key]) for key in wanted
    )


def _token(secret: Live) -> bool:
    return secret.get("type") != "kubernetes.io/service-account-token" or bool(secret.get("data"))


def _has_address(live: Live) -> bool:
    return bool((_status(live).get("loadBalancer") or {}).get("ingress"))


STATES: dict[str, Callable[[Live], bool]] = {
    "Ingress": _has_address,
    "Job": _job,
    "Namespace": lambda live: _phase(live) == "Active",
    "PersistentVolume": lambda live: _phase(live) in ("Available", "Bound"),
    "Pod": _pod,
    "ReplicationController": lambda live: (
        _status(live).get("availableReplicas", 0) == live["spec"].get("replicas", 1)
    ),
    "ResourceQuota": _quota,
    "Secret": _token,
}
"""By kind, whether an object works; every other kind works once it is there."""


def _claim(target: Target) -> Callable[[Live], bool]:
    """A claim whose class waits for a pod works while it is pending."""

    def works(claim: Live) -> bool:
        if _phase(claim) == "Bound":
            return True
        name = claim["spec"].get("storageClassName")
        manifest = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
        }
        found = target.get(manifest) if name else None
        waits = found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"
        return waits and _phase(claim) == "Pending"

    return works


def _service(target: Target, settled: float) -> Callable[[Live], bool]:
    """A Service works when none of its pods is unready; it may have none."""

    def works(service: Live) -> bool:
        spec, metadata = service["spec"], service["metadata"]
        if spec.get("type") == "LoadBalancer" and not _has_address(service):
            return False
        external = spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None"
        if external or not spec.get("selector"):
            return True
        label = f"--selector=kubernetes.io/service-name={metadata['name']}"
        slices = target.find("endpointslices", label, namespace=metadata["namespace"])
        endpoints = [one for part in slices for one in part.get("endpoints") or []]
        states = [one.get("conditions") or {} for one in endpoints]
        ready = [one.get("ready", True) for one in states if not one.get("terminating")]
        return all(ready) if ready else time.monotonic() > settled

    return works


def _annotations(live: Live) -> Mapping[str, str]:
    return live["metadata"].get("annotations") or {}


def _status(live: Live) -> Mapping[str, Any]:
    return live.get("status") or {}


def _phase(live: Live) -> str:
    return str(_status(live).get("phase", ""))


def _is_true(live: Live, condition: str) -> bool:
    return any(
        one["type"] == condition and one["status"] == "True"
        for one in _status(live).get("conditions") or []
    )
