"""The pages for people name what there is."""

import re
from itertools import chain

import pytest

from tests.infra.stack_document import CA, REPOSITORY, STACKS, settings
from vectorkit.decisions.decide import decide

PAGES = ("operations.md", "receiving.md")
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def test_there_is_advice_for_every_alert_by_its_name_and_for_no_other() -> None:
    declared = {
        rule["alert"]
        for stack in STACKS
        for one in decide(settings(stack=stack), ca_bundle=CA).monitoring
        if one["kind"] == "PrometheusRule"
        for rule in one["spec"]["groups"][0]["rules"]
    }
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == declared


@pytest.mark.parametrize("page", PAGES)
def test_every_make_command_of_a_page_is_there(page: str) -> None:
    text = (REPOSITORY / "docs" / page).read_text()
    used = re.findall(r"`?make ([a-z-]+)((?: [A-Z]+=\S+)*)", text)
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert {verb for verb, _ in used} <= targets
    given = set(chain.from_iterable(re.findall(r"([A-Z]+)=", options) for _, options in used))
    assert {name for name in given if not re.search(rf"\b{name}\b", MAKEFILE)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (REPOSITORY / "docs" / page).read_text()):
        assert (REPOSITORY / "docs" / target).exists(), target
