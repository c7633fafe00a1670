"""What a deployed stack tells the vault's commands, without a cluster."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from local.layout import CLONE
from smoke_tests import outputs
from smoke_tests.cluster import Cluster
from smoke_tests.errors import LoginRefusedError, ServerDownError
from smoke_tests.outputs import Deployed
from tests.vault.command import Run, deployed
from vault import stack
from vault.places import VaultError
from vault.stack import Stack, chart_version, kit_version, milvus_tag

Items = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    """Lets every question to the cluster be answered by these objects."""

    def answer(found: list[dict[str, Any]]) -> None:
        monkeypatch.setattr(Cluster, "items", lambda *_: found)

    return answer


def service(name: str, chart: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"helm.sh/chart": chart}}}


def workload(*images: str) -> dict[str, Any]:
    containers = [{"image": image} for image in images]
    return {"spec": {"template": {"spec": {"containers": containers}}}}


def test_the_chart_of_milvus_is_told_as_the_job_tells_it_and_not_that_of_its_etcd(
    items: Items,
) -> None:
    items([service("milvus-etcd", "etcd-8.12.0"), service("milvus", "milvus-5.0.19")])
    found = Stack("dev", deployed(deployed=Deployed(wal="woodpecker")))
    assert found.versions() == {"chart": "5.0.19", "kit": kit_version(), "wal": "woodpecker"}


def test_what_an_older_deployment_does_not_tell_is_unknown(items: Items) -> None:
    items([])
    told = Stack("dev", deployed()).versions()
    assert (told["chart"], told["wal"]) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("label", "version"),
    [
        ("milvus-5.0.19", "5.0.19"),
        ("milvus-local-0.1.0", "0.1.0"),
        ("milvus-5.0.19-rc.1_build", "5.0.19-rc.1_build"),
        ("milvus", "milvus"),
    ],
)
def test_the_version_of_a_chart_is_what_follows_its_name(label: str, version: str) -> None:
    assert chart_version(label) == version


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("milvusdb/milvus:v2.6.15", "v2.6.15"),
        ("registry:5000/mirror/milvusdb/milvus:v2.6.15@sha256:" + "0" * 64, "v2.6.15"),
        ("milvus:v2.3.5", "v2.3.5"),
        ("registry:5000/milvusdb/milvus@sha256:" + "0" * 64, ""),
        ("registry:5000/milvusdb/milvus", ""),
        ("milvusdb/etcd:3.5.25-r1", ""),
        ("example/milvus-operator:v1.0.0", ""),
    ],
)
def test_the_tag_of_milvus_is_read_beside_a_digest_and_of_no_other_image(
    image: str, tag: str
) -> None:
    assert milvus_tag(image) == tag


def test_the_version_that_will_run_is_that_of_the_declared_image(items: Items) -> None:
    items([workload("a/milvus:v2.6.15@sha256:00", "a/etcd:3.5"), workload("a/milvus:v2.6.15")])
    assert Stack("dev", deployed()).milvus_version() == "2.6.15"
    items([workload("a/milvus@sha256:00")])
    with pytest.raises(VaultError, match=r"names 0 versions .* MILVUS_VERSION=2\.6\.15"):
        Stack("dev", deployed()).milvus_version()


def answers_by(monkeypatch: pytest.MonkeyPatch, *said: Exception | None) -> list[float]:
    """Milvus says these things one after the other, the last one ever after, a second apart each;
    returns the clock."""
    clock, left = [0.0], list(said)

    @contextmanager
    def milvus(_: Stack) -> Iterator[Any]:
        clock[0] += 1
        error = left.pop(0) if len(left) > 1 else left[0]
        if error:
            raise error
        yield type("Answering", (), {"version": lambda _: "2.3.5"})()

    monkeypatch.setattr(Stack, "milvus", milvus)
    monkeypatch.setattr("vault.stack.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("vault.stack.time.sleep", lambda _: None)
    return clock


def test_a_refused_login_is_told_long_before_the_wait_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = answers_by(monkeypatch, ServerDownError("Down."), LoginRefusedError("Refused."))
    with ExitStack() as until, pytest.raises(VaultError) as refused:
        Stack("dev", deployed()).await_milvus(600, until)
    assert "the password of the instance that was sealed" in str(refused.value)
    assert "milvusRootPassword --stack dev" in str(refused.value)
    assert clock[0] < 30


def test_a_milvus_that_refuses_while_it_starts_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [LoginRefusedError("Refused.")] * 15
    answers_by(monkeypatch, *refused, ServerDownError("Down."), *refused, None)
    with ExitStack() as until:
        assert Stack("dev", deployed()).await_milvus(600, until).version() == "2.3.5"


def test_the_vault_of_another_store_is_not_asked_with_this_ones_credentials(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in stack.WRITER:
        monkeypatch.delenv(name, raising=False)
    stacks = {"dev": deployed(), "other": deployed(store_endpoint="https://other.example")}
    monkeypatch.setattr(outputs, "read", lambda name: stacks[name])

    @contextmanager
    def etcd(*_: Any) -> Iterator[None]:
        yield None

    monkeypatch.setattr(Stack, "etcd", etcd)
    status, out, err = run("restore", "--stack", "dev", "--from-stack", "other")
    assert (status, out) == (1, "")
    assert "The vault of stack 'other' is at https://other.example" in err
    assert f"Set {stack.WRITER[0]} and {stack.WRITER[1]}" in err


def test_make_restore_hands_over_where_from_and_which_milvus() -> None:
    given = ["STACK=dev", "FROM_STACK=other", "FROM=bucket", "MILVUS_VERSION=2.6.15"]
    said = subprocess.run(
        ["make", "-n", "restore", *given], cwd=CLONE, capture_output=True, text=True, check=True
    ).stdout
    for option in ("--from-stack other", "--vault-bucket bucket", "--milvus-version 2.6.15"):
        name, value = option.split()
        assert f'{name} "{value}"' in said
