"""What must be refused before anything is made: the program, under the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins_preflight import chart_repository, fake_api
from tests.plugins_preflight.fake_api import Api
from tests.plugins_preflight.project import COMMANDS, Asking

pytestmark = pytest.mark.tools

OWN_CHART = {"path": "charts/milvus-local", "version": "0.1.0"}
OTHER = "7c0d1e9c-9a4f-4a57-8a43-0d1c2b3a4f5e"


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """A stack that is never made."""
    return Asking.create(tmp_path_factory.mktemp("refused"))


@pytest.fixture
def api() -> Iterator[Api]:
    with fake_api.serving() as api:
        yield api


def expect_refusal(stack: Asking, *sentence: str) -> None:
    """Preview and deployment both fail in these words, and have made nothing."""
    before = stack.made()
    for command in COMMANDS:
        answer = stack.run(command)
        assert answer.code != 0
        for part in sentence:
            assert part in answer.words, answer.words
        assert "Traceback" not in answer.words
        assert "canary-token" not in answer.words
    assert stack.made() == before


def test_a_cluster_that_refuses_connections_is_named_and_nothing_is_made(
    refused: Asking, tmp_path: Path
) -> None:
    file = fake_api.kubeconfig(tmp_path / "config", "https://127.0.0.1:1")
    refused.set("cluster", {"kubeconfig": file, "context": "away"})
    said = f"cluster of kubeconfig {file}, context away cannot be reached at https://127.0.0.1:1"
    expect_refusal(refused, said)
    assert refused.made() == []


def test_a_kubeconfig_that_is_not_there_is_named_and_nothing_is_made(
    refused: Asking, tmp_path: Path
) -> None:
    refused.set("cluster", {"kubeconfig": str(tmp_path / "none"), "context": "away"})
    expect_refusal(refused, f"cluster: There is no kubeconfig {tmp_path / 'none'}.")
    assert refused.made() == []


def test_every_right_that_is_lacking_is_in_one_sentence(
    refused: Asking, tmp_path: Path, api: Api
) -> None:
    api.rules = []
    api.denied = {("create", "namespaces"), ("create", "secrets"), ("patch", "networkpolicies")}
    refused.set("cluster", {"kubeconfig": api.kubeconfig(tmp_path / "c"), "context": "away"})
    expect_refusal(
        refused,
        "may not create namespaces; create secrets; patch networkpolicies.networking.k8s.io "
        "(namespace vectorkit-dev).",
    )
    assert refused.made() == []
    assert [one for one in api.asked if one.startswith("POST") and "selfsubject" not in one] == []


def test_a_namespace_of_somebody_else_is_not_taken_over(
    refused: Asking, tmp_path: Path, api: Api
) -> None:
    api.namespaces["vectorkit-dev"] = {"labels": {"team": "others"}}
    refused.set("cluster", {"kubeconfig": api.kubeconfig(tmp_path / "c"), "context": "away"})
    expect_refusal(
        refused,
        "namespace vectorkit-dev exists already and is not this environment's",
        "team=others",
    )
    assert refused.made() == []


def test_a_stack_stays_in_the_cluster_that_it_is_deployed_to(tmp_path: Path, api: Api) -> None:
    stack = Asking.create(tmp_path)
    stack.set("cluster", {"kubeconfig": api.kubeconfig(tmp_path / "c"), "context": "away"})
    anonymous = {"allow_anonymous_etcd": True, "accept_known_holes": []}
    stack.set("milvus", {"chart": OWN_CHART, **anonymous})
    first = stack.run("up")
    assert first.code == 0, first.words
    assert "kubernetes:core/v1:Namespace" in stack.made()
    # Who takes the labels off a namespace of the stack's own does not lock the stack out.
    api.namespaces["vectorkit-dev"] = {"labels": {}}
    again = stack.engine.run("preview", "--expect-no-changes", "--stack", "dev")
    assert again.code == 0, again.words

    deployed, api.uid = api.uid, OTHER
    expect_refusal(
        stack, f"whose uid is {OTHER}, than the one that the stack is deployed to", deployed
    )
    api.namespaces.clear()
    stack.set("cluster", {"uid": OTHER})
    moved = stack.run("preview")
    assert moved.code == 0, moved.words


def test_a_chart_version_that_its_repository_lacks_is_refused_with_both(
    refused: Asking, tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused.set("cluster", {"kubeconfig": api.kubeconfig(tmp_path / "c"), "context": "away"})
    with chart_repository.serving(tmp_path) as repository:
        monkeypatch.setenv("SSL_CERT_FILE", str(repository.ca_file))
        pinned = {"repository": repository.url, "name": "milvus-local", "version": "5.0.19"}
        refused.set("milvus", {"chart": pinned})
        repository.add("5.0.18")
        expect_refusal(
            refused, f"milvus.chart: chart milvus-local 5.0.19 cannot be had from {repository.url}"
        )
        assert refused.made() == []
        repository.add("5.0.19")
        found = refused.run("preview")
        assert found.code == 0, found.words
