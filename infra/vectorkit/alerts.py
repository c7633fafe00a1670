"""Alert rules of an environment, as data in the form of Prometheus.

Only metrics that Milvus and etcd export. A certificate's end is none: its rule holds the date.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from vectorkit import naming

Severity = Literal["page", "ticket"]

ETCD_QUOTA_SHARE = 0.8
"""A full etcd takes no write, and Milvus with it; compacting it needs time."""
WAL_LAG_SECONDS = 60
STORE_ERROR_SHARE = 0.01
STORE_PUT_MILLISECONDS = 1000
FILES_PER_SEGMENT = 1000
"""A segment of so many files is one that compaction has left behind."""
MEMORY_SHARE = 0.9
RENEWAL = timedelta(days=30)
_START_A_JOB = f"`kubectl create job --from=cronjob/{naming.SEAL_JOB} NAME`"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One rule."""

    name: str
    expression: str
    for_minutes: int
    severity: Severity
    summary: str
    """What is wrong, in a sentence."""
    remedy: str
    """What to do first, in a sentence."""

    def rule(self, namespace: str) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.for_minutes}m",
            "labels": {"severity": self.severity, "namespace": namespace},
            "annotations": {"summary": self.summary, "description": self.remedy},
        }


def rule_groups(
    *,
    namespace: str,
    memory_limits_mib: Mapping[str, int],
    ca_expires: datetime | None,
    rpo_seconds: int | None = None,
) -> dict[str, Any]:
    """The rules as a file of Prometheus, which is the spec of a PrometheusRule too."""
    found = alerts(
        namespace=namespace,
        memory_limits_mib=memory_limits_mib,
        ca_expires=ca_expires,
        rpo_seconds=rpo_seconds,
    )
    rules = [one.rule(namespace) for one in found]
    return {"groups": [{"name": f"vectorkit-{namespace}", "rules": rules}]}


def alerts(
    *,
    namespace: str,
    memory_limits_mib: Mapping[str, int],
    ca_expires: datetime | None,
    rpo_seconds: int | None = None,
) -> list[Alert]:
    """Every rule of an environment.

    `memory_limits_mib`: by container. `ca_expires`: of the store's private CA, if it has one.
    `rpo_seconds`: how long ago the job that seals may have ended well, where there is one.
    """
    own = f'namespace="{namespace}"'
    return [
        *_etcd(own),
        *_store(own),
        *_milvus(own, memory_limits_mib),
        *_certificates(ca_expires),
        *_vault(namespace, rpo_seconds),
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


def _milvus(own: str, memory_limits_mib: Mapping[str, int]) -> Iterator[Alert]:
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
    files = f"milvus_datacoord_segment_binlog_file_count{{{own}}}"
    yield Alert(
        name="CompactionBacklog",
        expression=f"max by (collection_id) ({files}) > {FILES_PER_SEGMENT}",
        for_minutes=60,
        severity="ticket",
        summary="Compaction does not keep up with writes; searches and starts get slower.",
        remedy="Write larger batches, or compact the collection in a quiet hour.",
    )
    waiting = f'milvus_datacoord_index_task_count{{{own},index_task_status="unissued"}}'
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
            for container, mib in memory_limits_mib.items()
        ),
        for_minutes=10,
        severity="page",
        summary=f"Milvus uses {MEMORY_SHARE:.0%} of its memory; at its limit it is killed.",
        remedy="Release collections, or raise workload.vectors to what is really held.",
    )


def _certificates(ca_expires: datetime | None) -> Iterator[Alert]:
    if ca_expires is None:
        return
    begin = int((ca_expires - RENEWAL).timestamp())
    yield Alert(
        name="StoreCertificateAuthorityExpires",
        expression=f"vector(time()) > {begin}",
        for_minutes=0,
        severity="ticket",
        summary=f"The object store's CA expires on {ca_expires:%Y-%m-%d}.",
        remedy="Add the new CA to store.ca_file and deploy, before the store changes over.",
    )


def _vault(namespace: str, rpo_seconds: int | None) -> Iterator[Alert]:
    if rpo_seconds is None:
        return
    # Of kube-state-metrics. The job ends well only after it has read back what it sealed; its
    # snapshot is of when it began.
    own = f'namespace="{namespace}",cronjob="{naming.SEAL_JOB}"'
    succeeded = f"kube_cronjob_status_last_successful_time{{{own}}}"
    yield Alert(
        name="VaultSnapshotTooOld",
        expression=f"time() - max({succeeded}) > {rpo_seconds}",
        for_minutes=0,
        severity="page",
        summary="No seal by the job has ended well for as long as store.vault.rpo; the newest "
        "snapshot is older than that by what its seal took.",
        remedy=f"Look at the log of the last job of CronJob {naming.SEAL_JOB}, then start one with "
        f"{_START_A_JOB}. A `make seal` keeps data, too, but this alert counts jobs alone.",
    )
    yield Alert(
        name="VaultSnapshotUnknown",
        expression=f"absent({succeeded})",
        for_minutes=rpo_seconds // 60,
        severity="page",
        summary="No job that seals is known to have ended well, or nobody counts.",
        remedy="Look at the job's log; the metric comes from kube-state-metrics. Start a job with "
        f"{_START_A_JOB}.",
    )
