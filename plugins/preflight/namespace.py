"""Whether the environment's namespace can be made, or is its own already."""

import time
from collections.abc import Mapping
from typing import Any

from plugins.kubernetes import diagnosis
from plugins.preflight.cluster import Cluster

GONE_SECONDS = 60
"""How long a namespace that is being deleted may take."""
_ASK_SECONDS = 1


def refusal(
    cluster: Cluster, name: str, labels: Mapping[str, str], *, own: bool, limit: float
) -> str | None:
    """Why the namespace cannot be used; None when it can. `own`: the last deployment had it."""
    live = _settled(cluster, name, limit)
    if live is None:
        return None
    if live["metadata"].get("deletionTimestamp"):
        return (
            f"namespace {name} is being deleted and was not gone after {limit:.0f} s"
            f"{diagnosis.what_holds(live)}. Remove what holds it, then try again."
        )
    found = live["metadata"].get("labels") or {}
    if own or all(found.get(key) == value for key, value in labels.items()):
        return None
    return (
        f"namespace {name} exists already and is not this environment's: it lacks the labels "
        f"{_told(labels)}, and has {_told(found)}. Choose another namespace. If it is meant, "
        f"label it by hand and take it over with `pulumi import`."
    )


def _settled(cluster: Cluster, name: str, limit: float) -> dict[str, Any] | None:
    """The namespace; one that is being deleted only when it is not gone in time."""
    deadline = time.monotonic() + limit
    live = cluster.namespace(name)
    while live and live["metadata"].get("deletionTimestamp") and time.monotonic() < deadline:
        time.sleep(_ASK_SECONDS)
        live = cluster.namespace(name)
    return live


def _told(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "none"
