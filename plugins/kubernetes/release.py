"""Helm releases, by the helm program; values go in by stdin, never by argument."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from plugins.errors import Refusal
from plugins.kubernetes import diagnosis
from plugins.kubernetes.kubectl import Failed, Target, without_secrets

DEFAULT_SECONDS = 300
_FLAGS = {
    "atomic": "--rollback-on-failure",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "renderSubchartNotes": "--render-subchart-notes",
    "skipCrds": "--skip-crds",
    "verify": "--verify",
    "waitForJobs": "--wait-for-jobs",
}
_UPGRADE_FLAGS = {"cleanupOnFail": "--cleanup-on-fail"}
_OPTIONS = {"description": "--description", "keyring": "--keyring", "version": "--version"}
_UPGRADE_OPTIONS = {"maxHistory": "--history-max"}
_REPOSITORY = {
    "repo": "--repo",
    "caFile": "--ca-file",
    "certFile": "--cert-file",
    "keyFile": "--key-file",
}
# An upgrade always starts from the chart's own values: resetValues asks for nothing else.
_OTHERS = {
    *("allowNullValues", "chart", "name", "namespace", "repositoryOpts", "resetValues"),
    *("skipAwait", "timeout", "values"),
}
_EXACT = re.compile(r"v?\d+\.\d+\.\d+")
_STATUS = ("appVersion", "chart", "name", "namespace", "revision", "status", "version")


def unsupported(inputs: Mapping[str, Any]) -> list[str]:
    """Inputs that this stand-in cannot honour. What is null, false or empty asks for nothing."""
    known = {*_FLAGS, *_UPGRADE_FLAGS, *_OPTIONS, *_UPGRADE_OPTIONS, *_OTHERS}
    found = [key for key, value in inputs.items() if value and key not in known]
    repository = inputs.get("repositoryOpts") or {}
    if isinstance(repository, Mapping):
        # helm takes a password on its command line alone, where everybody can read it.
        found += [
            f"repositoryOpts.{key}"
            for key, value in repository.items()
            if value and key not in _REPOSITORY
        ]
    return sorted(found)


def create(target: Target, inputs: Mapping[str, Any], secrets: Iterable[str]) -> None:
    """Install. A release that a failed attempt left is upgraded; a working one is a Refusal."""
    state = _state(target, inputs)
    if state == "deployed":
        raise Refusal(
            f"The Helm release {_named(inputs)} exists already and is not part of this stack. "
            "Import it with `pulumi import`, choose another name, or uninstall it."
        )
    _deploy(target, inputs, secrets, upgrade=bool(state))


def update(target: Target, inputs: Mapping[str, Any], secrets: Iterable[str]) -> None:
    """Upgrade; install what somebody has uninstalled."""
    _deploy(target, inputs, secrets, upgrade=bool(_state(target, inputs)))


def delete(target: Target, inputs: Mapping[str, Any], limit: float) -> None:
    """Uninstall and wait until its objects are gone."""
    waits = [] if inputs.get("skipAwait") and not inputs.get("atomic") else ["--wait"]
    try:
        target.helm(
            *("uninstall", inputs["name"], f"--namespace={inputs['namespace']}"),
            *("--ignore-not-found", f"--timeout={limit:.0f}s", *waits),
        )
    except Failed as failed:
        raise Refusal(
            f"The Helm release {_named(inputs)} was not gone after {limit:.0f} s: {failed} "
            "Find what holds its objects, then destroy again."
        ) from None


def status(target: Target, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """appVersion, chart, name, namespace, revision, status and version; None when not installed."""
    try:
        found = json.loads(_get(target, inputs, "metadata", "--output=json"))
    except Failed as failed:
        if "not found" in str(failed):
            return None
        raise
    return {key: found[key] for key in _STATUS if key in found}


def live_values(target: Target, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The values which the release was installed with."""
    values: dict[str, Any] = json.loads(_get(target, inputs, "values", "--output=json")) or {}
    return values


