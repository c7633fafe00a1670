"""Each alert fires on what it is for, and none on what was recorded from a healthy platform."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.alerts import promtool
from tests.alerts.promtool import HOURS, NAMESPACE, Series
from tests.infra.stack_document import STACKS, settings
from vectorkit.decisions import alerts, date_alerts
from vectorkit.decisions.alert import Watched

SCRAPED = f'namespace="{NAMESPACE}",container="standalone"'
FAR = datetime(2000, 1, 1, tzinfo=UTC)
"""promtool's clock starts in 1970."""
NEAR = datetime(1970, 1, 20, tzinfo=UTC)
WATCHED = Watched(
    namespace=NAMESPACE,
    milvus=(2, 3, 5),
    memory_limits_mib={"proxy": 65536, "standalone": 1536},
    ca_expires=FAR,
)
"""As the platform that was recorded, but for the far date."""
DEPLOYED = replace(WATCHED, milvus=(2, 6, 15))


def changed(name: str, values: str, labels: str = "") -> Callable[[Series], Series]:
    """Series of this name and with these labels get other values."""

    def change(series: Series) -> Series:
        chosen = {one for one in series if one.startswith(f"{name}{{") and labels in one}
        assert chosen, f"No series {name} with {labels} was recorded."
        return {one: values if one in chosen else was for one, was in series.items()}

    return change


def added(series: Series) -> Callable[[Series], Series]:
    return lambda recorded: recorded | series


def removed(name: str) -> Callable[[Series], Series]:
    return lambda series: {
        one: values for one, values in series.items() if not one.startswith(f"{name}{{")
    }


STORE_FAILS = {
    f'milvus_storage_op_count{{persistent_data_op_type="put",status="{status}",{SCRAPED}}}': rate
    for status, rate in (("fail", "0+3x180"), ("total", "0+100x180"))
}
PUTS = 'persistent_data_op_type="put"'
SLOW_PUTS = {
    f'milvus_storage_request_latency_bucket{{{PUTS},le="{bound}",{SCRAPED}}}': f"0+{rate}x180"
    for bound, rate in (("512", 90), ("2048", 100), ("+Inf", 100))
}
WRONG: dict[str, Callable[[Series], Series]] = {
    "EtcdQuotaNearlyUsed": changed("etcd_mvcc_db_total_size_in_bytes", "3.6e9x180"),
    "EtcdWithoutLeader": changed("etcd_server_has_leader", "0x180"),
    "EtcdAbsent": removed("etcd_server_has_leader"),
    "StoreErrors": added(STORE_FAILS),
    "StoreSlow": added(SLOW_PUTS),
    "MilvusAbsent": removed("milvus_num_node"),
    "WriteAheadLogLag": changed("milvus_querynode_consume_tt_lag_ms", "61000x180"),
    "WritesDenied": changed("milvus_rootcoord_quota_states", "1x180", "DiskQuotaExhausted"),
    "CompactionBacklog": changed("milvus_datacoord_segment_binlog_file_count", "1001x180"),
    "IndexBacklog": changed("milvus_datacoord_index_task_count", "1x180", "unissued"),
    "MemoryNearlyUsed": changed("process_resident_memory_bytes", "1.5e9x180", "standalone"),
}


def told(tmp_path: Path, series: Series, watched: Watched = WATCHED) -> set[str]:
    """The alerts that fire."""
    rules = alerts.rule_groups(watched)
    assert promtool.check(tmp_path, rules) == ""
    said = promtool.complaints(tmp_path, rules, series)
    return set(re.findall(r"alertname: (\w+)", said))


def test_each_alert_is_tried() -> None:
    names = {one.name for one in alerts.alerts(WATCHED)}
    assert names == {*WRONG, "StoreCertificateAuthorityExpires"}
    assert {one.name for one in alerts.alerts(DEPLOYED)} == names


@pytest.mark.parametrize("watched", [WATCHED, DEPLOYED])
def test_every_metric_of_a_rule_is_exported_by_the_milvus_that_is_watched(
    watched: Watched,
) -> None:
    names = promtool.exported(watched.milvus)
    for one in alerts.alerts(watched):
        used = set(re.findall(r"\b(?:milvus|etcd|process)_\w+", one.expression))
        assert used - {"milvus_"} <= names, one.name


