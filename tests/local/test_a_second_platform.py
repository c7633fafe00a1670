"""A platform of two nodes beside the first one: killed while it starts, then given to a second
state folder as somebody's own cluster and store, and taken down in the end."""

import base64
import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local import credentials, settings, stack_file, tools
from local.engine import Engine
from local.images import ETCD_TAG, MILVUS_TAG
from local.oci import REGISTRY
from local.platform import Platform
from smoke_tests import waiting

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

CLONE = Path(__file__).resolve().parents[2]
SUBNET = "10.97.0.0/24"
FOREIGN = ("VECTORKIT_", "PULUMI_", "AWS_", "KUBECONFIG", "STACK", "SMOKE_REPORT")
ANSWER_SECONDS = 300
QUESTION = "How much memory does an HNSW index need?"


def clean_environment(programs: Path) -> dict[str, str]:
    """The test run's environment without its own platform, on a machine whose kubectl and helm are
    of no use; the cache of tools stays in use."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    cache = str(settings.read().cache)
    path = [one for one in kept["PATH"].split(":") if not one.startswith(cache)]
    return kept | {"PATH": ":".join([str(programs), *path]), "VECTORKIT_CACHE": cache}


@pytest.fixture(scope="module")
def clean(lasting_folder: Path) -> dict[str, str]:
    programs = lasting_folder / "programs"
    programs.mkdir()
    for name in ("kubectl", "helm"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    return clean_environment(programs)


def packet_filter() -> str:
    """The machine's own rules, without counters."""
    rules = ["nft", "--stateless", "list", "ruleset"]
    return subprocess.run(rules, capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class Machine:
    """Somebody at a prompt: the variables that they have exported."""

    variables: Mapping[str, str] = field(repr=False)
    clone: Path = CLONE

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.clone / ".venv" / "bin" / "python"), "-m", "local", *arguments],
            cwd=self.clone,
            env=dict(self.variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def says(self, *arguments: str, status: int = 0) -> str:
        process = self.process(*arguments)
        said, _ = process.communicate()
        assert process.returncode == status, said
        return said

    def is_killed(self, *arguments: str, when: str, after: float) -> None:
        """Run a command and kill it, with all that it has started and waits for, `after` seconds
        into the stage `when`."""
        process = self.process(*arguments)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.strip().startswith(when):
                break
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)
        rest = process.stdout.read()
        assert process.wait() == -signal.SIGKILL, f"It had ended before the kill: {said} {rest}"

    def with_(self, **more: str) -> "Machine":
        return Machine({**self.variables, **more}, self.clone)

    @property
    def platform(self) -> Platform:
        return Platform(settings.read(self.variables))

    def kubectl(self, *arguments: str) -> str:
        kubectl = str(tools.kubectl(self.platform.layout.cache))
        command = [kubectl, f"--kubeconfig={self.platform.kubeconfig}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answer(self) -> str:
        """What the sample data answers; empty while Milvus does not."""
        toolbox = tools.found(self.platform.layout.cache)
        assert toolbox is not None
        ask = f"from smoke_tests.sample import search; print(search({QUESTION!r}))"
        done = subprocess.run(
            [str(self.clone / ".venv" / "bin" / "python"), "-c", ask],
            cwd=self.clone,
            env={**self.variables, **Engine(self.platform, toolbox).environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout


@pytest.fixture(scope="module")
def rules_before() -> str:
    return packet_filter()


@pytest.fixture(scope="module")
def machine(lasting_folder: Path, clean: dict[str, str], rules_before: str) -> Iterator[Machine]:
    """A machine whose platform of two nodes has been killed three times while it started."""
    state = {"VECTORKIT_STATE": str(lasting_folder / "state"), "VECTORKIT_SUBNET": SUBNET}
    machine = Machine(clean | state)
    two = machine.with_(VECTORKIT_NODES="2")
    try:
        two.is_killed("start", when="Images", after=0.5)
        two.is_killed("start", when="Store and nodes", after=1.0)
        two.is_killed("start", when="Cluster", after=15.0)
        assert "store" in two.says("start")
        yield machine
    finally:
        machine.with_(PURGE="1").says("down")


@pytest.fixture(scope="module")
def guest(machine: Machine, lasting_folder: Path, clean: dict[str, str]) -> Iterator[Machine]:
    """Somebody who has that cluster and that store, and a state folder of their own."""
    host = machine.platform
    for image, name in (("milvus", MILVUS_TAG), ("etcd", ETCD_TAG)):
        _tag(host, f"{REGISTRY}/{image}:{name}", _upstream(image))
    deployer = credentials.identity(host.layout.secrets, "admin")
    milvus = credentials.identity(host.layout.secrets, "milvus")
    guest = Machine(clean).with_(
        VECTORKIT_STATE=str(lasting_folder / "guest"),
        # The stand-in is what this machine has; asking for the other takes its time out.
        VECTORKIT_OFFICIAL_PLUGIN="never",
        VECTORKIT_CHART="charts/milvus-local",
        KUBECONFIG=str(host.kubeconfig),
        VECTORKIT_S3_ENDPOINT=host.endpoint,
        VECTORKIT_S3_CA_FILE=str(host.layout.ca_file),
        VECTORKIT_S3_DEPLOYER="admin*",
        VECTORKIT_S3_MILVUS_ACCESS_KEY_ID=milvus.access_key_id,
        VECTORKIT_S3_MILVUS_SECRET_ACCESS_KEY=milvus.secret_access_key,
        AWS_ACCESS_KEY_ID=deployer.access_key_id,
        AWS_SECRET_ACCESS_KEY=deployer.secret_access_key,
    )
    yield guest
    if Path(guest.variables["VECTORKIT_STATE"]).exists():
        guest.with_(PURGE="1").says("down")


def _tag(host: Platform, source: str, target: str) -> None:
    for node in host.nodes:
        tag = ("ctr", "--namespace=k8s.io", "images", "tag", "--force", source, target)
        node.run(host.supervisor, *tag, what=f"Tagging {target}")


def _upstream(image: str) -> str:
    given = stack_file.UPSTREAM
    if image == "milvus":
        return f"{given['image']['repository']}:{given['image']['tag']}"
    etcd = given["etcd_image"]
    return f"{etcd['registry']}/{etcd['repository']}:{etcd['tag']}"


def test_a_start_that_was_killed_three_times_ends_with_two_ready_nodes(machine: Machine) -> None:
    nodes = json.loads(machine.kubectl("get", "nodes", "-o", "json"))["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["vectorkit-0", "vectorkit-1"]
    for node in nodes:
        conditions = {one["type"]: one["status"] for one in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"


def test_a_pod_on_the_second_node_reaches_services_on_the_first(machine: Machine) -> None:
    spec = {"nodeName": "vectorkit-1", "restartPolicy": "Never"}
    lookup = ("nslookup", "kubernetes.default.svc.cluster.local")
    image = f"--image={REGISTRY}/busybox:1.35.0"
    run = ("run", "lookup", "--rm", "--attach", "--quiet", "--image-pull-policy=Never", image)
    overrides = f"--overrides={json.dumps({'spec': spec})}"
    said = machine.kubectl(*run, "--restart=Never", overrides, "--command", "--", *lookup)
    assert "10.96.0.1" in said


def test_fewer_nodes_than_there_are_is_refused(machine: Machine) -> None:
    said = machine.with_(VECTORKIT_NODES="1").says("start", status=1)
    assert "a node is never dropped silently" in said


def test_another_clone_of_the_same_version_leaves_what_runs_alone(
    machine: Machine, lasting_folder: Path
) -> None:
    clone = lasting_folder / "another clone"
    left_out = shutil.ignore_patterns(".git", "__pycache__", ".*_cache")
    shutil.copytree(CLONE, clone, symlinks=True, ignore=left_out)
    platform = machine.platform
    before = {name: platform.supervisor.process(name) for name in platform.supervised}
    # What a kill left in this place once: a file without content.
    identity = platform.layout.node(1) / "kubernetes" / "kube-router.conf"
    identity.write_text("")
    Machine(machine.variables, clone).says("start")
    assert {name: platform.supervisor.process(name) for name in platform.supervised} == before
    assert identity.stat().st_size


def _release_of_others(machine: Machine) -> None:
    """A Helm release that somebody else is just installing."""
    release = {"name": "theirs", "namespace": "others", "version": 1, "chart": {"metadata": {}}}
    release["info"] = {"status": "pending-install"}
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode())).decode()
    labels = "name=theirs,owner=helm,status=pending-install,version=1"
    secret = ("secret", "sh.helm.release.v1.theirs.v1", "--namespace=others")
    machine.kubectl("create", "namespace", "others")
    kind = "--type=helm.sh/release.v1"
    machine.kubectl(
        "create", "secret", "generic", *secret[1:], kind, f"--from-literal=release={packed}"
    )
    machine.kubectl("label", *secret, *labels.split(","))


def test_a_given_cluster_and_store_are_used_also_after_a_kill_in_any_stage(
    guest: Machine, machine: Machine
) -> None:
    _release_of_others(machine)
    guest.is_killed("up", when="Tools", after=0.0)
    guest.is_killed("up", when="Stack file", after=0.7)
    guest.is_killed("up", when="pulumi up", after=8.0)
    guest.is_killed("up", when="Milvus answers", after=0.0)
    guest.is_killed("up", when="Sample data", after=2.0)
    guest.is_killed("up", when="Smoke tests", after=4.0)
    said = guest.says("up")
    assert "Proven by the smoke tests" in said
    assert machine.platform.endpoint in said
    assert not (guest.platform.layout.state / "node-0").exists()
    assert not guest.platform.layout.store.exists()
    for secret in (guest.variables["AWS_SECRET_ACCESS_KEY"], "R-"):
        assert secret not in said
    machine.kubectl("get", "secret", "--namespace=others", "sh.helm.release.v1.theirs.v1")


def test_a_deployed_stack_never_moves(guest: Machine) -> None:
    here = {name: value for name, value in guest.variables.items() if name != "KUBECONFIG"}
    for command in ("up", "down"):
        said = Machine(here | {"PURGE": "1"}).says(command, status=1)
        assert "A stack never moves" in said
    assert guest.platform.layout.stack_file.exists()


def _leaves_nothing_running(platform: Platform) -> None:
    bridge, state = platform.settings.bridge, str(platform.layout.state)
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    spaces = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    for name in (bridge, platform.settings.link(0), platform.settings.link(1)):
        assert name not in links + spaces
    assert [one for one, _, _ in os.walk("/sys/fs/cgroup") if bridge in one] == []
    assert state not in Path("/proc/mounts").read_text()
    started = subprocess.run(["pgrep", "-af", state], capture_output=True, text=True, check=False)
    assert started.stdout == ""


def test_taken_down_and_started_again_it_has_kept_every_row(
    guest: Machine, machine: Machine, rules_before: str
) -> None:
    answer = guest.answer()
    assert "HNSW" in answer
    machine.says("down")
    _leaves_nothing_running(machine.platform)
    assert packet_filter() == rules_before
    machine.says("start")
    waiting.until(lambda: "" if guest.answer() == answer else "none", ANSWER_SECONDS, "The answer")


def test_purging_takes_away_what_was_deployed_to_them(guest: Machine, machine: Machine) -> None:
    guest.with_(PURGE="1").says("down")
    namespaces = machine.kubectl("get", "namespaces", "-o", "name")
    assert "vectorkit-local" not in namespaces
    assert not guest.platform.layout.state.exists()


def test_taking_it_down_without_its_supervisor_leaves_nothing_on_the_machine(
    machine: Machine, rules_before: str
) -> None:
    platform = machine.platform
    os.kill(int(Path(f"{platform.layout.supervisor_socket}.pid").read_text()), signal.SIGKILL)
    machine.with_(PURGE="1").says("down")
    _leaves_nothing_running(platform)
    assert packet_filter() == rules_before
    assert not platform.layout.state.exists()
