"""What may run and talk in the namespace, as data: quota, and specs of NetworkPolicies.

Traffic that is not listed is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vectorkit.decisions import naming
from vectorkit.schema import cluster_sizing, sizing

Spec = dict[str, Any]

ETCD_PORT = 2379
ETCD_METRICS_PORT = 2381
"""Metrics and health alone; 2379 would give whoever reads them all of Milvus's metadata."""
ETCD_PEER_PORT = 2380
DNS_PORT = 53
COMPONENT_PORTS = (19529, 19530, 21121, 21123, 21124, 22222, 53100)
"""By which Milvus's components speak to each other: proxies, index, query, data and streaming
nodes, coordinator."""

EVERY_POD: Spec = {}
MILVUS: Spec = {"matchLabels": {"app.kubernetes.io/name": "milvus"}}
ETCD: Spec = {"matchLabels": {"app.kubernetes.io/name": "etcd"}}
SEAL_JOB: Spec = {"matchLabels": {"app.kubernetes.io/name": naming.SEAL_JOB}}


CONTAINER_LIMITS: Any = {
    "limits": [
        {
            "type": "Container",
            "default": {"memory": "128Mi"},
            "defaultRequest": {"cpu": "50m", "memory": "128Mi"},
        }
    ]
}
"""For a container that states nothing; the quota would refuse it."""
SPARE_MEMORY_MIB = 512
"""For short-lived pods such as jobs of the chart."""
SPARE_PODS = 8


def budgets(shape: cluster_sizing.Shape | None) -> dict[str, Spec]:
    """Specs of PodDisruptionBudgets by name.

    Standalone is one replica each: an eviction is an outage, which whoever drains the node
    decides. In a cluster one pod of each component may go at a time.
    """
    if shape is None:
        return {"refuse-evictions": {"maxUnavailable": 0, "selector": {}}}
    selectors = {f"milvus-{label}": _component(label) for label in shape.components}
    selectors |= {"milvus-etcd": ETCD}
    return {name: {"maxUnavailable": 1, "selector": one} for name, one in selectors.items()}


def standalone_quota(*, memory_mib: int, disk_mib: int, node_ports: int) -> dict[str, str]:
    """What the environment may use in all: Milvus's memory and disk, etcd's, and a little spare."""
    return _quota(
        memory_mib=memory_mib + cluster_sizing.ETCD_OF_STANDALONE.memory_mib,
        disk_mib=disk_mib + sizing.ETCD_DISK_MIB,
        volumes=2,
        pods=2,
        node_ports=node_ports,
    )


def cluster_quota(
    shape: cluster_sizing.Shape,
    *,
    node_ports: int,
    gpus: Mapping[str, int],
    seal_memory_mib: int = 0,
) -> dict[str, str]:
    """The same for all components at most, and for three members of etcd."""
    etcd = cluster_sizing.ETCD
    return _quota(
        memory_mib=shape.memory_mib + etcd.count * etcd.memory_mib + seal_memory_mib,
        disk_mib=etcd.count * sizing.ETCD_DISK_MIB,
        volumes=etcd.count,
        pods=shape.pods + etcd.count,
        node_ports=node_ports,
    ) | {f"requests.{resource}": str(count) for resource, count in gpus.items()}


def _quota(
    *, memory_mib: int, disk_mib: int, volumes: int, pods: int, node_ports: int
) -> dict[str, str]:
    memory = memory_mib + SPARE_MEMORY_MIB
    return {
        "limits.memory": f"{memory}Mi",
        "requests.memory": f"{memory}Mi",
        "requests.storage": f"{disk_mib}Mi",
        "persistentvolumeclaims": str(volumes),
        "pods": str(pods + SPARE_PODS),
        "services.loadbalancers": "0",
        "services.nodeports": str(node_ports),
    }


def network_policies(
    *,
    store_networks: Sequence[str],
    store_port: int,
    clients: Sequence[str],
    client_namespaces: Sequence[str] = (),
    monitoring_namespace: str | None,
    clustered: bool = False,
    queue: Sequence[tuple[Sequence[str], int]] = (),
    seals: bool = False,
) -> dict[str, Spec]:
    """NetworkPolicy specs by name. `clients`: networks; `queue`: networks and port of a log outside
    the namespace; `seals`: a job of the namespace seals what there is."""
    others = [*map(_namespace, client_namespaces), *_networks(clients)]
    ingress = [_rule("from", [{"podSelector": {}}, *others], naming.MILVUS_PORT)]
    readers = [MILVUS, SEAL_JOB] if seals else [MILVUS]
    etcd_ingress = [_rule("from", [{"podSelector": one} for one in readers], ETCD_PORT)]
    egress = [
        _rule("to", [{"podSelector": ETCD}], ETCD_PORT),
        _rule("to", _networks(store_networks), store_port),
        *(_rule("to", _networks(networks), port) for networks, port in queue),
    ]
    etcd_egress: list[Spec] = []
    if clustered:
        for port in COMPONENT_PORTS:
            ingress.append(_rule("from", [{"podSelector": MILVUS}], port))
            egress.append(_rule("to", [{"podSelector": MILVUS}], port))
        for port in (ETCD_PORT, ETCD_PEER_PORT):
            etcd_ingress.append(_rule("from", [{"podSelector": ETCD}], port))
            etcd_egress.append(_rule("to", [{"podSelector": ETCD}], port))
    if monitoring_namespace:
        watchers = [_namespace(monitoring_namespace)]
        ingress.append(_rule("from", watchers, naming.METRICS_PORT))
        etcd_ingress.append(_rule("from", watchers, ETCD_METRICS_PORT))
    return {
        "deny-all": {"podSelector": EVERY_POD, "policyTypes": ["Ingress", "Egress"]},
        "allow-dns": {
            "podSelector": EVERY_POD,
            "policyTypes": ["Egress"],
            "egress": [
                {
                    "to": [_namespace("kube-system")],
                    "ports": [{"port": DNS_PORT, "protocol": one} for one in ("UDP", "TCP")],
                }
            ],
        },
        "allow-milvus": {
            "podSelector": MILVUS,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
        "allow-etcd": {
            "podSelector": ETCD,
            "policyTypes": ["Ingress", *(["Egress"] if etcd_egress else [])],
            "ingress": etcd_ingress,
            **({"egress": etcd_egress} if etcd_egress else {}),
        },
        **({"allow-seal-job": _seal_job(store_networks, store_port)} if seals else {}),
    }


def _seal_job(store_networks: Sequence[str], store_port: int) -> Spec:
    return {
        "podSelector": SEAL_JOB,
        "policyTypes": ["Ingress", "Egress"],
        "egress": [
            _rule("to", [{"podSelector": ETCD}], ETCD_PORT),
            _rule("to", [{"podSelector": MILVUS}], naming.MILVUS_PORT),
            _rule("to", _networks(store_networks), store_port),
        ],
    }


def _component(label: str) -> Spec:
    return {"matchLabels": {**MILVUS["matchLabels"], "component": label}}


def _rule(direction: str, peers: list[Spec], port: int) -> Spec:
    return {direction: peers, "ports": [{"port": port, "protocol": "TCP"}]}


def _networks(cidrs: Sequence[str]) -> list[Spec]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def _namespace(name: str) -> Spec:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
