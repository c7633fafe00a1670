"""All that an environment puts into its namespace: the chart's objects and the program's own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import Program, run  # noqa: F401 (a fixture)
from tests.infra.stack_document import SEALED_BY_A_JOB, STACKS
from tests.rendered import rendering
from tests.rendered.rendering import OWN_CHART, REQUIRES_UPSTREAM, Manifest

RELEASE = "kubernetes:helm.sh/v3:Release"
CASES = [
    pytest.param(("own", "local"), id="our chart, local"),
    pytest.param(("vault", "local"), id="our chart, local with a vault"),
    *(
        pytest.param(("upstream", stack), id=f"upstream chart, {stack}", marks=REQUIRES_UPSTREAM)
        for stack in STACKS
    ),
]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Which chart (vault: ours, in an environment that seals), and which stack."""
    chosen: tuple[str, str] = request.param
    return chosen


@pytest.fixture(scope="module")
def everything(
    case: tuple[str, str],
    run: Callable[..., Program],  # noqa: F811
) -> list[Manifest]:
    """What the chart renders with the values that the program gives it, and what it declares."""
    chart, stack = case
    program = run(SEALED_BY_A_JOB if chart == "vault" else None, stack_name=stack)
    declared = [
        _manifest(one.inputs)
        for one in program.resources
        if one.type.startswith("kubernetes:") and one.type != RELEASE
    ]
    assert {"Namespace", "NetworkPolicy", "ResourceQuota", "Secret"} <= {
        one["kind"] for one in declared
    }
    values = program.one(RELEASE).inputs["values"]
    folder = rendering.upstream() if chart == "upstream" else OWN_CHART
    namespace = program.one("kubernetes:core/v1:Namespace").inputs["metadata"]["name"]
    return declared + rendering.manifests(folder, values, namespace)


def _manifest(inputs: dict[str, Any]) -> Manifest:
    """As it is sent: secrets without the envelope that hides them from the state, and whole
    numbers, which mocks make fractions, as such."""
    sent = {key: one["secret"] if _hidden(one) else one for key, one in inputs.items()}
    return dict(json.loads(json.dumps(sent), parse_float=lambda number: int(float(number))))


def _hidden(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secret"}
