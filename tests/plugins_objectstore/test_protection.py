"""Which changes of a bucket are a loss, and by which words a stack agrees to one."""

from typing import Any

import pytest

from plugins.objectstore.protection import losses, weaker
from plugins.objectstore.settings import differences
from plugins.properties import UNKNOWN

MONTH = {"mode": "governance", "days": 30}
VAULT = {"bucket": "vault", "object_lock": True, "versioning": True, "keeps": MONTH}


def lost(**changes: Any) -> list[str]:
    desired = VAULT | changes
    return losses(VAULT, desired, differences(desired, VAULT))


def test_a_change_that_loses_nothing_is_no_loss() -> None:
    assert lost() == []
    assert lost(tags={"a": "b"}, force_destroy=True, keeps=MONTH | {"days": 31}) == []
    assert lost(keeps={"mode": "compliance", "days": 30}) == []


@pytest.mark.parametrize("change", [{"bucket": "other"}, {"object_lock": False}])
def test_a_replaced_bucket_is_a_loss_unless_the_stack_names_it(change: dict[str, Any]) -> None:
    (sentence,) = lost(**change)
    assert "bucket 'vault' would be replaced" in sentence
    assert "allow_destroy_bucket: vault" in sentence
    assert len(lost(**change, allow_destroy_bucket="other")) == 1
    assert lost(**change, allow_destroy_bucket="vault") == []


def test_no_agreement_switches_versioning_off() -> None:
    (sentence,) = lost(versioning=False, allow_destroy_bucket="vault", allow_weaker_than=MONTH)
    assert "versioning would be switched off" in sentence


@pytest.mark.parametrize(
    "keeps", [MONTH | {"days": 29}, {"mode": "versions", "days": 30}, {"mode": "none"}, None]
)
def test_a_weaker_retention_is_a_loss_unless_the_stack_names_the_one_it_gives_up(
    keeps: dict[str, Any] | None,
) -> None:
    (sentence,) = lost(keeps=keeps)
    assert "from governance for 30 days to" in sentence
    assert "allow_weaker_than: {days: 30, mode: governance}" in sentence
    assert len(lost(keeps=keeps, allow_weaker_than=MONTH | {"days": 31})) == 1
    assert lost(keeps=keeps, allow_weaker_than=MONTH) == []


def test_a_firmer_mode_for_fewer_days_is_weaker_too() -> None:
    assert weaker(MONTH, {"mode": "compliance", "days": 7})
    assert not weaker(None, {"mode": "none"})


def test_all_losses_are_told_at_once() -> None:
    assert len(lost(bucket="other", versioning=False, keeps={"mode": "none"})) == 3


def test_a_name_that_a_preview_does_not_know_yet_is_judged_when_it_is_known() -> None:
    assert lost(bucket=UNKNOWN) == []
