"""What monitoring is told of an environment: whom to scrape, when to alert, what to show.

Pods are scraped, not Services: Milvus's Service must not carry its management port.
"""

import json
from collections.abc import Mapping
from typing import Any

from vectorkit.decisions import alerts, dashboard, namespace_rules, naming
from vectorkit.decisions.alert import Watched
from vectorkit.schema.versions import Version

Manifest = dict[str, Any]
Endpoint = dict[str, Any]

API_VERSION = "monitoring.coreos.com/v1"
INTERVAL = "30s"
DASHBOARD_LABEL = "grafana_dashboard"
"""By which the sidecar of Grafana's chart finds dashboards."""


def for_operator(watched: Watched, *, labels: Mapping[str, str]) -> list[Manifest]:
    """For a cluster that has the resource definitions of the Prometheus operator."""
    namespace, rules = watched.namespace, alerts.rule_groups(watched)
    scraped = {
        naming.RELEASE: _pods(namespace_rules.MILVUS, _endpoint(naming.METRICS_PORT)),
        f"{naming.RELEASE}-etcd": _pods(namespace_rules.ETCD, _etcd_endpoint()),
    }
    return [
        _manifest("PrometheusRule", naming.RELEASE, namespace, labels, rules),
        *(_manifest("PodMonitor", name, namespace, labels, spec) for name, spec in scraped.items()),
    ]


def for_grafana(
    *, namespace: str, environment: str, milvus: Version, labels: Mapping[str, str]
) -> Manifest:
    """The dashboard in a ConfigMap."""
    shown = dashboard.dashboard(namespace=namespace, environment=environment, milvus=milvus)
    metadata = {
        "name": f"{naming.RELEASE}-dashboard",
        "namespace": namespace,
        "labels": {**labels, DASHBOARD_LABEL: "1"},
    }
    data = {f"{naming.shortened(environment, 63)}.json": json.dumps(shown, indent=1)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _pods(selector: namespace_rules.Spec, endpoint: Endpoint) -> dict[str, Any]:
    return {"selector": selector, "podMetricsEndpoints": [endpoint]}


def _endpoint(declared_port: int) -> Endpoint:
    return {"portNumber": declared_port, "path": "/metrics", "interval": INTERVAL}


def _etcd_endpoint() -> Endpoint:
    """Prometheus only finds ports that the pod declares, and upstream's declares no such one."""
    return _endpoint(namespace_rules.ETCD_PORT) | {
        "relabelings": [
            {
                "sourceLabels": ["__address__"],
                "regex": r"(.+):\d+",
                "targetLabel": "__address__",
                "replacement": f"$1:{namespace_rules.ETCD_METRICS_PORT}",
            }
        ]
    }


def _manifest(
    kind: str, name: str, namespace: str, labels: Mapping[str, str], spec: dict[str, Any]
) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
