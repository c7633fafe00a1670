"""Creates, reads, updates and deletes objects of every kind by kubectl."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes import naming, readiness
from plugins.kubernetes.kubectl import Failed, Target, identity

PATCH_FORCE = "pulumi.com/patchForce"
_OURS = ("__inputs", "__fieldManager", "status", "id")


def create(
    target: Target, manifest: Mapping[str, Any], *, manager: str, secrets: Iterable[str]
) -> dict[str, Any]:
    """Make the object and return it live. Raises Refusal when it exists already."""
    if target.get(manifest) is not None:
        raise Refusal(
            f"{_named(manifest)} exists already and is not part of this stack. Import it with "
            f"`pulumi import`, choose another name, or delete it."
        )
    return _apply(target, manifest, manager=manager, secrets=secrets)


def read(target: Target, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The live object; None when it is gone."""
    return _plain(target.get(manifest))


def update(
    target: Target, manifest: Mapping[str, Any], *, manager: str, secrets: Iterable[str]
) -> dict[str, Any]:
    """Apply the changed object and return it live. A field that somebody else owns is a Refusal,
    unless the annotation pulumi.com/patchForce takes it over."""
    try:
        return _apply(target, manifest, manager=manager, secrets=secrets)
    except Failed as failed:
        if "conflict" not in str(failed):
            raise
        raise Refusal(
            f"{_named(manifest)} has fields that another manager owns: {failed} Give them up in "
            f'the program, or take them over with the annotation {PATCH_FORCE}: "true".'
        ) from None


def delete(target: Target, manifest: Mapping[str, Any], limit: float) -> None:
    """Delete the object and wait until it is gone. Raises Refusal naming what holds it."""
    try:
        target.kubectl(
            *("delete", "--filename=-", "--ignore-not-found", "--wait=true"),
            *(f"--timeout={limit:.0f}s", "--request-timeout=0"),
            namespace=manifest["metadata"].get("namespace"),
            stdin=json.dumps(identity(manifest)),
        )
    except Failed as failed:
        live = target.get(manifest)
        if live is None:
            return
        finalizers = live["metadata"].get("finalizers") or (live.get("spec") or {}).get(
            "finalizers"
        )
        held = f"; it waits for its finalizers {', '.join(finalizers)}" if finalizers else ""
        raise Refusal(
            f"{_named(manifest)} was not gone after {limit:.0f} s{held}. {failed} Find what uses "
            "it, then destroy again."
        ) from None


def await_ready(target: Target, live: Mapping[str, Any], given: float) -> dict[str, Any]:
    """Wait until the object works; returns it as it is then. Raises readiness.NeverReady."""
    readiness.wait(target, live, readiness.seconds(live, given))
    return read(target, live) or dict(live)


def _apply(
    target: Target, manifest: Mapping[str, Any], *, manager: str, secrets: Iterable[str]
) -> dict[str, Any]:
    sent = {key: value for key, value in manifest.items() if key not in _OURS}
    force = (manifest["metadata"].get("annotations") or {}).get(PATCH_FORCE) == "true"
    printed = target.kubectl(
        *("apply", "--server-side", f"--field-manager={manager}", "--filename=-"),
        *(f"--force-conflicts={str(force).lower()}", "--output=json"),
        namespace=manifest["metadata"].get("namespace"),
        stdin=json.dumps(sent),
        secrets=secrets,
    )
    live = _plain(json.loads(printed))
    if live is None:
        raise Refusal(f"kubectl applied {_named(manifest)} but printed nothing.")
    return live


def _plain(live: dict[str, Any] | None) -> dict[str, Any] | None:
    """The object without what only the API server needs."""
    if live is None:
        return None
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return {**live, "metadata": metadata}


def _named(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['kind']} {naming.identifier(manifest)}"
