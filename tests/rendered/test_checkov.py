"""checkov's rules for Kubernetes: kept, but for the exceptions of checkov-exceptions.yaml."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra import stack_document
from tests.rendered import checkov
from tests.rendered.rendering import Manifest, of_kind
from vectorkit.decisions import cluster_values

pytestmark = pytest.mark.tools

EXCEPTIONS: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "checkov-exceptions.yaml").read_text()
)


STANDALONE = "Deployment/milvus-standalone"


def excepted(chart: str, stack: str) -> set[checkov.Finding]:
    """What the file allows of a chart; in cluster mode, of each component what of standalone.
    The job that seals beside our own chart needs no exception."""
    key = "own" if chart == "vault" else chart
    settings = stack_document.settings(stack=stack)
    clustered, login = settings.shape is not None, not settings.milvus.allow_anonymous_etcd
    components = [f"Deployment/milvus-{label}" for label in cluster_values.BLOCKS]
    return {
        (check, one)
        for check, exception in EXCEPTIONS.items()
        for resource in [
            *exception.get("both", []),
            *exception.get(key, []),
            *(exception.get("login", []) if login else []),
        ]
        for one in (components if clustered and resource == STANDALONE else [resource])
    }


def test_checkov_finds_nothing_but_the_exceptions_and_every_exception_is_needed(
    case: tuple[str, str], everything: list[Manifest]
) -> None:
    assert checkov.findings(everything) == excepted(*case)


def test_checkov_finds_what_is_broken(everything: list[Manifest]) -> None:
    broken = copy.deepcopy(everything)
    pod = of_kind("Deployment", broken)[0]["spec"]["template"]["spec"]
    pod["hostNetwork"] = True
    pod["containers"][0]["securityContext"]["privileged"] = True
    found = checkov.findings(broken) - checkov.findings(everything)
    assert {check for check, _ in found} >= {"CKV_K8S_19", "CKV_K8S_16"}


@pytest.mark.parametrize("check", EXCEPTIONS)
def test_every_exception_has_its_reason(check: str) -> None:
    assert set(EXCEPTIONS[check]) <= {"rule", "because", "both", "own", "upstream", "login"}
    assert EXCEPTIONS[check]["rule"]
    assert EXCEPTIONS[check]["because"].endswith(".")
