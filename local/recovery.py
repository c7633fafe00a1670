"""Recovery after a killed run: the engine's lock, half-made releases, unfinished creations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.command import run

if TYPE_CHECKING:
    from local.engine import Engine


def recover(engine: Engine) -> None:
    """Undo what a killed run left: the engine's lock, half-made releases, unfinished creations.

    The platform's own lock is held here, so whoever holds the engine's lock is dead.
    """
    locks = engine.layout.pulumi_backend / ".pulumi" / "locks"
    if any(locks.rglob("*.json")):
        engine.pulumi("cancel", "--yes", what="Releasing the lock of a killed run")
    exported = engine.pulumi("stack", "export", what="Reading the stack's state")
    pending = json.loads(exported)["deployment"].get("pending_operations") or []
    if not pending:
        return
    _repair_releases(engine)
    pairs = [pair for operation in pending if (pair := pending_import(operation))]
    # The flag is given once for each URN and once more for its id.
    flags = [f"--import-pending-creates={one}" for pair in pairs for one in pair]
    engine.pulumi(
        *("refresh", "--yes", "--skip-preview", *flags),
        what="Taking over what a killed run had made",
        config=True,
    )


def _repair_releases(engine: Engine) -> None:
    helm = ["helm", f"--kubeconfig={engine.platform.kubeconfig}"]
    listing = run(
        [*helm, "list", "--all-namespaces", "--pending", "--output=json"],
        what="Listing unfinished Helm releases",
        env=engine.environment,
    )
    for release in json.loads(listing):
        name, namespace = release["name"], f"--namespace={release['namespace']}"
        undo = "uninstall" if int(release["revision"]) == 1 else "rollback"
        run([*helm, undo, name, namespace], what=f"helm {undo} {name}", env=engine.environment)


def pending_import(operation: Mapping[str, Any]) -> tuple[str, str] | None:
    """URN and id of a resource whose creation was interrupted, by the id its provider gives it."""
    resource = operation["resource"]
    if operation["type"] != "creating":
        return None
    inputs, kind = resource.get("inputs", {}), str(resource["type"])
    if kind == "objectstore:index:Bucket":
        return resource["urn"], inputs["bucket"]
    if kind == "kubernetes:helm.sh/v3:Release":
        return resource["urn"], f"{inputs['namespace']}/{inputs['name']}"
    if kind.startswith("kubernetes:"):
        metadata = inputs["metadata"]
        namespace = metadata.get("namespace")
        return resource["urn"], f"{namespace + '/' if namespace else ''}{metadata['name']}"
    return None
