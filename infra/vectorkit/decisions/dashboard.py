"""The Grafana dashboard of an environment, as data: is the store fast, are answers fast, is there
room.

Only metrics that Milvus and etcd export; every panel is of one namespace.
"""

from dataclasses import dataclass
from typing import Any, Literal

from vectorkit.decisions import metrics, naming
from vectorkit.schema.versions import Version

Unit = Literal["ms", "s", "ops", "percentunit", "bytes", "short"]

WIDTH, HEIGHT, PER_ROW = 8, 8, 3
UID_LIMIT = 40
SCHEMA_VERSION = 39
"""Of Grafana 10; later ones move it forward by themselves."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One diagram over time."""

    title: str
    unit: Unit
    lines: dict[str, str]
    """PromQL by legend; a legend may name labels as {{label}}."""


def dashboard(*, namespace: str, environment: str, milvus: Version) -> dict[str, Any]:
    """As Grafana imports it."""
    found = panels(namespace, milvus)
    return {
        "title": f"vectorkit {environment}",
        "uid": naming.shortened(f"vectorkit-{environment}", UID_LIMIT),
        "tags": ["vectorkit", "milvus"],
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [_DATASOURCE]},
        "panels": [_panel(number, one) for number, one in enumerate(found)],
    }


def panels(namespace: str, milvus: Version) -> list[Panel]:
    """What is shown, the store first: it must never be the bottleneck."""
    own = f'namespace="{namespace}"'
    return [*_store(own), *_answers(own, milvus), *_room(own)]


def _store(own: str) -> list[Panel]:
    count = "milvus_storage_op_count"
    return [
        Panel(
            title="Store: requests",
            unit="ops",
            lines={
                "{{persistent_data_op_type}}": "sum by (persistent_data_op_type) "
                f'(rate({count}{{{own},status="total"}}[5m]))'
            },
        ),
        Panel(
            title="Store: failed requests",
            unit="percentunit",
            lines={
                "share": f'sum(rate({count}{{{own},status="fail"}}[5m])) '
                f'/ sum(rate({count}{{{own},status="total"}}[5m]))'
            },
        ),
        Panel(
            title="Store: latency",
            unit="ms",
            lines={
                f"{kind} p{share}": _quantile(
                    share,
                    "milvus_storage_request_latency_bucket",
                    f'{own},persistent_data_op_type="{kind}"',
                )
                for kind in ("get", "put")
                for share in (50, 99)
            },
        ),
    ]


def _answers(own: str, milvus: Version) -> list[Panel]:
    tasks = metrics.index_tasks(own, milvus)
    return [
        Panel(
            title="Searches and queries",
            unit="ops",
            lines={
                "{{query_type}}": "sum by (query_type) "
                f"(rate(milvus_proxy_sq_latency_count{{{own}}}[5m]))"
            },
        ),
        Panel(
            title="Search: latency",
            unit="ms",
            lines={
                f"p{share}": _quantile(
                    share, "milvus_proxy_sq_latency_bucket", f'{own},query_type="search"'
                )
                for share in (50, 95, 99)
            },
        ),
        Panel(
            title="Writes: not yet searchable for",
            unit="ms",
            lines={
                "{{__name__}}": 'max by (__name__) ({__name__=~"milvus_(datanode|querynode)_'
                f'consume_tt_lag_ms",{own}}})'
            },
        ),
        Panel(
            title="Rows written",
            unit="ops",
            lines={"rows": f"sum(rate(milvus_proxy_insert_vectors_count{{{own}}}[5m]))"},
        ),
        Panel(
            title="Segments",
            unit="short",
            lines={
                "{{segment_state}}": "sum by (segment_state) "
                f"(milvus_datacoord_segment_num{{{own}}})"
            },
        ),
        Panel(
            title="Index tasks",
            unit="short",
            lines={f"{{{{{tasks.state}}}}}": f"sum by ({tasks.state}) ({tasks.by_state})"},
        ),
    ]


def _room(own: str) -> list[Panel]:
    return [
        Panel(
            title="Memory",
            unit="bytes",
            lines={"{{pod}}": f"process_resident_memory_bytes{{{own}}}"},
        ),
        Panel(
            title="etcd: database, of its quota",
            unit="percentunit",
            lines={
                "{{pod}}": f"etcd_mvcc_db_total_size_in_bytes{{{own}}} "
                f"/ etcd_server_quota_backend_bytes{{{own}}}"
            },
        ),
        Panel(
            title="etcd: writing its log to the volume",
            unit="s",
            lines={
                "p99": _quantile(99, "etcd_disk_wal_fsync_duration_seconds_bucket", own),
            },
        ),
    ]


def _quantile(share: int, metric: str, labels: str) -> str:
    return f"histogram_quantile({share / 100:g}, sum by (le) (rate({metric}{{{labels}}}[5m])))"


_DATASOURCE: dict[str, Any] = {"name": "datasource", "type": "datasource", "query": "prometheus"}


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, PER_ROW)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expression, "legendFormat": legend}
            for at, (legend, expression) in enumerate(panel.lines.items())
        ],
    }
