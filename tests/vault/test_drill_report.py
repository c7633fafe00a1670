"""The drill's report: what it concedes, what it does not hide, and that it stays text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vault.drill.model import Answers, Result
from vault.drill.report import Comparison, DrillReport, Stage
from vault.drill.report_html import page

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SAME = Comparison(question="count of passages", before="393", after="393")


def result(**given: Any) -> Result:
    known: dict[str, Any] = {
        "attack": "delete a sealed version, bypassing",
        "attacker": "deployer",
        "aim": "decoy",
        "began": NOON,
        "ended": NOON + timedelta(seconds=1),
        "answers": (Answers(request="delete_object", outcome="204", count=1),),
        "effects": (),
        "unreadable": 0,
        "lost": ("version 'v' of 'decoy' is gone.",),
    }
    return Result(**(known | given))


def report(*results: Result, **given: Any) -> DrillReport:
    known: dict[str, Any] = {
        "stack": "trial",
        "stack_mode": "governance",
        "mode": "governance",
        "locked_until": NOON + timedelta(hours=1),
        "snapshot": "20260131T120000Z",
        "sealed_versions": 3,
        "stages": (Stage(name="seal", began=NOON, ended=NOON + timedelta(seconds=9)),),
        "rpo_seconds": 12.0,
        "rto_seconds": 34.0,
        "results": results,
        "comparisons": (SAME,),
    }
    return DrillReport(**(known | given))


def test_governance_is_said_to_stop_everybody_but_the_deployer() -> None:
    drill = report(result())
    assert drill.has_held
    text = " ".join(drill.sentences())
    assert "shown on decoys: delete a sealed version, bypassing" in text
    assert "Only COMPLIANCE stops that." in text


def test_the_mode_of_the_stack_itself_is_told_from_the_drills() -> None:
    said = " ".join(report(result(), stack_mode="compliance").sentences())
    assert "The vault of stack 'trial' itself is locked by COMPLIANCE" in said
    assert "what the deployer destroyed here stays there until its date" in said
    said = " ".join(report(result(), stack_mode="none").sentences())
    assert "it keeps nothing unless somebody seals" in said
    assert "The vault of stack" not in " ".join(report(result()).sentences())


def test_what_the_jobs_own_secret_is_good_for_is_conceded() -> None:
    assert "The job that seals logs in to Milvus as root" in " ".join(report(result()).sentences())


@pytest.mark.parametrize(
    ("mode", "given"),
    [
        ("compliance", {}),
        ("governance", {"attacker": "vault-writer"}),
        ("governance", {"attacker": "milvus"}),
        ("governance", {"aim": "snapshot"}),
    ],
)
def test_any_other_loss_breaks_the_drill_and_is_said_first(
    mode: str, given: dict[str, Any]
) -> None:
    drill = report(result(**given), mode=mode)
    assert not drill.has_held
    assert next(drill.sentences()).startswith("BROKEN: ")
    assert "NOT held" in page(drill)


@pytest.mark.parametrize(
    "comparisons",
    [(), (SAME, Comparison(question="nearest to q", before="a, b", after="a"))],
    ids=["none", "another"],
)
def test_another_answer_or_none_breaks_the_drill(comparisons: tuple[Comparison, ...]) -> None:
    drill = report(comparisons=comparisons)
    assert not drill.has_held
    assert next(drill.sentences()).startswith(("CHANGED: nearest to q", "NOT RESTORED"))


def test_the_page_shows_times_verdicts_and_answers_and_no_foreign_markup() -> None:
    foreign = Comparison(question="<script>alert(1)</script>", before="x", after="x")
    drill = report(result(effects=("policy changed",)), comparisons=(SAME, foreign))
    text = page(drill)
    assert text.count("<svg") == 1
    for shown in ("RTO", "34.0", "RPO", "12.0", "delete_object", "policy changed", "393"):
        assert shown in text, shown
    assert "<script>" not in text
    assert "http-equiv" not in text
    assert " src=" not in text


def test_the_report_is_read_back_from_its_json_as_it_was() -> None:
    drill = report(result())
    assert DrillReport.model_validate_json(drill.model_dump_json()) == drill
