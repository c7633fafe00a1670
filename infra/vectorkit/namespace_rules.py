"""What may run and talk in the namespace, as data: quota, and specs of NetworkPolicies.

Traffic that is not listed is refused.
"""

from collections.abc import Sequence
from typing import Any

from vectorkit import naming, sizing

Spec = dict[str, Any]

ETCD_PORT = 2379
ETCD_METRICS_PORT = 2381
"""Metrics and health alone; 2379 would give whoever reads them all of Milvus's metadata."""
DNS_PORT = 53

EVERY_POD: Spec = {}
MILVUS: Spec = {"matchLabels": {"app.kubernetes.io/name": "milvus"}}
ETCD: Spec = {"matchLabels": {"app.kubernetes.io/name": "etcd"}}


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
NO_EVICTIONS: Any = {"maxUnavailable": 0, "selector": {}}
"""One replica each: an eviction is an outage, which whoever drains the node decides."""
SPARE_MEMORY_MIB = 512
"""For short-lived pods such as jobs of the chart."""


def quota(*, memory_mib: int, disk_mib: int, node_ports: int) -> dict[str, str]:
    """What the environment may use in all: Milvus's memory and disk, etcd's, and a little spare."""
    memory = memory_mib + sizing.ETCD_MEMORY_MIB + SPARE_MEMORY_MIB
    return {
        "limits.memory": f"{memory}Mi",
        "requests.memory": f"{memory}Mi",
        "requests.storage": f"{disk_mib + sizing.ETCD_DISK_MIB}Mi",
        "persistentvolumeclaims": "2",
        "pods": "10",
        "services.loadbalancers": "0",
        "services.nodeports": str(node_ports),
    }


def network_policies(
    *,
    store_networks: Sequence[str],
    store_port: int,
    clients: Sequence[str],
    monitoring_namespace: str | None,
) -> dict[str, Spec]:
    """NetworkPolicy specs by name."""
    ingress = [_rule("from", [{"podSelector": {}}, *_networks(clients)], naming.MILVUS_PORT)]
    etcd_ingress = [_rule("from", [{"podSelector": MILVUS}], ETCD_PORT)]
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
            "egress": [
                _rule("to", [{"podSelector": ETCD}], ETCD_PORT),
                _rule("to", _networks(store_networks), store_port),
            ],
        },
        "allow-etcd": {
            "podSelector": ETCD,
            "policyTypes": ["Ingress"],
            "ingress": etcd_ingress,
        },
    }


def _rule(direction: str, peers: list[Spec], port: int) -> Spec:
    return {direction: peers, "ports": [{"port": port, "protocol": "TCP"}]}


def _networks(cidrs: Sequence[str]) -> list[Spec]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def _namespace(name: str) -> Spec:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
