"""How large an environment is, how much of that is spare, and how much it may take at most."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vectorkit.decisions import cluster_values, naming, object_storage
from vectorkit.decisions.decide import Decisions
from vectorkit.schema import cluster_sizing, sizing
from vectorkit.schema.document import Document
from vectorkit.schema.value_types import mebibytes

Rows = list[dict[str, str]]
BYTES_OF = ("requests.memory", "limits.memory", "requests.storage")
"""What of a quota is a size, and no count."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """What is deployed of one kind; sizes in MiB, of each pod."""

    name: str
    pods: int
    most: int
    resources: dict[str, Any]
    """As its container states them."""
    disk: int = 0
    claimed: bool = False
    """Whether the disk is a volume of the cluster, not the machine's own."""
    headroom: str = ""

    def memory(self, kind: str) -> int:
        return mebibytes(self.resources[kind]["memory"])


def sizes(settings: Document, decisions: Decisions) -> Rows:
    """A row for each component."""
    return [
        {
            "component": one.name,
            "pods": str(one.pods) if one.most == one.pods else f"{one.pods} to {one.most}",
            "memory of each": size(one.memory("limits")),
            "CPU asked by each": one.resources["requests"]["cpu"],
            "disk of each": size(one.disk) if one.disk else "",
            "headroom": one.headroom,
        }
        for one in components(settings, decisions)
    ]


def quota(settings: Document, decisions: Decisions) -> Rows:
    """What the namespace may take, beside what the pods above take of it all day."""
    found = list(components(settings, decisions))
    taken = {
        "requests.memory": sum(one.pods * one.memory("requests") for one in found),
        "limits.memory": sum(one.pods * one.memory("limits") for one in found),
        "requests.storage": sum(one.pods * one.disk for one in found if one.claimed),
        "persistentvolumeclaims": sum(one.pods for one in found if one.claimed),
        "pods": sum(one.pods for one in found),
    }
    rows = []
    for resource, most in decisions.quota.items():
        held = mebibytes(most) if resource in BYTES_OF else int(most)
        shown = size if resource in BYTES_OF else str
        row = {"resource": resource, "most": shown(held), "taken": "", "headroom": ""}
        if resource in taken:
            used = taken[resource]
            row |= {"taken": shown(used), "headroom": share(held, used)}
        rows.append(row)
    return rows


def budgets(settings: Document, decisions: Decisions) -> Rows:
    """How many pods a drained machine may take away at a time; a throw-away stack has no limit."""
    if not settings.durable:
        return []
    return [
        {
            "budget": name,
            "of the pods": ", ".join(
                f"{key}={value}" for key, value in spec["selector"].get("matchLabels", {}).items()
            )
            or "all",
            "may be evicted at a time": str(spec["maxUnavailable"]),
        }
        for name, spec in decisions.budgets.items()
    ]


def storage(settings: Document) -> dict[str, str]:
    """What lies in the buckets, at most."""
    needed, store = object_storage.needed(settings), settings.store
    rate = f"at {settings.workload.rows_per_second:,} rows/s all day"
    found = {
        "vectors": size(settings.workload.size.raw),
        "live bucket": f"{size(needed.current)}: rows and index",
        "old versions": f"up to {size(needed.noncurrent)}: what was compacted, overwritten or "
        f"deleted in the last {store.live.undelete_days} days, {rate}",
    }
    if needed.log:
        found["write-ahead log"] = f"up to {size(needed.log)} with its old versions, {rate}"
    if store.vault.retention_days:
        found["vault"] = (
            f"up to {size(needed.vault)}: a copy of all, and what is new while a version stays "
            f"{store.vault.retention_days} days, {rate}"
        )
    return found


def components(settings: Document, decisions: Decisions) -> Iterator[Component]:
    """All that runs, from the Helm values and the job that are deployed."""
    values, shape = decisions.values, settings.shape
    if shape is None:
        yield _standalone(settings, values)
    else:
        room = _room(settings, shape)
        for label, pods in shape.components.items():
            yield Component(
                name=label,
                pods=pods.count,
                most=pods.most,
                resources=values[cluster_values.BLOCKS[label]]["resources"],
                disk=pods.disk_mib,
                headroom=room.get(label, ""),
            )
    yield Component(
        name="etcd",
        pods=settings.etcd.count,
        most=settings.etcd.most,
        resources=values["etcd"]["resources"],
        disk=sizing.ETCD_DISK_MIB,
        claimed=True,
        headroom=f"disk {share(sizing.ETCD_DISK_MIB, sizing.ETCD_QUOTA_MIB)} beyond etcd's quota",
    )
    if decisions.seal_job is not None:
        pod = decisions.seal_job["jobTemplate"]["spec"]["template"]["spec"]
        yield Component(
            name=naming.SEAL_JOB, pods=0, most=1, resources=pod["containers"][0]["resources"]
        )


def _standalone(settings: Document, values: dict[str, Any]) -> Component:
    needed = settings.workload.size
    memory, disk = share(settings.memory_mib, needed.memory), share(settings.disk_mib, needed.disk)
    return Component(
        name="standalone",
        pods=1,
        most=1,
        resources=values["standalone"]["resources"],
        disk=settings.disk_mib,
        claimed=True,
        headroom=f"memory {memory}, disk {disk}",
    )


def _room(settings: Document, shape: cluster_sizing.Shape) -> dict[str, str]:
    """What is spare of each component that is sized by the workload."""
    workload, needed = settings.workload, settings.workload.size
    held = shape.query_nodes_of_a_replica * (shape.querynode.memory_mib - sizing.PROCESS_MIB)
    indexed = workload.rows_per_second * needed.vector_bytes / 1024**2
    written = workload.rows_per_second * needed.row_bytes / 1024**2
    builds = cluster_sizing.BUILD_MIB_PER_CPU_SECOND * cluster_sizing.DATA_NODE_CPUS
    logs = cluster_sizing.WAL_MIB_PER_SECOND
    return {
        "querynode": f"memory {share(held, sizing.HEADROOM * needed.loaded)} with one lost",
        "datanode": f"rows/s {share(shape.datanode.count * builds, indexed)}",
        "streamingnode": f"rows/s {share(shape.streamingnode.count * logs, written)}",
    }


def share(held: float, needed: float) -> str:
    """How much more is held than is needed."""
    return f"{held / needed - 1:+,.0%}"


def size(mib: int) -> str:
    """For reading."""
    for unit, factor in (("TiB", 1024**2), ("GiB", 1024)):
        if mib >= factor:
            return f"{mib / factor:,.1f} {unit}"
    return f"{mib} MiB"
