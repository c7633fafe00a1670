"""What the Prometheus operator is told of an environment: whom to scrape, and when to alert.

Pods are scraped, not Services: Milvus's Service must not carry its management port.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509

from vectorkit import alerts, namespace_rules, naming

Manifest = dict[str, Any]

API_VERSION = "monitoring.coreos.com/v1"
INTERVAL = "30s"


def objects(
    *, namespace: str, labels: Mapping[str, str], memory_limit_mib: int, ca_bundle: str | None
) -> list[Manifest]:
    """The manifests, for a cluster that has the operator's resource definitions."""
    rules = alerts.rule_groups(
        namespace=namespace,
        memory_limit_mib=memory_limit_mib,
        ca_expires=None if ca_bundle is None else first_expiry(ca_bundle),
    )
    scraped = {
        naming.RELEASE: (namespace_rules.MILVUS, naming.METRICS_PORT),
        f"{naming.RELEASE}-etcd": (namespace_rules.ETCD, namespace_rules.ETCD_METRICS_PORT),
    }
    return [
        _manifest("PrometheusRule", naming.RELEASE, namespace, labels, rules),
        *(
            _manifest("PodMonitor", name, namespace, labels, _pods(selector, port))
            for name, (selector, port) in scraped.items()
        ),
    ]


def first_expiry(bundle: str) -> datetime:
    """When the first of the certificates in a PEM bundle ends."""
    certificates = x509.load_pem_x509_certificates(bundle.encode())
    return min(one.not_valid_after_utc for one in certificates)


def _pods(selector: namespace_rules.Spec, port: int) -> dict[str, Any]:
    endpoint = {"portNumber": port, "path": "/metrics", "interval": INTERVAL}
    return {"selector": selector, "podMetricsEndpoints": [endpoint]}


def _manifest(
    kind: str, name: str, namespace: str, labels: Mapping[str, str], spec: dict[str, Any]
) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
