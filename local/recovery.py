"""Recovery after a killed run: the engine's lock, half-made releases, unfinished creations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.command import run

if TYPE_CHECKING:
    from local.engine import Engine

RELEASE = "kubernetes:helm.sh/v3:Release"


def recover(engine: Engine) -> None:
    """Undo what a killed run left: the engine's lock, half-made releases, unfinished creations.

    The platform's own lock is held here, so whoever holds the engine's lock is dead.
    """
    locks = engine.layout.pulumi_backend / ".pulumi" / "locks"
    if any(locks.rglob("*.json")):
        engine.pulumi("cancel", "--yes", what="Releasing the lock of a killed run")
    exported = engine.pulumi("stack", "export", what="Reading the stack's state")
    deployment = json.loads(exported)["deployment"]
    pending = deployment.get("pending_operations") or []
    for namespace, name in sorted(releases(deployment)):
        _repair_release(engine, namespace, name)
    if not pending:
        return
    pairs = [pair for operation in pending if (pair := pending_import(operation))]
    # The flag is given once for each URN and once more for its id.
    flags = [f"--import-pending-creates={one}" for pair in pairs for one in pair]
    engine.pulumi(
        *("refresh", "--yes", "--skip-preview", *flags),
        what="Taking over what a killed run had made",
        config=True,
    )


def _repair_release(engine: Engine, namespace: str, name: str) -> None:
    """Undo what helm was doing when it was killed or lost the cluster."""
    helm = ["helm", f"--kubeconfig={engine.platform.kubeconfig}", f"--namespace={namespace}"]
    listing = run(
        [*helm, "list", "--pending", f"--filter=^{name}$", "--output=json"],
        what=f"Looking for an unfinished Helm release {namespace}/{name}",
        env=engine.environment,
    )
    for release in json.loads(listing):
        undo = "uninstall" if int(release["revision"]) == 1 else "rollback"
        run([*helm, undo, name], what=f"helm {undo} {name}", env=engine.environment)


def releases(deployment: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Namespace and name of the stack's own Helm releases; the cluster may have others."""
    resources = [
        *(deployment.get("resources") or []),
        *(one["resource"] for one in deployment.get("pending_operations") or []),
    ]
    return {
        (resource["inputs"]["namespace"], resource["inputs"]["name"])
        for resource in resources
        if resource["type"] == RELEASE
    }


def pending_import(operation: Mapping[str, Any]) -> tuple[str, str] | None:
    """URN and id of a resource whose creation was interrupted, by the id its provider gives it."""
    resource = operation["resource"]
    if operation["type"] != "creating":
        return None
    inputs, kind = resource.get("inputs", {}), str(resource["type"])
    if kind == "objectstore:index:Bucket":
        return resource["urn"], inputs["bucket"]
    if kind == RELEASE:
        return resource["urn"], f"{inputs['namespace']}/{inputs['name']}"
    if kind.startswith("kubernetes:"):
        metadata = inputs["metadata"]
        namespace = metadata.get("namespace")
        return resource["urn"], f"{namespace + '/' if namespace else ''}{metadata['name']}"
    return None
