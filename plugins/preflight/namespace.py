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
    cluster: Cluster,
    live: dict[str, Any],
    labels: Mapping[str, str],
    *,
    own: bool,
    limit: float,
) -> str | None:
    """Why the namespace cannot be used; None when it can. `own`: the last deployment had it."""
    name = live["metadata"]["name"]
    now = _settled(cluster, live, limit)
    if now is None:
        return None
    if now["metadata"].get("deletionTimestamp"):
        return (
            f"namespace {name} is being deleted and was not gone after {limit:.0f} s"
            f"{diagnosis.what_holds(now)}. Remove what holds it, then try again."
        )
    found = now["metadata"].get("labels") or {}
    if own or all(found.get(key) == value for key, value in labels.items()):
        return None
    return (
        f"namespace {name} exists already and is not this environment's: it lacks the labels "
        f"{_told(labels)}, and has {_told(found)}. Choose another namespace. If it is meant, "
        f"label it by hand and take it over with `pulumi import`."
    )


def _settled(cluster: Cluster, live: dict[str, Any], limit: float) -> dict[str, Any] | None:
    """The namespace as it is; one that is being deleted only when it is not gone in time."""
    deadline = time.monotonic() + limit
    now: dict[str, Any] | None = live
    while now and now["metadata"].get("deletionTimestamp") and time.monotonic() < deadline:
        time.sleep(_ASK_SECONDS)
        now = cluster.namespace(live["metadata"]["name"])
    return now


def _told(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "none"