def test_the_list_of_exported_metrics_is_of_the_line_that_the_stacks_deploy() -> None:
    deployed = {settings(stack=one).milvus.version for one in STACKS}
    assert {version[:2] for version in deployed} == {(2, 3), (2, 6)}


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for one in alerts.alerts(replace(CERTIFIED, rpo_seconds=RPO, retention_days=30)):
        assert one.summary.endswith(".")
        assert one.remedy.endswith(".")
        assert NAMESPACE in one.expression or one.expression.startswith("vector(time())")


def test_a_public_ca_needs_no_date() -> None:
    assert {one.name for one in alerts.alerts(replace(WATCHED, ca_expires=None))} == set(WRONG)


@pytest.mark.tools
def test_a_healthy_platform_alerts_nobody(tmp_path: Path) -> None:
    assert told(tmp_path, promtool.recorded()) == set()


@pytest.mark.tools
@pytest.mark.parametrize("name", WRONG)
def test_an_alert_fires_on_what_it_is_for_and_no_other_does(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, WRONG[name](promtool.recorded())) == {name}


@pytest.mark.tools
def test_a_ca_that_ends_within_a_month_is_told(tmp_path: Path) -> None:
    near = replace(WATCHED, ca_expires=NEAR)
    assert told(tmp_path, promtool.recorded(), near) == {"StoreCertificateAuthorityExpires"}


COORDINATOR = f'namespace="{NAMESPACE}",container="mixcoord"'
FILES = "milvus_datacoord_segment_binlog_file_count"
TASKS = "milvus_datacoord_task_count"


