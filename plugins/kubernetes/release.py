"""Helm releases, by the helm program; values go in by stdin, never by argument."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from plugins.errors import Refusal
from plugins.kubernetes import readiness
from plugins.kubernetes.kubectl import Failed, Target

DEFAULT_SECONDS = 300
_FLAGS = {
    "atomic": "--rollback-on-failure",
    "cleanupOnFail": "--cleanup-on-fail",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "skipCrds": "--skip-crds",
    "waitForJobs": "--wait-for-jobs",
}
_OPTIONS = {"description": "--description", "maxHistory": "--history-max", "version": "--version"}
_OTHERS = {
    "chart",
    "compat",
    "name",
    "namespace",
    "repositoryOpts",
    "skipAwait",
    "timeout",
    "values",
}
_REPOSITORY = {"repo": "--repo", "caFile": "--ca-file"}
REPLACING = ("name", "namespace")


def unsupported(inputs: Mapping[str, Any]) -> list[str]:
    """Inputs that this stand-in cannot honour. What is null, false or empty asks for nothing."""
    known = {*_FLAGS, *_OPTIONS, *_OTHERS}
    found = [key for key, value in inputs.items() if value and key not in known]
    repository = inputs.get("repositoryOpts") or {}
    if isinstance(repository, Mapping):
        found += [f"repositoryOpts.{key}" for key in repository if key not in _REPOSITORY]
    return sorted(found)


def create(target: Target, inputs: Mapping[str, Any], secrets: Iterable[str]) -> None:
    """Install. A release that a failed attempt left is upgraded; a working one is a Refusal."""
    state = (status(target, inputs) or {}).get("status", "")
    _refuse_pending(inputs, state)
    if state == "deployed":
        raise Refusal(
            f"The Helm release {_named(inputs)} exists already and is not part of this stack. "
            "Import it with `pulumi import`, choose another name, or uninstall it."
        )
    verb = ["upgrade"] if state else ["install"]
    _deploy(target, verb, inputs, secrets)


def update(target: Target, inputs: Mapping[str, Any], secrets: Iterable[str]) -> None:
    """Upgrade."""
    state = (status(target, inputs) or {}).get("status", "")
    _refuse_pending(inputs, state)
    _deploy(target, ["upgrade", "--install", "--reset-values"], inputs, secrets)


def delete(target: Target, inputs: Mapping[str, Any], limit: float) -> None:
    """Uninstall and wait until its objects are gone."""
    target.helm(
        *("uninstall", inputs["name"], f"--namespace={inputs['namespace']}"),
        *("--ignore-not-found", "--wait", f"--timeout={limit:.0f}s"),
    )


def status(target: Target, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """appVersion, chart, name, namespace, revision, status and version; None when not installed."""
    try:
        printed = target.helm(
            *("get", "metadata", inputs["name"], f"--namespace={inputs['namespace']}"),
            "--output=json",
        )
    except Failed as failed:
        if "not found" in str(failed):
            return None
        raise
    found = json.loads(printed)
    wanted = ("appVersion", "chart", "name", "namespace", "revision", "status", "version")
    return {key: found[key] for key in wanted if key in found}


def live_values(target: Target, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The values which the release was installed with."""
    printed = target.helm(
        *("get", "values", inputs["name"], f"--namespace={inputs['namespace']}"), "--output=json"
    )
    values: dict[str, Any] = json.loads(printed) or {}
    return values


def chart_digest(chart: Any) -> str:
    """Changes with every file of a chart folder or archive; empty for a chart from elsewhere."""
    path = Path(chart) if isinstance(chart, str) else Path()
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    if not (path / "Chart.yaml").is_file():
        return ""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _deploy(
    target: Target, verb: list[str], inputs: Mapping[str, Any], secrets: Iterable[str]
) -> None:
    flags = [flag for key, flag in _FLAGS.items() if inputs.get(key)]
    flags += [f"{flag}={inputs[key]}" for key, flag in _OPTIONS.items() if inputs.get(key)]
    repository = inputs.get("repositoryOpts") or {}
    flags += [f"{_REPOSITORY[key]}={value}" for key, value in repository.items()]
    if not inputs.get("skipAwait"):
        # As the official plugin waits: helm's new watcher takes an old failure for a new one.
        flags.append("--wait=legacy")
    limit = inputs.get("timeout") or DEFAULT_SECONDS
    try:
        target.helm(
            *verb,
            *(inputs["name"], inputs["chart"], f"--namespace={inputs['namespace']}"),
            *(f"--timeout={limit}s", "--values=-", "--output=json", *flags),
            stdin=yaml.safe_dump(inputs.get("values") or {}),
            secrets=secrets,
        )
    except Failed as failed:
        why = _pods_that_fail(target, inputs)
        raise Failed(
            f"The Helm release {_named(inputs)} did not become ready within {limit} s: {failed}"
            + (f"\n{why}" if why else "")
        ) from None


def _pods_that_fail(target: Target, inputs: Mapping[str, Any]) -> str:
    """One line for each pod of the release that does not run, with its last event."""
    namespace, name = inputs["namespace"], inputs["name"]
    label = f"--selector=app.kubernetes.io/instance={name}"
    told = []
    for pod in target.find("pods", label, namespace=namespace):
        if reason := readiness.pod_reason(pod):
            event = readiness.last_event(target, namespace, pod["metadata"]["name"])
            told.append(f"{reason}; {event}" if event else reason)
    for kind in ("statefulsets", "replicasets"):
        for owner in target.find(kind, label, namespace=namespace):
            wanted = owner["spec"].get("replicas", 0)
            if wanted and not (owner.get("status") or {}).get("replicas"):
                told.append(readiness.last_event(target, namespace, owner["metadata"]["name"]))
    return "\n".join(line for line in told if line)


def _refuse_pending(inputs: Mapping[str, Any], state: str) -> None:
    if not state.startswith("pending-"):
        return
    verb = "uninstall" if state == "pending-install" else "rollback"
    raise Refusal(
        f"The Helm release {_named(inputs)} is {state}: a run was killed in the middle. Nothing "
        f"was changed. Repair it with `helm {verb} {inputs['name']} -n {inputs['namespace']}`, "
        "then run `pulumi up` again."
    )


def _named(inputs: Mapping[str, Any]) -> str:
    return f"{inputs['namespace']}/{inputs['name']}"
