"""Creates, reads, updates and deletes objects of every kind by kubectl."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes import diagnosis, manifests, naming, readiness
from plugins.kubernetes.kubectl import Failed, Target, identity

PATCH_FORCE = "pulumi.com/patchForce"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"
_RETRY_SECONDS = (1, 2, 4)
_HANDS = ("kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes")
_CONFLICT = re.compile(r'conflicts? with "([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Applied:
    """An object as the program wants it."""

    inputs: Mapping[str, Any]
    manager: str
    """Who owns its fields."""
    secrets: Iterable[str] = ()
    """Texts that no message may repeat."""


def create(target: Target, wanted: Applied) -> dict[str, Any]:
    """Make the object and return it live.

    Raises Refusal when it exists already, but for one that this very resource has made: an engine
    that was killed then has no record of it.
    """
    found = target.get(wanted.inputs, managed_fields=True)
    if found is not None and not _made_by(found, wanted.manager):
        raise Refusal(
            f"{_named(wanted.inputs)} exists already and is not part of this stack. Import it with "
            "`pulumi import`, choose another name, or delete it."
        )
    for delay in _RETRY_SECONDS:
        try:
            return _apply(target, wanted)
        except Failed as failed:
            # Its CustomResourceDefinition or namespace may be on its way.
            if not failed.unknown_kind and "namespaces " not in str(failed):
                raise _refused(wanted.inputs, failed) from None
            time.sleep(delay)
    return update(target, wanted)


def _made_by(found: Mapping[str, Any], manager: str) -> bool:
    """Whether this resource applied the object: its manager's name holds a digest of its URN."""
    entries = found["metadata"].get("managedFields", [])
    return any((one["manager"], one["operation"]) == (manager, "Apply") for one in entries)


def foreseen(target: Target, wanted: Applied) -> dict[str, Any] | None:
    """The object as the server would make it; None when it cannot say that yet. Raises Refusal
    when it would not take it."""
    try:
        # One of that name must go first: the server cannot foresee what comes after.
        exists = target.get(wanted.inputs) is not None
        return None if exists else _apply(target, wanted, "--dry-run=server")
    except Failed as failed:
        if any(sign in str(failed) for sign in ("is invalid", "BadRequest", "decoding error")):
            raise _refused(wanted.inputs, failed) from None
        return None
    except Refusal:
        return None


def read(target: Target, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The live object; None when it is gone."""
    live = target.get(manifest)
    return None if live is None else manifests.outputs(live)


def update(target: Target, wanted: Applied) -> dict[str, Any]:
    """Apply the changed object and return it live. What was changed by hand or by another Pulumi
    is taken back; a field that a controller owns is a Refusal, unless the annotation
    pulumi.com/patchForce takes it over."""
    try:
        return _apply(target, wanted)
    except Failed as failed:
        if not conflicts_only_with_hands(str(failed)):
            raise _refused(wanted.inputs, failed) from None
        return _apply(target, wanted, force=True)


def conflicts_only_with_hands(message: str) -> bool:
    """Whether every manager in kubectl's list of conflicts is kubectl or Pulumi: from these the
    official plugin takes over as well (fixCSAFieldManagers in its await.go)."""
    managers = _CONFLICT.findall(message)
    return bool(managers) and all(manager.startswith(_HANDS) for manager in managers)


def delete(target: Target, manifest: Mapping[str, Any], limit: float) -> None:
    """Delete the object and what it owns and wait until it is gone. Raises Refusal naming what
    holds it."""
    waits = not readiness.skipped(manifest)
    policy = _annotations(manifest).get(PROPAGATION, "foreground")
    try:
        target.kubectl(
            *("delete", "--filename=-", "--ignore-not-found", f"--wait={str(waits).lower()}"),
            *(f"--cascade={policy.lower()}", f"--timeout={limit:.0f}s", "--request-timeout=0"),
            namespace=manifest["metadata"].get("namespace"),
            stdin=json.dumps(identity(manifest)),
        )
    except Failed as failed:
        live = target.get(manifest)
        if live is None:
            return
        raise Refusal(
            f"{_named(manifest)} was not gone after {limit:.0f} s"
            f"{diagnosis.what_holds(live)}. {failed} Find what uses it, then destroy again."
        ) from None


def _apply(target: Target, wanted: Applied, *flags: str, force: bool = False) -> dict[str, Any]:
    force = force or _annotations(wanted.inputs).get(PATCH_FORCE) == "true"
    printed = target.kubectl(
        *("apply", "--server-side", f"--field-manager={wanted.manager}", "--filename=-"),
        *(f"--force-conflicts={str(force).lower()}", "--output=json", *flags),
        namespace=wanted.inputs["metadata"].get("namespace"),
        stdin=json.dumps(manifests.sent(wanted.inputs)),
        secrets=wanted.secrets,
    )
    return manifests.outputs(json.loads(printed))


def _refused(manifest: Mapping[str, Any], failed: Failed) -> Refusal:
    if "Apply failed with" in str(failed):
        conflicts = str(failed).partition("\nPlease review")[0]
        return Refusal(
            f"{_named(manifest)} has fields that another manager owns: {conflicts}. Leave them out "
            f'of the program, or take them over with the annotation {PATCH_FORCE}: "true".'
        )
    if failed.unknown_kind:
        return Refusal(
            f"{_named(manifest)}: the cluster knows no {manifest['apiVersion']} "
            f"{manifest['kind']}. Correct the apiVersion, or install its CustomResourceDefinition."
        )
    return Refusal(f"The cluster refused {_named(manifest)}: {failed}")


def _annotations(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    return manifest["metadata"].get("annotations") or {}


def _named(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['kind']} {naming.identifier(manifest)}"
