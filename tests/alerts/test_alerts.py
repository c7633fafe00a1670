"""Each alert fires on what it is for, and none on what was recorded from a healthy platform."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.alerts import promtool
from tests.alerts.promtool import HOURS, NAMESPACE, Series
from vectorkit import alerts

SCRAPED = f'namespace="{NAMESPACE}",container="standalone"'
FAR = datetime(2000, 1, 1, tzinfo=UTC)
"""promtool's clock starts in 1970."""
NEAR = datetime(1970, 1, 20, tzinfo=UTC)
LIMITS_MIB = {"proxy": 65536, "standalone": 1536}


def rules(*, ca_expires: datetime | None = FAR) -> dict[str, Any]:
    return alerts.rule_groups(
        namespace=NAMESPACE,
        memory_limits_mib=LIMITS_MIB,
        ca_expires=ca_expires,
    )


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


def told(tmp_path: Path, series: Series, **given: Any) -> set[str]:
    """The alerts that fire."""
    said = promtool.complaints(tmp_path, rules(**given), series)
    return set(re.findall(r"alertname: (\w+)", said))


def test_each_alert_is_tried() -> None:
    all_of_them = alerts.alerts(
        namespace=NAMESPACE,
        memory_limits_mib=LIMITS_MIB,
        ca_expires=FAR,
    )
    assert {one.name for one in all_of_them} == {*WRONG, "StoreCertificateAuthorityExpires"}


def test_every_metric_of_a_rule_was_recorded() -> None:
    names = {series.partition("{")[0] for series in promtool.recorded()}
    for one in alerts.alerts(
        namespace=NAMESPACE,
        memory_limits_mib=LIMITS_MIB,
        ca_expires=FAR,
    ):
        used = set(re.findall(r"\b(?:milvus|etcd|process)_\w+", one.expression))
        assert used - {"milvus_"} <= names, one.name


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for one in alerts.alerts(
        namespace=NAMESPACE,
        memory_limits_mib=LIMITS_MIB,
        ca_expires=FAR,
    ):
        assert one.summary.endswith(".")
        assert one.remedy.endswith(".")
        assert NAMESPACE in one.expression or one.expression.startswith("vector(time())")


def test_a_public_ca_needs_no_date() -> None:
    names = {rule["alert"] for rule in rules(ca_expires=None)["groups"][0]["rules"]}
    assert names == set(WRONG)


@pytest.mark.tools
def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    assert promtool.check(tmp_path, rules()) == ""


@pytest.mark.tools
def test_a_healthy_platform_alerts_nobody(tmp_path: Path) -> None:
    assert promtool.complaints(tmp_path, rules(), promtool.recorded()) == ""


@pytest.mark.tools
@pytest.mark.parametrize("name", WRONG)
def test_an_alert_fires_on_what_it_is_for_and_no_other_does(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, WRONG[name](promtool.recorded())) == {name}


@pytest.mark.tools
def test_a_ca_that_ends_within_a_month_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, promtool.recorded(), ca_expires=NEAR) == {
        "StoreCertificateAuthorityExpires"
    }


SEALED = f'kube_cronjob_status_last_successful_time{{namespace="{NAMESPACE}",cronjob="vault-seal"}}'
OTHER_JOB = SEALED.replace("vault-seal", "another")
RPO = 3600


def told_of_the_vault(tmp_path: Path, series: Series, rpo_seconds: int | None = RPO) -> set[str]:
    given = alerts.rule_groups(
        namespace=NAMESPACE, memory_limits_mib=LIMITS_MIB, ca_expires=FAR, rpo_seconds=rpo_seconds
    )
    assert promtool.check(tmp_path, given) == ""
    said = promtool.complaints(tmp_path, given, promtool.recorded() | series)
    return set(re.findall(r"alertname: (\w+)", said))


@pytest.mark.tools
def test_a_snapshot_of_this_hour_alerts_nobody(tmp_path: Path) -> None:
    # The clock says two hours when the alerts are looked at.
    assert told_of_the_vault(tmp_path, {SEALED: "3600x180"}) == set()
    assert told_of_the_vault(tmp_path, {}, rpo_seconds=None) == set()


@pytest.mark.tools
def test_a_snapshot_older_than_the_rpo_is_told(tmp_path: Path) -> None:
    older = {SEALED: "3599x180", OTHER_JOB: "7200x180"}
    assert told_of_the_vault(tmp_path, older) == {"VaultSnapshotTooOld"}


@pytest.mark.tools
def test_a_job_that_never_sealed_is_told(tmp_path: Path) -> None:
    assert told_of_the_vault(tmp_path, {OTHER_JOB: "7200x180"}) == {"VaultSnapshotUnknown"}


def test_recorded_series_last_for_as_long_as_the_longest_alert_waits() -> None:
    longest = max(
        one.for_minutes
        for one in alerts.alerts(
            namespace=NAMESPACE,
            memory_limits_mib=LIMITS_MIB,
            ca_expires=FAR,
        )
    )
    assert longest < (HOURS - 1) * 60
