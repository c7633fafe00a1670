"""The environment's real secrets are where they belong and nowhere else."""

from smoke_tests import canary
from smoke_tests import outputs as stack_outputs
from smoke_tests.environment import Environment
from smoke_tests.report import Report


def test_no_config_map_holds_a_secret(environment: Environment) -> None:
    places = canary.config_maps(environment.cluster)
    assert places
    assert canary.leaks(environment.credentials.all(), places) == []


def test_no_helm_release_holds_a_secret(environment: Environment) -> None:
    places = canary.helm_releases(environment.cluster)
    assert places, f"No Helm release is stored in namespace {environment.cluster.namespace}."
    assert canary.leaks(environment.credentials.all(), places) == []


def test_no_stack_export_holds_a_secret(environment: Environment) -> None:
    places = {"stack export": stack_outputs.pulumi("stack", "export", stack=environment.stack)}
    assert canary.leaks(environment.credentials.all(), places) == []


def test_no_pod_has_logged_a_secret(environment: Environment) -> None:
    places = canary.logs(environment.cluster)
    assert any(places.values()), f"No pod of {environment.cluster.namespace} has logged anything."
    assert canary.leaks(environment.credentials.all(), places) == []


def test_no_report_of_the_run_so_far_holds_a_secret(
    environment: Environment, report: Report
) -> None:
    """The end of the run repeats this, with the files that pytest has written; what it prints is
    redacted."""
    assert report.secrets == environment.credentials.all()
    assert report.leaks([]) == []
