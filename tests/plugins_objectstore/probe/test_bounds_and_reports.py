"""The probe's bounds, and its report as table and page: plain data, no store."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from plugins.objectstore.probe.answer import Answer, finding, judged
from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.latency import percentiles
from plugins.objectstore.probe.limits import (
    CLEANUP_REQUESTS,
    MOST_REQUESTS,
    MOST_SECONDS,
    LimitReached,
    Limits,
)
from plugins.objectstore.probe.model import LeftBehind, Report, Series
from plugins.objectstore.probe.report_html import page
from plugins.objectstore.probe.report_table import show
from plugins.objectstore.probe.transport import clock_finding
from plugins.objectstore.probe.verdict import verdict

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> [red]boo"


def report() -> Report:
    findings = [finding(one, "yes", Answer("PutObject", {"Key": one}, 200)) for one in CAPABILITIES]
    refused = Answer("PutObject", {"Key": HOSTILE}, 500, "InternalError", HOSTILE)
    findings[3] = judged("region", False, refused)
    series = [
        Series(
            operation="PUT",
            size_bytes=4096,
            concurrency=concurrency,
            samples=9,
            failures=1,
            p50_ms=1.5,
            p95_ms=2.5,
            p99_ms=3.5,
            max_ms=4.5,
        )
        for concurrency in (1, 16)
    ]
    left = LeftBehind(bucket="b", key="k", version="v", until=NOW, reason="GOVERNANCE until then")
    return Report(
        endpoint="https://store.example",
        region="eu-1",
        addressing_style="path",
        probed_at=NOW,
        findings=tuple(findings),
        latency=tuple(series),
        requests=7,
        seconds=1.5,
        left_behind=(left,),
        verdict=verdict({one.capability: one.outcome for one in findings}),
    )


def test_requests_beyond_the_bound_are_refused_and_cleaning_up_keeps_its_share() -> None:
    limits = Limits()
    for _ in range(MOST_REQUESTS - CLEANUP_REQUESTS):
        limits.count()
    with pytest.raises(LimitReached, match="2000 requests"):
        limits.count()
    limits.release_for_cleanup()
    for _ in range(CLEANUP_REQUESTS):
        limits.count()
    with pytest.raises(LimitReached):
        limits.count()
    assert limits.requests == MOST_REQUESTS


def test_time_beyond_the_bound_is_refused_but_not_for_cleaning_up() -> None:
    times = iter([0.0, 1.0, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS])
    limits = Limits(clock=lambda: next(times))
    limits.count()
    with pytest.raises(LimitReached, match="60 s"):
        limits.count()
    limits.release_for_cleanup()
    limits.count()


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0, "yes"), (59, "yes"), (-120, "unclear"), (301, "no")]
)
def test_a_clock_is_judged_by_the_date_of_an_answer(seconds: int, outcome: str) -> None:
    theirs = (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = Answer(
        "HeadBucket", {}, 200, data={"ResponseMetadata": {"HTTPHeaders": {"date": theirs}}}
    )
    skew, found = clock_finding(answer, NOW)
    assert found.outcome == outcome
    assert abs(skew.total_seconds() - seconds) <= 2


def test_an_answer_that_never_came_is_unclear_and_a_refusal_is_a_no() -> None:
    assert judged("versioning", False, Answer("PutObject", {}, 0)).outcome == "unclear"
    assert judged("versioning", False, Answer("PutObject", {}, 503)).outcome == "unclear"
    assert judged("versioning", False, Answer("PutObject", {}, 500)).outcome == "no"
    assert judged("versioning", True, Answer("PutObject", {}, 200)).outcome == "yes"


def test_percentiles_of_known_figures() -> None:
    assert percentiles([float(one) for one in range(1, 102)]) == (51.0, 96.0, 100.0, 101.0)
    assert percentiles([7.0]) == (7.0, 7.0, 7.0, 7.0)
    assert percentiles([]) == (0.0, 0.0, 0.0, 0.0)


def test_the_page_needs_nothing_else_and_takes_a_store_s_words_as_text() -> None:
    html = page(report())
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r"<(?:link|img|iframe|object)\b", html) == []
    assert re.findall(r"""(?:src|href)=["'](?!#)""", html) == []
    assert "@import" not in html
    assert html.count("<svg") == 1
    for capability in CAPABILITIES:
        assert capability in html
    assert page(report()) == html


def test_the_table_has_no_colours_off_a_terminal_and_names_what_is_left() -> None:
    text = io.StringIO()
    show(report(), Console(file=text, width=200, highlight=False))
    said = text.getvalue()
    assert "\x1b" not in said
    assert "[red]boo" in said
    assert "Left behind in bucket b: version v of 'k' (GOVERNANCE until then)." in said
    assert "It cannot carry a live bucket; not shown to work: region." in said


def test_the_json_is_plain_and_can_be_read_back() -> None:
    data = report().as_json()
    assert Report.model_validate(data) == report()
    assert {one["capability"] for one in data["findings"]} == set(CAPABILITIES)
