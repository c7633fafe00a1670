"""The whole probe against a real store: truthful, bounded, and gone without a trace."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plugins.objectstore.probe import Report, limits, probe
from plugins.objectstore.probe.answer import Answer
from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.cleanup import clean
from plugins.objectstore.probe.limits import MOST_REQUESTS, MOST_SECONDS
from plugins.objectstore.probe.session import PREFIX, CannotAsk, Scratch, Session
from tests.infra.stack_document import MILVUS_26, settings
from tests.stores.store import Store
from tests.stores.target import target
from vectorkit.decisions import store_needs

pytestmark = pytest.mark.tools
ROOT = Path(__file__).resolve().parents[3]


def scratch_buckets(store: Store) -> set[str]:
    return {
        one["Name"] for one in store.client().list_buckets()["Buckets"] if PREFIX in one["Name"]
    }


def test_every_question_is_answered_once_and_in_order(report: Report) -> None:
    assert sorted(one.capability for one in report.findings) == sorted(CAPABILITIES)


def test_it_keeps_its_bounds(report: Report) -> None:
    assert report.requests <= MOST_REQUESTS
    assert report.seconds <= MOST_SECONDS


def test_it_leaves_nothing_and_touches_no_other_bucket(
    report: Report, store: Store, others: str
) -> None:
    client = store.client()
    assert report.left_behind == ()
    assert scratch_buckets(store) == {others}
    assert client.get_object(Bucket=others, Key="kept")["Body"].read() == b"kept"
    assert len(client.list_object_versions(Bucket=others)["Versions"]) == 1
    assert client.get_bucket_versioning(Bucket=others)["Status"] == "Enabled"


def test_what_this_store_is_known_to_lack_is_not_called_there(report: Report) -> None:
    found = report.outcomes()
    assert {one for one, outcome in found.items() if outcome == "no"} == {
        *("copy-with-retention", "kms-encryption", "scoped-settings-refused"),
        *("public-access-block", "public-access-block-enforced", "ownership-controls"),
    }


def test_the_store_carries_a_live_bucket_and_a_vault(report: Report) -> None:
    assert report.verdict.carries_both
    assert report.verdict.lock_modes == ("none", "governance", "compliance")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"store.vault": {"bucket": "vault", "mode": "governance", "retention_days": 1}},
        {"milvus.wal": "woodpecker", **MILVUS_26},
    ],
)
def test_the_local_stack_needs_nothing_that_its_store_lacks(
    report: Report, changes: dict[str, object]
) -> None:
    found = report.outcomes()
    needed = store_needs.needs(settings(changes))
    assert needed
    assert [one for one in needed if found[one] != "yes"] == []


def test_latency_is_measured_for_every_series(report: Report) -> None:
    assert len(report.latency) == 16
    assert all(one.samples and not one.failures for one in report.latency)
    assert all(one.p50_ms <= one.p95_ms <= one.p99_ms <= one.max_ms for one in report.latency)


def test_no_credential_is_in_the_report(report: Report, store: Store) -> None:
    text = report.model_dump_json()
    assert store.scoped is not None
    for identity in (store.admin, store.scoped):
        assert identity.secret_key not in text
        assert identity.access_key not in text


def test_a_bucket_of_somebody_else_is_never_used_for_the_second_identity(
    store: Store, others: str
) -> None:
    session = Session(target(store))
    with pytest.raises(CannotAsk, match="exists already"):
        session.bucket("scoped", name=others)
    assert session.scratch == {}


def test_a_probe_that_reaches_its_bound_says_so_and_still_cleans_up(
    store: Store, others: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", limits.CLEANUP_REQUESTS + 90)
    cut = probe(target(store), latency=False)
    found = {one.capability: one for one in cut.findings}
    assert found["put-if-none-match"].outcome == "yes"
    assert found["policy-accepted"].outcome == "not-asked"
    assert "bound of 590 requests is reached" in found["policy-accepted"].received
    assert not cut.verdict.live_bucket
    assert cut.left_behind == ()
    assert scratch_buckets(store) == {others}


def test_a_probe_that_is_ended_removes_its_buckets(store: Store, others: str) -> None:
    command = [sys.executable, "-m", "plugins.objectstore.qualify", "--no-latency"]
    place = ["--endpoint", store.endpoint, "--region", store.region]
    process = subprocess.Popen(
        [*command, *place, "--ca-file", str(store.ca_file)],
        env={**os.environ, **store.environment()},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(scratch_buckets(store)) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert scratch_buckets(store) == {others}


def test_a_bucket_that_the_store_makes_after_the_interruption_is_removed_too(
    store: Store, others: str
) -> None:
    session = Session(target(store))
    name = session.name("late")
    session.scratch[name] = Scratch(name, session.ask, Answer("CreateBucket", {}, 0))
    made = threading.Timer(0.5, lambda: store.client().create_bucket(Bucket=name))
    made.start()
    assert clean(session) == ()
    made.join()
    assert scratch_buckets(store) == {others}
