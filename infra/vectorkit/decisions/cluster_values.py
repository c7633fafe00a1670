"""Helm values of the components in cluster mode, by the upstream chart's paths."""

from typing import Any

from vectorkit.decisions import tls_values
from vectorkit.schema.cluster_sizing import Pods, Shape
from vectorkit.schema.milvus_document import Milvus

Values = dict[str, Any]

BLOCKS = {
    "proxy": "proxy",
    "mixcoord": "mixCoordinator",
    "querynode": "queryNode",
    "datanode": "dataNode",
    "streamingnode": "streamingNode",
}
"""The chart's block of each component, by its label."""
WORK_FOLDER = "/var/lib/milvus"
"""Where every component writes while it works; the root file system is read-only."""
BUSY_PERCENT = 60
"""CPU of the proxies at which one more is started."""
ON_GPU = ("querynode", "datanode")
"""Who searches and who builds."""


def components(milvus: Milvus, shape: Shape, environment: list[Values]) -> Values:
    """A block for each component."""
    found = {
        BLOCKS[label]: {
            "replicas": pods.count,
            "extraEnv": environment,
            "resources": _resources(label, pods, milvus),
            "topologySpreadConstraints": apart(milvus_labels(label)),
            "strategy": _rolling(spare=label == "querynode"),
        }
        for label, pods in shape.components.items()
    }
    for label in ON_GPU if milvus.gpu else ():
        found[BLOCKS[label]] |= on_gpu_nodes(milvus)
    found["mixCoordinator"]["activeStandby"] = {"enabled": True}
    found["queryNode"] |= _query_nodes(milvus, shape)
    if milvus.tls:
        volume, mount = tls_values.mounted(milvus.tls)
        found["proxy"] |= {"volumes": [volume], "volumeMounts": [mount]}
    if shape.proxy.most > shape.proxy.count:
        # Only proxies hold nothing: a new query node would first load segments, and a new
        # streaming node would take over channels, just when there is no time.
        found["proxy"] |= {
            "replicas": -1,
            "hpa": {
                "enabled": True,
                "minReplicas": shape.proxy.count,
                "maxReplicas": shape.proxy.most,
                "cpuUtilization": BUSY_PERCENT,
            },
        }
    return found


def work_volume() -> tuple[Values, Values]:
    """A volume and its mount; whatever is in it can be fetched again from the store."""
    return {"name": "work", "emptyDir": {}}, {"name": "work", "mountPath": WORK_FOLDER}


def _query_nodes(milvus: Milvus, shape: Shape) -> Values:
    on_disk = shape.querynode.disk_mib > 0
    found: Values = {"disk": {"enabled": on_disk, "size": {"enabled": on_disk}}}
    if milvus.node_selector:
        found["nodeSelector"] = dict(milvus.node_selector)
    if milvus.gpu and milvus.gpu.runtime_class:
        found["runtimeClassName"] = milvus.gpu.runtime_class
    return found


def on_gpu_nodes(milvus: Milvus) -> Values:
    """Where the GPUs are, although others are kept away from there."""
    if milvus.gpu is None:
        return {}
    tolerations = [
        {
            "key": one.key,
            "effect": one.effect,
            **({"operator": "Equal", "value": one.value} if one.value else {"operator": "Exists"}),
        }
        for one in milvus.gpu.tolerations
    ]
    return {
        **({"nodeSelector": dict(milvus.node_selector)} if milvus.node_selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }


def _rolling(*, spare: bool) -> Values:
    """One pod at a time. With a spare one, the old goes first: its successor may be as large as a
    machine. The quota has room for no more."""
    surge, unavailable = (0, 1) if spare else (1, 0)
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
    }


def _resources(label: str, pods: Pods, milvus: Milvus) -> Values:
    limits: Values = {"memory": f"{pods.memory_mib}Mi"}
    if pods.disk_mib:
        limits["ephemeral-storage"] = f"{pods.disk_mib}Mi"
    if milvus.gpu and label in ON_GPU:
        limits[milvus.gpu.resource] = milvus.gpu.count
    return {
        "requests": {"cpu": f"{pods.cpu_millis}m", "memory": f"{pods.memory_mib}Mi"},
        "limits": limits,
    }


def milvus_labels(component: str) -> dict[str, str]:
    """Of the pods of one component."""
    return {"app.kubernetes.io/name": "milvus", "component": component}


def apart(labels: dict[str, str]) -> list[Values]:
    """Pods with these labels stand on different machines and in different zones where they can."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def etcd_apart(*, durable: bool) -> Values:
    """Two members on one machine are lost together, and the quorum with them."""
    return {
        # By itself the chart only prefers it, and a scheduler in need puts all three together.
        "podAntiAffinityPreset": "hard" if durable else "soft",
        "topologySpreadConstraints": apart({"app.kubernetes.io/name": "etcd"}),
    }
