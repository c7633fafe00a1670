"""What a cluster is asked, and what is said of its answers; kubectl is a real one."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.preflight import namespace
from plugins.preflight.examination import examine
from tests import throwaway_ca
from tests.plugins_preflight import fake_api
from tests.plugins_preflight.fake_api import Api

pytestmark = pytest.mark.tools

NOBODY = "https://127.0.0.1:1"
OTHER = "7c0d1e9c-9a4f-4a57-8a43-0d1c2b3a4f5e"
LABELS = {"vectorkit/environment": "trial"}
RIGHTS = [
    {"group": "", "resource": "namespaces", "verbs": ["create"], "namespaced": False},
    {"group": "", "resource": "secrets", "verbs": ["create", "patch"], "namespaced": True},
    {"group": "apps", "resource": "deployments", "verbs": ["delete"], "namespaced": True},
]
CHART = {"chart": "unknown", "version": "1.0.0"}
KNOWN_CHART = {"chart": CHART}
"""A former deployment with this chart, of which nobody is asked then."""


@pytest.fixture
def api() -> Iterator[Api]:
    with fake_api.serving() as api:
        yield api


@pytest.fixture
def hole() -> Iterator[str]:
    """The address of who takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def wanted(kubeconfig: str, **changes: Any) -> dict[str, Any]:
    given = {"kubeconfig": kubeconfig, "context": "away", "namespace": "mine", "labels": LABELS}
    return {**given, "rights": RIGHTS, "chart": CHART, **changes}


def reasons(inputs: dict[str, Any], **former: str) -> list[str]:
    return examine(inputs, {**KNOWN_CHART, **former})[1]


def reason(inputs: dict[str, Any], **former: str) -> str:
    (only,) = reasons(inputs, **former)
    assert "canary-token" not in only
    assert "\n" not in only
    return only


def test_a_cluster_that_answers_and_lets_everything_be_done_is_known_by_its_uid(
    tmp_path: Path, api: Api
) -> None:
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    assert examine(inputs, KNOWN_CHART) == (api.uid, [])
    writes = [one for one in api.asked if not one.startswith("GET") and "selfsubject" not in one]
    assert writes == []


def test_a_name_that_nobody_knows_is_told_with_host_and_context(tmp_path: Path) -> None:
    file = fake_api.kubeconfig(tmp_path / "c", "https://nowhere.invalid:6443")
    said = reason(wanted(file))
    assert f"kubeconfig {file}, context away cannot be reached at https://nowhere.invalid" in said


def test_a_cluster_that_never_answers_is_given_up_in_time(tmp_path: Path, hole: str) -> None:
    file = fake_api.kubeconfig(tmp_path / "c", hole)
    started = time.monotonic()
    assert f"context away cannot be reached at {hole}" in reason(wanted(file))
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no kubeconfig {file}."),
        ("a: [", "The kubeconfig of kubeconfig {file}, context away cannot be used: error loading"),
        ("{}", "The cluster of kubeconfig {file}, context away is unknown: "),
    ],
)
def test_a_kubeconfig_that_says_nothing_is_named(
    tmp_path: Path, content: str | None, says: str
) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content)
    assert reason(wanted(str(file))).startswith("cluster: " + says.format(file=file))


def test_a_program_for_credentials_that_is_not_there_is_named(tmp_path: Path) -> None:
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "no-such-program",
        "interactiveMode": "Never",
        "installHint": "several\nlines",
    }
    said = reason(wanted(fake_api.kubeconfig(tmp_path / "c", NOBODY, {"exec": program})))
    assert "come from the program no-such-program, which is not on PATH" in said


def test_a_program_that_brings_no_credentials_is_told_with_its_failure(tmp_path: Path) -> None:
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "false",
        "interactiveMode": "Never",
    }
    said = reason(wanted(fake_api.kubeconfig(tmp_path / "c", NOBODY, {"exec": program})))
    assert "The program that brings the credentials of kubeconfig" in said


def test_a_client_certificate_that_has_expired_is_told_with_its_date(
    tmp_path: Path, api: Api
) -> None:
    ended = datetime.now(UTC) - timedelta(days=3)
    certificate, key = throwaway_ca.client_certificate(ended)
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    api.status = 401
    said = reason(wanted(api.kubeconfig(tmp_path / "c", user)))
    assert f"its client certificate has expired on {ended:%Y-%m-%d}. Renew it" in said


