"""The running platform keeps its promises."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import credentials, settings, store, summary
from local.layout import CLONE
from local.platform import Platform
from smoke_tests import canary, leftovers, objects, outputs, sample, waiting
from smoke_tests.credentials import Masked
from smoke_tests.environment import Environment, open_stack

pytestmark = pytest.mark.platform
SECRET_FILES = ("passphrase", "milvus-root-password", "store-encryption-key")
LOGS = ("logs/*", "node-*/*.log", "node-*/pod-logs/**/*.log")
WRITTEN = ("*.conf", "*.json", "*.yaml", "pulumi-backend/**/*.json")
"""The secrets' own files lie deeper, and the stack's state holds them encrypted."""
FAILING = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    raise AssertionError("on purpose")
"""
ANSWER_SECONDS = 300


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform(settings.read())


@pytest.fixture
def environment() -> Iterator[Environment]:
    with open_stack(outputs.stack_name()) as found:
        yield found


def kubectl(*arguments: str) -> str:
    return subprocess.run(
        ["kubectl", *arguments], stdout=subprocess.PIPE, text=True, check=True, timeout=120
    ).stdout


def service_addresses() -> str:
    nft = ("nft", "list", "map", "ip", "kube-proxy", "service-ips")
    return kubectl("-n", "kube-system", "exec", "daemonset/kube-proxy", "--", *nft)


def test_services_outlive_a_full_sync_of_kube_proxy() -> None:
    kubernetes = json.loads(kubectl("get", "service", "kubernetes", "-o", "json"))
    address = f"{kubernetes['spec']['clusterIP']} . tcp . 443"
    kubectl("-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy")
    kubectl("-n", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=90s")
    assert address in service_addresses()


def test_nothing_of_the_platform_waits_for_a_volume_or_an_image() -> None:
    pods = json.loads(kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]
    ours = [pod for pod in pods if not pod["metadata"]["namespace"].startswith("trial-")]
    assert {pod["status"]["phase"] for pod in ours} <= {"Running", "Succeeded"}


def test_a_store_whose_process_is_killed_is_started_again(
    platform: Platform, environment: Environment
) -> None:
    before = platform.supervisor.process("store")
    os.kill(before, signal.SIGKILL)

    def unrestarted() -> str:
        now = platform.supervisor.process("store")
        return "" if now not in (0, before) else f"process {now}"

    waiting.until(unrestarted, ANSWER_SECONDS, "A new store")
    store.wait_until_ready(platform.layout, platform.endpoint)
    deployer = objects.deployer(environment.outputs)
    assert list(objects.keys(deployer, environment.outputs.live_bucket))


def test_the_three_lines_of_the_summary_search_the_sample_data(
    platform: Platform, environment: Environment
) -> None:
    sample.load(environment.connect())
    known = json.loads(outputs.pulumi("stack", "output", "--json", stack=environment.stack))
    lines = summary.search_lines(platform.layout, known)
    assert len(lines) == 3
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=CLONE,
        capture_output=True,
        text=True,
        check=False,
        # Somebody at a prompt, who has exported nothing.
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
    )
    assert said.returncode == 0, said.stderr
    assert "HNSW" in said.stdout


def own_secrets(folder: Path) -> dict[str, Masked]:
    texts = {name: Masked(credentials.read(folder, name)) for name in SECRET_FILES}
    keys = {
        name: Masked(credentials.identity(folder, name).secret_access_key)
        for name in credentials.IDENTITIES
    }
    return texts | keys


def test_no_secret_of_the_platform_is_in_a_log_or_file_or_argument(platform: Platform) -> None:
    state = platform.layout.state
    found = [one for pattern in (*LOGS, *WRITTEN) for one in state.glob(pattern) if one.is_file()]
    places = {str(one): one.read_text(errors="replace") for one in found}
    for name in ("pulumi-up.log", "store.log"):
        assert places[str(platform.layout.logs / name)]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            places[str(process)] = process.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
    assert canary.leaks(own_secrets(platform.layout.secrets), places) == []


def foreign_keys(environment: Environment, keys: set[str]) -> set[str]:
    """Those of the keys that belong to no collection that there is."""
    client, root = environment.connect(), environment.outputs.root_path
    for name in client.list_collections():
        number = int(client.describe_collection(name)["collection_id"])
        keys = keys - set(leftovers.Traces(root, number).of(sorted(keys)))
    return keys


def test_smoke_tests_that_fail_leave_nothing_behind(
    environment: Environment, tmp_path: Path
) -> None:
    client, bucket = environment.connect(), environment.outputs.live_bucket
    deployer = objects.deployer(environment.outputs)
    collections, before = client.list_collections(), set(objects.keys(deployer, bucket))
    (tmp_path / "failing.py").write_text(FAILING)
    suite = ["smoke_tests/test_answers.py", "smoke_tests/test_refusals.py"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "failing", *suite],
        cwd=CLONE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "SMOKE_REPORT": ""},
    )
    assert "on purpose" in ran.stdout
    assert " passed" not in ran.stdout
    assert "rows inserted" in ran.stdout, "It made its collection before it failed."
    assert environment.connect().list_collections() == collections
    assert foreign_keys(environment, set(objects.keys(deployer, bucket)) - before) == set()