def read_back(
    inputs: Mapping[str, Any], status: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """The inputs that helm can tell."""
    if not inputs:
        imported = {"chart": status["chart"], "timeout": DEFAULT_SECONDS}
        return {**imported, "version": status["version"], "values": values}
    found: dict[str, Any] = {"values": values} if values or "values" in inputs else {}
    asked = str(inputs.get("version", ""))
    # A range stays a range: the release was never asked for exactly this version.
    if _EXACT.match(asked) and asked.removeprefix("v") != status["version"].removeprefix("v"):
        found["version"] = status["version"]
    return found


def resource_names(target: Target, inputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of the objects that the release made, by `Kind.group/apiVersion`."""
    named: dict[str, set[str]] = {}
    for manifest in yaml.safe_load_all(_get(target, inputs, "manifest")):
        if isinstance(manifest, dict) and "kind" in manifest:
            version, metadata = manifest["apiVersion"], manifest.get("metadata") or {}
            group = version.rpartition("/")[0]
            kind = f"{manifest['kind']}.{group}" if group else manifest["kind"]
            name, namespace = metadata.get("name", ""), metadata.get("namespace")
            qualified = f"{namespace}/{name}" if namespace else name
            named.setdefault(f"{kind}/{version}", set()).add(qualified)
    return {key: sorted(names) for key, names in named.items()}


def _get(target: Target, inputs: Mapping[str, Any], what: str, *flags: str) -> str:
    return target.helm(*("get", what, inputs["name"], f"--namespace={inputs['namespace']}", *flags))


def _state(target: Target, inputs: Mapping[str, Any]) -> str:
    """What helm says of the release; empty when there is none. Raises Refusal for one that is
    locked by a run which was killed."""
    state = str((status(target, inputs) or {}).get("status", ""))
    if state.startswith("pending-"):
        verb = "uninstall" if state == "pending-install" else "rollback"
        raise Refusal(
            f"The Helm release {_named(inputs)} is {state}: a run was killed in the middle. "
            f"Nothing was changed. Repair it with `helm {verb} {inputs['name']} "
            f"-n {inputs['namespace']}`, then run `pulumi up` again."
        )
    return state


def _deploy(
    target: Target, inputs: Mapping[str, Any], secrets: Iterable[str], *, upgrade: bool
) -> None:
    limit = inputs.get("timeout") or DEFAULT_SECONDS
    try:
        target.helm(
            *(["upgrade", "--reset-values", "--force-conflicts"] if upgrade else ["install"]),
            *(inputs["name"], inputs["chart"], f"--namespace={inputs['namespace']}"),
            *(f"--timeout={limit}s", "--values=-", "--output=json"),
            *flags(inputs, upgrade=upgrade),
            # JSON, since helm takes an unquoted y, n or 1e3 of YAML for something else.
            stdin=json.dumps(inputs.get("values") or {}),
            secrets=secrets,
        )
    except Failed as failed:
        # Events and container states repeat parts of the values.
        reason = diagnosis.of_release(target, inputs["namespace"], inputs["name"])
        why = without_secrets(reason, secrets)
        raise Failed(
            f"The Helm release {_named(inputs)} failed (waited up to {limit} s): {failed}"
            + (f"\n{why}" if why else "")
        ) from None


def flags(inputs: Mapping[str, Any], *, upgrade: bool) -> list[str]:
    """What helm is told of the inputs besides chart, name, namespace, timeout and values."""
    switches = _FLAGS | (_UPGRADE_FLAGS if upgrade else {})
    options = _OPTIONS | (_UPGRADE_OPTIONS if upgrade else {})
    said = [flag for key, flag in switches.items() if inputs.get(key)]
    said += [f"{flag}={inputs[key]}" for key, flag in options.items() if inputs.get(key)]
    repository = inputs.get("repositoryOpts") or {}
    said += [f"{_REPOSITORY[key]}={value}" for key, value in repository.items() if value]
    # As the official plugin waits: helm's new watcher takes an old failure for a new one.
    return said if inputs.get("skipAwait") else [*said, "--wait=legacy"]


def _named(inputs: Mapping[str, Any]) -> str:
    return f"{inputs['namespace']}/{inputs['name']}"