def test_credentials_that_are_refused_are_told_without_them(tmp_path: Path, api: Api) -> None:
    api.status = 401
    assert "they are wrong or have expired" in reason(wanted(api.kubeconfig(tmp_path / "c")))


def test_only_what_no_rule_grants_is_asked_for_and_what_is_refused_is_told(
    tmp_path: Path, api: Api
) -> None:
    # A rule that holds in a namespace lets nobody make one.
    granted = ["secrets", "namespaces"]
    api.rules = [{"verbs": ["create", "patch"], "apiGroups": [""], "resources": granted}]
    api.denied = {("delete", "deployments")}
    said = reason(wanted(api.kubeconfig(tmp_path / "c")))
    assert "may not delete deployments.apps (namespace mine)" in said
    assert [(one["verb"], one["resource"], one.get("namespace")) for one in api.reviewed] == [
        ("create", "namespaces", None),
        ("delete", "deployments", "mine"),
    ]


def test_a_rule_for_some_names_grants_nothing_of_others(tmp_path: Path, api: Api) -> None:
    one = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "resourceNames": ["mine"]}
    api.rules, api.denied = [one], {("patch", "secrets")}
    assert "may not patch secrets" in reason(wanted(api.kubeconfig(tmp_path / "c")))


def test_another_cluster_than_the_declared_one_is_refused_whatever_else_is_wrong(
    tmp_path: Path, api: Api
) -> None:
    api.rules, api.denied = [], {("patch", "secrets")}
    said = reason(wanted(api.kubeconfig(tmp_path / "c"), uid=OTHER))
    assert f"leads to another cluster, whose uid is {api.uid}; the stack means {OTHER}" in said


def test_another_cluster_than_that_of_the_last_deployment_needs_the_stacks_word(
    tmp_path: Path, api: Api
) -> None:
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    assert "than the one that the stack is deployed to" in reason(inputs, cluster_uid=OTHER)
    assert reasons(inputs, cluster_uid=api.uid) == []
    assert reasons({**inputs, "uid": api.uid}, cluster_uid=OTHER) == []
    # A stack that was deployed before anybody asked has no record.
    assert reasons(inputs) == []


def test_a_namespace_is_the_environments_own_by_its_labels_or_by_the_last_deployment(
    tmp_path: Path, api: Api
) -> None:
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    api.namespaces["mine"] = {"labels": {"team": "others"}}
    said = reason(inputs)
    assert said.startswith("namespace: namespace mine exists already and is not this environment's")
    assert "it lacks the labels vectorkit/environment=trial, and has team=others" in said
    assert reasons(inputs, cluster_uid=api.uid, namespace="mine") == []
    assert reason(inputs, cluster_uid=api.uid, namespace="former") == said
    assert reason({**inputs, "uid": api.uid}, cluster_uid=OTHER, namespace="mine") == said
    api.namespaces["mine"] = {"labels": LABELS | {"team": "others"}}
    assert reasons(inputs) == []


def test_a_namespace_that_is_being_deleted_is_waited_for_and_then_told_with_what_holds_it(
    tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "GONE_SECONDS", 2)
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    api.namespaces["mine"] = {
        "labels": LABELS,
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["example.com/keep"],
    }
    said = reason(inputs, cluster_uid=api.uid, namespace="mine")
    assert "namespace mine is being deleted and was not gone after 2 s" in said
    assert "it waits for its finalizers example.com/keep" in said


def test_a_namespace_that_goes_in_time_may_be_made_again(tmp_path: Path, api: Api) -> None:
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    api.namespaces["mine"] = {"deletionTimestamp": "2026-01-01T00:00:00Z"}

    def finish() -> None:
        while api.asked.count("GET /api/v1/namespaces/mine") < 2:
            time.sleep(0.1)
        api.namespaces.clear()

    threading.Thread(target=finish, daemon=True).start()
    assert reasons(inputs) == []


def test_a_chart_that_helm_cannot_have_is_told_with_its_version_but_not_asked_for_twice(
    tmp_path: Path, api: Api
) -> None:
    inputs = wanted(api.kubeconfig(tmp_path / "c"))
    assert reasons(inputs) == []
    changed = {**inputs, "chart": {"chart": "/nowhere/milvus", "version": "5.0.19"}}
    assert "milvus.chart: there is no chart at /nowhere/milvus" in reason(changed)
