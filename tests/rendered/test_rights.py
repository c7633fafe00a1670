"""What the charts make, held against the rights that the deployer is asked for."""

from pathlib import Path

import pytest

from tests.infra.stack_document import STACKS
from tests.infra.test_cluster_rights import MAKES, resource, rights
from tests.rendered.rendering import (
    OWN_CHART,
    REQUIRES_UPSTREAM,
    manifests,
    upstream,
    values_of,
)

pytestmark = pytest.mark.tools


@REQUIRES_UPSTREAM
@pytest.mark.parametrize("stack", [one for one in STACKS if one != "local"])
def test_the_upstream_chart_makes_nothing_that_is_not_asked_for(stack: str) -> None:
    assert _unasked(upstream(), stack) == set()


def test_our_own_chart_makes_nothing_that_is_not_asked_for() -> None:
    assert _unasked(OWN_CHART, "local") == set()


def _unasked(chart: Path, stack: str) -> set[tuple[str, str]]:
    made = manifests(chart, values_of(stack))
    kinds = {(one["apiVersion"].rpartition("/")[0], resource(one["kind"])) for one in made}
    granted = rights(stack)
    return {one for one in kinds if not granted.get(one, set()) >= MAKES}
