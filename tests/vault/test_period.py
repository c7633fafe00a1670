"""How firmly and how long a seal locks, from the document to the command and to the job."""

import math
from datetime import timedelta

import pytest

from smoke_tests.outputs import Retention
from tests.infra.stack_document import SEALED_BY_A_JOB, settings
from vault import job
from vault.period import Period, period
from vault.places import VaultError
from vault.stack import kit_version
from vectorkit.decisions import seal_job

GOVERNANCE = Retention(mode="governance", days=30, longest_days=90)
NONE = Retention(mode="none", longest_days=90)


def in_days(mode: str, days: float) -> dict[str, object]:
    return {"mode": mode, "keep_for": timedelta(days=days), "longest": timedelta(days=90)}


@pytest.mark.parametrize(
    ("agreed", "days", "wanted"),
    [
        (GOVERNANCE, None, in_days("governance", 30)),
        (GOVERNANCE, 30, in_days("governance", 30)),
        (GOVERNANCE, 90, in_days("governance", 90)),
        (GOVERNANCE.model_copy(update={"mode": "compliance"}), None, in_days("compliance", 30)),
        (NONE, 0.5, in_days("governance", 0.5)),
    ],
)
def test_a_seal_is_as_firm_and_at_least_as_long_as_the_document_says(
    agreed: Retention, days: float | None, wanted: dict[str, object]
) -> None:
    assert vars(period("dev", agreed, days)) == wanted


@pytest.mark.parametrize(
    ("agreed", "days", "says"),
    [
        (GOVERNANCE, 29.9, "Cannot seal for 29.9 days .* at least 30 and at most 90 days"),
        (GOVERNANCE, 91, "Cannot seal for 91 days"),
        (GOVERNANCE, math.inf, "Cannot seal for inf days"),
        (GOVERNANCE, math.nan, "Cannot seal for nan days"),
        (NONE, 0, "Cannot seal for 0 days .* more than 0 and at most 90 days"),
        (NONE, -1, "Cannot seal for -1 days"),
        (NONE, None, "has mode none, so nothing says how long"),
        (None, 7, "deployed by an older kit. Run `pulumi up --stack dev`"),
    ],
)
def test_what_the_document_does_not_allow_is_refused_with_what_to_do(
    agreed: Retention | None, days: float | None, says: str
) -> None:
    with pytest.raises(VaultError, match=says):
        period("dev", agreed, days)


def test_the_command_and_the_job_seal_alike() -> None:
    stack = settings(SEALED_BY_A_JOB)
    by_hand = period("local", Retention.model_validate(stack.store.vault.retention))
    told = job.told(seal_job.environment(stack, private_ca=False))
    by_job = Period(
        mode=told.vault_mode,
        keep_for=timedelta(days=told.vault_retention_days),
        longest=by_hand.longest,
    )
    assert by_hand == by_job
    assert kit_version() == job.VERSION


def test_a_vault_of_mode_none_promises_nothing() -> None:
    assert Retention.model_validate(settings().store.vault.retention) == NONE