def of_2_6(*, files: int, waiting: int = 0) -> Series:
    """100 million vectors in 400 segments of two collections, as 2.6 counts them; the dropped
    segments that are not collected yet have no files."""
    segments = {"Flushed": 380, "Growing": 20, "Dropped": 4000}
    tasks = {"JobStateInit": waiting, "JobStateInProgress": 3, "JobStateFinished": 380}
    told = {f'{FILES}{{collection_id="{one}"': files // 2 for one in (1, 2)}
    for state, count in segments.items():
        told[f'milvus_datacoord_segment_num{{segment_state="{state}"'] = count
    for state, count in tasks.items():
        told[f'{TASKS}{{task_type="JobTypeIndexJob",task_state="{state}"'] = count
    told[f'{TASKS}{{task_type="JobTypeStatsJob",task_state="JobStateInit"'] = 9
    return {f"{series},{COORDINATOR}}}": f"{count}x180" for series, count in told.items()}


@pytest.mark.tools
def test_of_2_6_a_hundred_million_compacted_and_indexed_vectors_alert_nobody(
    tmp_path: Path,
) -> None:
    series = without_2_3(promtool.recorded()) | of_2_6(files=400 * 40)
    assert told(tmp_path, series, DEPLOYED) == set()


@pytest.mark.tools
def test_of_2_6_segments_that_nobody_compacts_are_told(tmp_path: Path) -> None:
    series = without_2_3(promtool.recorded()) | of_2_6(files=400 * 101)
    assert told(tmp_path, series, DEPLOYED) == {"CompactionBacklog"}


@pytest.mark.tools
def test_of_2_6_segments_that_wait_for_their_index_are_told(tmp_path: Path) -> None:
    series = without_2_3(promtool.recorded()) | of_2_6(files=400 * 40, waiting=1)
    assert told(tmp_path, series, DEPLOYED) == {"IndexBacklog"}


def without_2_3(series: Series) -> Series:
    """Without what only 2.3 tells."""
    return removed("milvus_datacoord_index_task_count")(removed(FILES)(series))


CERTIFIED = replace(WATCHED, certificate="milvus-tls")
DAY = 86400
NOW = (HOURS - 1) * 3600
"""What the clock says when the alerts are looked at."""
HONOURED = f'namespace="{NAMESPACE}"'
RENAMED = f'namespace="cert-manager",exported_namespace="{NAMESPACE}"'
STARTED = f'process_start_time_seconds{{namespace="{NAMESPACE}",container="proxy"}}'


def certificate(*, ends: int, began: int = -DAY, labels: str = HONOURED) -> Series:
    """What cert-manager tells of Milvus's certificate, and of one that ended long ago."""
    own, other = (f'name="{name}",{labels}' for name in ("milvus-tls", "another"))
    metric = "certmanager_certificate"
    return {
        f"{metric}_expiration_timestamp_seconds{{{own}}}": f"{ends}x180",
        f"{metric}_not_before_timestamp_seconds{{{own}}}": f"{began}x180",
        f"{metric}_expiration_timestamp_seconds{{{other}}}": "0x180",
        STARTED: "0x180",
    }


def told_of_the_certificate(tmp_path: Path, series: Series) -> set[str]:
    return told(tmp_path, promtool.recorded() | series, CERTIFIED)


@pytest.mark.tools
@pytest.mark.parametrize("labels", [HONOURED, RENAMED])
def test_a_certificate_that_was_not_renewed_in_time_is_told(tmp_path: Path, labels: str) -> None:
    late = int(date_alerts.RENEWAL_IS_LATE.total_seconds()) + 3600
    good = certificate(ends=NOW + late, labels=labels)
    assert told_of_the_certificate(tmp_path, good) == set()
    ending = certificate(ends=NOW + late - 3 * 3600, labels=labels)
    assert told_of_the_certificate(tmp_path, ending) == {"MilvusCertificateExpires"}


@pytest.mark.tools
def test_a_renewed_certificate_that_milvus_has_not_read_is_told(tmp_path: Path) -> None:
    renewed = certificate(ends=90 * DAY, began=60)
    assert told_of_the_certificate(tmp_path, renewed) == {"MilvusServesOldCertificate"}
    restarted = renewed | {STARTED: "120x180"}
    assert told_of_the_certificate(tmp_path, restarted) == set()


@pytest.mark.tools
def test_a_certificate_of_which_nobody_hears_is_told(tmp_path: Path) -> None:
    elsewhere = certificate(ends=90 * DAY, labels='namespace="elsewhere"')
    assert told_of_the_certificate(tmp_path, elsewhere) == {"MilvusCertificateUnknown"}


SEALED = f'kube_cronjob_status_last_successful_time{{namespace="{NAMESPACE}",cronjob="vault-seal"}}'
OTHER_JOB = SEALED.replace("vault-seal", "another")
RPO = 3600


def told_of_the_vault(
    tmp_path: Path, series: Series, rpo_seconds: int | None = RPO, retention_days: int = 30
) -> set[str]:
    watched = replace(WATCHED, rpo_seconds=rpo_seconds, retention_days=retention_days)
    return told(tmp_path, promtool.recorded() | series, watched)


@pytest.mark.tools
def test_a_snapshot_of_this_hour_alerts_nobody(tmp_path: Path) -> None:
    assert told_of_the_vault(tmp_path, {SEALED: f"{NOW - RPO}x180"}) == set()
    assert told_of_the_vault(tmp_path, {}, rpo_seconds=None) == set()


@pytest.mark.tools
def test_a_snapshot_older_than_the_rpo_is_told(tmp_path: Path) -> None:
    older = {SEALED: f"{NOW - RPO - 1}x180", OTHER_JOB: f"{NOW}x180"}
    assert told_of_the_vault(tmp_path, older) == {"VaultSnapshotTooOld"}


@pytest.mark.tools
def test_locks_that_are_about_to_end_are_told(tmp_path: Path) -> None:
    locked, left = 4 * DAY, DAY
    almost = {SEALED: f"{NOW - locked + left}x180", OTHER_JOB: f"{NOW}x180"}
    ending = {SEALED: f"{NOW - locked + left - 1}x180", OTHER_JOB: f"{NOW}x180"}
    too_old = {"VaultSnapshotTooOld"}
    assert told_of_the_vault(tmp_path, almost, retention_days=4) == too_old
    assert told_of_the_vault(tmp_path, ending, retention_days=4) == {*too_old, "VaultRetentionEnds"}


@pytest.mark.tools
def test_a_job_that_never_sealed_is_told(tmp_path: Path) -> None:
    assert told_of_the_vault(tmp_path, {OTHER_JOB: f"{NOW}x180"}) == {"VaultSnapshotUnknown"}


def test_recorded_series_last_for_as_long_as_the_longest_alert_waits() -> None:
    longest = max(one.for_minutes for one in alerts.alerts(replace(CERTIFIED, rpo_seconds=RPO)))
    assert longest < (HOURS - 1) * 60
