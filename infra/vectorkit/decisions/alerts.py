"""Alert rules of an environment, as data in the form of Prometheus.

Only metrics that Milvus, etcd, kube-state-metrics and cert-manager export.
"""

from collections.abc import Iterator
from typing import Any

from vectorkit.decisions import date_alerts, metrics
from vectorkit.decisions.alert import Alert, Watched
from vectorkit.schema.versions import Version

ETCD_QUOTA_SHARE = 0.8
"""A full etcd takes no write, and Milvus with it; compacting it needs time."""
WAL_LAG_SECONDS = 60
STORE_ERROR_SHARE = 0.01
STORE_PUT_MILLISECONDS = 1000
FILES_PER_SEGMENT = 1000
"""A segment of so many files is one that compaction has left behind."""
FILES_PER_SEGMENT_ON_AVERAGE = 100
"""A compacted segment has some dozen; one that was written in buffers of 16 MiB has hundreds."""
MEMORY_SHARE = 0.9


def rule_groups(watched: Watched) -> dict[str, Any]:
    """The rules as a file of Prometheus, which is the spec of a PrometheusRule too."""
    rules = [one.rule(watched.namespace) for one in alerts(watched)]
    return {"groups": [{"name": f"vectorkit-{watched.namespace}", "rules": rules}]}


def alerts(watched: Watched) -> list[Alert]:
    """Every rule of an environment."""
    own = f'namespace="{watched.namespace}"'
    return [
        *_etcd(own),
        *_store(own),
        *_milvus(own, watched),
        *date_alerts.of_certificates(watched),
        *date_alerts.of_the_vault(watched),
    ]


def _etcd(own: str) -> Iterator[Alert]:
    size, quota = "etcd_mvcc_db_total_size_in_bytes", "etcd_server_quota_backend_bytes"
    yield Alert(
        name="EtcdQuotaNearlyUsed",
        expression=f"{size}{{{own}}} / {quota}{{{own}}} > {ETCD_QUOTA_SHARE}",
        for_minutes=10,
        severity="page",
        summary="etcd is nearly full; when it is, Milvus can neither write nor start.",
        remedy="Compact and defragment etcd, then find out which keys have grown.",
    )
    yield Alert(
        name="EtcdWithoutLeader",
        expression=f"etcd_server_has_leader{{{own}}} == 0",
        for_minutes=1,
        severity="page",
        summary="etcd has no leader; Milvus will lose its session and stop.",
        remedy="Look at etcd's log and at the latency of its volume.",
    )
    yield Alert(
        name="EtcdAbsent",
        expression=f"absent(etcd_server_has_leader{{{own}}})",
        for_minutes=10,
        severity="ticket",
        summary="Nobody hears of etcd; what would tell of its quota and leader stays silent.",
        remedy="Let monitoring read etcd's port 2381; the chart must open it.",
    )


def _store(own: str) -> Iterator[Alert]:
    operations, latency = "milvus_storage_op_count", "milvus_storage_request_latency_bucket"
    failed = f'sum(rate({operations}{{{own},status="fail"}}[5m]))'
    tried = f'sum(rate({operations}{{{own},status="total"}}[5m]))'
    puts = f'sum by (le) (rate({latency}{{{own},persistent_data_op_type="put"}}[10m]))'
    yield Alert(
        name="StoreErrors",
        expression=f"{failed} / {tried} > {STORE_ERROR_SHARE}",
        for_minutes=5,
        severity="page",
        summary="The object store refuses or fails more than one request in a hundred.",
        remedy="Run the smoke tests: they tell a refused key from a store that is away.",
    )
    yield Alert(
        name="StoreSlow",
        expression=f"histogram_quantile(0.99, {puts}) > {STORE_PUT_MILLISECONDS}",
        for_minutes=10,
        severity="ticket",
        summary="One write in a hundred to the object store takes longer than a second.",
        remedy="Compare with `make qualify`, which measures the store without Milvus.",
    )


def _milvus(own: str, watched: Watched) -> Iterator[Alert]:
    yield Alert(
        name="MilvusAbsent",
        expression=f"absent(milvus_num_node{{{own}}})",
        for_minutes=5,
        severity="page",
        summary="Nobody hears of Milvus: it is down, or monitoring does not reach it.",
        remedy="Look at the pods, then at the network policy for monitoring.",
    )
    lag = f'{{__name__=~"milvus_(datanode|querynode)_consume_tt_lag_ms",{own}}}'
    yield Alert(
        name="WriteAheadLogLag",
        expression=f"max({lag}) > {WAL_LAG_SECONDS * 1000}",
        for_minutes=5,
        severity="page",
        summary="Written rows are not searchable, nor in the store, for more than a minute.",
        remedy="Look at the store's latency and at the memory of Milvus; ingest more slowly.",
    )
    yield Alert(
        name="WritesDenied",
        expression=f"max by (quota_states) (milvus_rootcoord_quota_states{{{own}}}) > 0",
        for_minutes=1,
        severity="page",
        summary="Milvus denies writes or slows them: its memory, disk or log is exhausted.",
        remedy="The label quota_states names which; enlarge the workload in the stack file.",
    )
    yield Alert(
        name="CompactionBacklog",
        expression=_left_to_compaction(own, watched.milvus),
        for_minutes=60,
        severity="ticket",
        summary="Compaction does not keep up with writes; searches and starts get slower.",
        remedy="Write larger batches, or compact the collection in a quiet hour.",
    )
    waiting = metrics.index_tasks(own, watched.milvus).waiting
    yield Alert(
        name="IndexBacklog",
        expression=f"sum(min_over_time({waiting}[30m])) > 0",
        for_minutes=30,
        severity="ticket",
        summary="Segments wait for their index; they are searched by brute force meanwhile.",
        remedy="Give Milvus more CPU, or look for failed index tasks in its log.",
    )
    resident = "process_resident_memory_bytes"
    yield Alert(
        name="MemoryNearlyUsed",
        expression=" or ".join(
            f'{resident}{{{own},container="{container}"}} > {int(mib * 2**20 * MEMORY_SHARE)}'
            for container, mib in watched.memory_limits_mib.items()
        ),
        for_minutes=10,
        severity="page",
        summary=f"Milvus uses {MEMORY_SHARE:.0%} of its memory; at its limit it is killed.",
        remedy="Release collections, or raise workload.vectors to what is really held.",
    )


def _left_to_compaction(own: str, milvus: Version) -> str:
    files = f"milvus_datacoord_segment_binlog_file_count{{{own}}}"
    if milvus < metrics.BY_COLLECTION_FROM:
        return f"max by (collection_id) ({files}) > {FILES_PER_SEGMENT}"
    living = f'{own},segment_state=~"Growing|Sealed|Flushing|Flushed"'
    segments = f"milvus_datacoord_segment_num{{{living}}}"
    return f"sum({files}) / sum({segments}) > {FILES_PER_SEGMENT_ON_AVERAGE}"
