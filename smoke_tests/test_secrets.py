"""The environment's real secrets are where they belong and nowhere else."""

import pytest

from smoke_tests import canary, credentials
from smoke_tests import outputs as stack_outputs
from smoke_tests.credentials import Masked
from smoke_tests.environment import Environment
from smoke_tests.report import Report

Canaries = dict[str, Masked]


@pytest.fixture(scope="module")
def canaries(environment: Environment) -> Canaries:
    """Every password and key of the environment, by the Secret that it belongs in."""
    found = credentials.known(environment.cluster)
    assert environment.credentials.root_password in found.values()
    return found


def test_no_config_map_holds_a_secret(environment: Environment, canaries: Canaries) -> None:
    places = canary.config_maps(environment.cluster)
    assert places
    assert canary.leaks(canaries, places) == []


def test_no_helm_release_holds_a_secret(environment: Environment, canaries: Canaries) -> None:
    places = canary.helm_releases(environment.cluster)
    assert places, f"No Helm release is stored in namespace {environment.cluster.namespace}."
    assert canary.leaks(canaries, places) == []


def test_no_stack_export_holds_a_secret(environment: Environment, canaries: Canaries) -> None:
    places = {"stack export": stack_outputs.pulumi("stack", "export", stack=environment.stack)}
    assert canary.leaks(canaries, places) == []


def test_no_pod_has_logged_a_secret(environment: Environment, canaries: Canaries) -> None:
    places = canary.logs(environment.cluster)
    assert any(places.values()), f"No pod of {environment.cluster.namespace} has logged anything."
    assert canary.leaks(canary.unlogged(canaries), places) == []


def test_no_report_of_the_run_so_far_holds_a_secret(
    environment: Environment, canaries: Canaries, report: Report
) -> None:
    """The end of the run repeats this, with the files that pytest has written; what it prints is
    redacted."""
    assert environment.credentials.root_password in report.secrets.values()
    assert report.secrets == canaries
    assert report.leaks([]) == []
