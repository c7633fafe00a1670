"""Faults of the machine end in one sentence with cause and remedy, and nothing is lost."""

import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from rich.console import Console

from local import lock, network, reachability, settings, tools
from local.command import run
from local.errors import Refusal
from local.platform import Platform
from local.progress import Progress

CLONE = Path(__file__).resolve().parents[2]


def test_a_second_command_says_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "platform.lock"
    with (
        lock.hold(path, "make up"),
        pytest.raises(Refusal, match=rf"`make up` \(process {os.getpid()}, since"),
        lock.hold(path, "make down"),
    ):
        pass
    with lock.hold(path, "make down"):
        pass


def test_a_taken_port_is_named_with_the_way_to_find_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {port} on 127.0.0.1 .*ss -ltnp"):
            network.refuse_taken_port("127.0.0.1", port, "the S3 store")


def test_a_nearly_full_disk_is_refused_before_anything_is_built(
    lasting_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**9))
    chosen = {name: f"{lasting_folder}/{name}" for name in ("VECTORKIT_STATE", "VECTORKIT_CACHE")}
    with pytest.raises(Refusal, match=r"Only 1\.0 GB are free"):
        Platform(settings.read(chosen)).tools(Progress())
    assert not (lasting_folder / "VECTORKIT_CACHE").exists()


def test_a_missing_go_is_named_with_the_way_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refusal, match=r"Go is not installed.*KUBECONFIG"):
        tools.require_go()


def test_an_unreachable_registry_is_told_from_a_failed_build(tmp_path: Path) -> None:
    def offline() -> None:
        closed = {"GOPROXY": "https://127.0.0.1:1", "GOMODCACHE": str(tmp_path), "GOFLAGS": ""}
        command = ["go", "mod", "download", "example.com/none@v1.0.0"]
        run(command, what="Building x", env=closed | {"GOSUMDB": "off"}, cwd=tmp_path)

    if shutil.which("go") is None:
        pytest.fail("Go is needed to see how it answers without a network.")
    with pytest.raises(Refusal, match="A package registry cannot be reached"):
        tools.online(offline)


def test_an_unreachable_python_index_is_told_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(Refusal, match=r"registry cannot be reached.*PIP_INDEX_URL"):
        tools.ensure(tmp_path, Progress(Console(quiet=True)), own_cluster=False, own_pulumi=False)
    assert tools.found(tmp_path) is None


def test_unreachable_debian_sources_are_told_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources").write_text("deb http://127.0.0.1:1/debian bookworm main\n")
    places = {
        "Dir::State::lists": "lists",
        "Dir::Cache": "cache",
        "Dir::Etc::sourcelist": "sources",
        "Dir::Etc::sourceparts": "none",
    }
    lines = [f'{name} "{tmp_path / place}";' for name, place in places.items()]
    lines += ['Debug::NoLocking "true";', 'APT::Sandbox::User "root";', 'Acquire::Retries "0";']
    (tmp_path / "conf").write_text("\n".join(lines))
    for folder in ("lists/partial", "cache/archives/partial"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "conf"))
    monkeypatch.setattr(tools, "DEBIAN_PACKAGES", ("vectorkit-trial",))
    with pytest.raises(Refusal, match=r"registry cannot be reached.*apt's sources"):
        tools.install_debian_packages()


NETWORK = """
import ipaddress, subprocess, sys
from local import network
from local.errors import Refusal

for command in sys.argv[1:]:
    subprocess.run(["ip", *command.split()], check=True)
try:
    for _ in range(2):
        network.ensure_bridge("vk-test", ipaddress.IPv4Network("10.89.0.0/24"), "/own")
except Refusal as refusal:
    print(refusal)
subprocess.run(["ip", "-brief", "-4", "addr"], check=True)
"""


def in_an_empty_network(*links: str) -> str:
    """What the platform says when it makes its bridge beside these links."""
    alone = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    made = subprocess.run(
        [*alone, sys.executable, "-c", NETWORK, *links],
        cwd=CLONE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_a_subnet_that_the_machine_uses_is_named_with_its_interface() -> None:
    other = (
        "link add office type bridge",
        "addr add 10.89.4.1/16 dev office",
        "link set office up",
    )
    said = in_an_empty_network(*other)
    assert "10.89.0.0/24 is already used by the interface office (10.89.0.0/16)" in said
    assert "vk-test" not in said


def test_the_bridge_of_another_platform_is_left_alone() -> None:
    theirs = ("link add vk-test type bridge", "link set vk-test alias /theirs")
    said = in_an_empty_network(*theirs, "addr add 10.89.0.9/24 dev vk-test")
    assert "is used by the platform in /theirs" in said
    assert "10.89.0.9/24" in said


def test_a_half_made_bridge_of_its_own_is_made_anew() -> None:
    half = ("link add vk-test type bridge", "link set vk-test alias /own")
    assert "10.89.0.1/24" in in_an_empty_network(*half)


def test_a_failed_build_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        tools.online(lambda: run(["sh", "-c", "echo syntax error >&2; exit 2"], what="Building x"))
    assert "registry" not in str(refusal.value)
    assert "syntax error" in str(refusal.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="shows how root would lose its rights")
def test_without_root_the_command_says_what_needs_it(lasting_folder: Path) -> None:
    chosen = {name: f"{lasting_folder}/{name}" for name in ("VECTORKIT_STATE", "VECTORKIT_CACHE")}
    # What root's own platform has is for root alone.
    known = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    script = "import os, sys; from local.__main__ import main; os.setuid(65534); sys.exit(main())"
    finished = subprocess.run(
        [sys.executable, "-c", script, "up"],
        capture_output=True,
        text=True,
        cwd=CLONE,
        env={**known, **chosen, "PYTHONPATH": str(CLONE)},
        check=False,
    )
    assert finished.returncode == 1
    assert "needs root" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_store_that_is_not_there_is_refused_before_anything_changes() -> None:
    with pytest.raises(Refusal, match=r"store at https://127\.0\.0\.1:1 cannot be reached"):
        reachability.require_store("https://127.0.0.1:1", None)


@pytest.mark.parametrize(
    "host", ["store.example", "localhost", "127.0.0.1", "198.51.100.1", "[::1]"]
)
def test_the_platforms_own_cluster_takes_no_store_that_its_nodes_cannot_reach(host: str) -> None:
    with pytest.raises(Refusal, match="its nodes reach this machine alone"):
        reachability.require_store_on_this_machine(f"https://{host}:9000")


@pytest.mark.tools
def test_a_cluster_that_is_not_there_is_refused_before_anything_changes(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u}]\n"
    )
    with pytest.raises(Refusal, match=r"kubeconfig cannot be reached \("):
        reachability.require_cluster(Path("kubectl"), kubeconfig)
