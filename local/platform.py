"""Starts and stops the whole platform: bridge, store, nodes, cluster."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from local import credentials, images, network, reachability, store, tools
from local.cluster import Cluster
from local.command import run
from local.errors import Refusal
from local.layout import Layout
from local.node import Node, nodes
from local.progress import Progress
from local.settings import PlatformSettings
from local.supervision import SUPERVISORD, Program, Supervisor, configuration
from local.tools import Toolbox

SMALLEST_FREE_GIGABYTES = 6
NODE_STOP_SECONDS = 15
SHUTDOWN_SECONDS = 60


class Platform:
    """The parts of the local platform that `settings` asks for."""

    def __init__(self, settings: PlatformSettings) -> None:
        self.settings = settings
        self.layout = Layout(settings.state, settings.cache)
        self.supervisor = Supervisor(self.layout.supervisor_socket)
        count = settings.nodes or self._known_nodes() or 1
        self.nodes: list[Node] = []
        if settings.kubeconfig is None:
            self.nodes = nodes(self.layout, settings, count)

    @property
    def own_store(self) -> bool:
        return self.settings.store is None

    @property
    def supervised(self) -> list[str]:
        """Names of the parts that the platform runs itself."""
        return [*(["store"] if self.own_store else []), *(node.name for node in self.nodes)]

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the cluster in use, the platform's own or the given one."""
        return self.settings.kubeconfig or self.layout.kubeconfig

    @property
    def endpoint(self) -> str:
        """The URL of the store in use."""
        given = self.settings.store
        return given.endpoint if given else store.endpoint(self.settings.gateway)

    def tools(self, progress: Progress) -> Toolbox:
        """Install, build or find the programs. Raises Refusal when that is impossible here."""
        self._require_free_disk()
        if self.nodes:
            tools.install_debian_packages()
        own_pulumi = tools.usable_pulumi() is None
        return tools.ensure(
            self.layout.cache, progress, own_cluster=bool(self.nodes), own_pulumi=own_pulumi
        )

    def start(self, toolbox: Toolbox, progress: Progress, buckets: tuple[str, str]) -> None:
        """Bring everything up; what runs already is left alone."""
        if self.nodes and self._known_nodes() > len(self.nodes):
            raise Refusal(
                f"The platform has {self._known_nodes()} nodes with data on them, and a node is "
                f"never dropped silently: leave VECTORKIT_NODES out, or throw the data away first "
                "with `make down PURGE=1`."
            )
        if self.settings.kubeconfig is not None:
            reachability.require_cluster(toolbox.path("kubectl"), self.settings.kubeconfig)
        if self.settings.store is not None:
            if self.nodes:
                reachability.require_store_on_this_machine(self.endpoint)
            reachability.require_store(self.endpoint, self.settings.store.ca_file)
        credentials.ensure(self.layout.secrets)
        for folder in (self.layout.logs, self.layout.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.supervisor.is_up():
            self._end_processes()
        archives: dict[str, Path] = {}
        if self.nodes:
            with progress.stage("Images"):
                archives = images.ensure(self.layout.cache, toolbox, progress)
        with progress.stage("Store and nodes"):
            self._supervise(self._programs(toolbox, buckets))
            if self.own_store:
                store.wait_until_ready(self.layout, self.endpoint)
        if self.nodes:
            with progress.stage("Cluster"):
                Cluster(self.layout, toolbox, self.nodes).ensure(archives, progress)

    def stop(self, *, purge: bool) -> None:
        """Stop everything and remove what it left on the machine; with `purge` the data as well.

        Raises Refusal when something cannot be ended or removed; the data stays then.
        """
        known = nodes(self.layout, self.settings, self._known_nodes())
        if self.supervisor.is_up():
            for node in known:
                self._stop_politely(node)
        self._end_processes()
        for node in known:
            node.remove_leftovers()
        network.remove_bridge(self.settings.bridge, str(self.layout.state))
        shutil.rmtree(self.layout.sockets, ignore_errors=True)
        if purge and self.layout.state.exists():
            shutil.rmtree(self.layout.state)

    def _programs(self, toolbox: Toolbox, buckets: tuple[str, str]) -> list[Program]:
        programs = []
        if self.nodes or self.own_store:
            network.ensure_bridge(
                self.settings.bridge, self.settings.subnet, str(self.layout.state)
            )
        if self.own_store:
            address, loopback, (live, vault) = (
                self.settings.gateway,
                self.settings.loopback,
                buckets,
            )
            store.prepare(self.layout, address, live_bucket=live, vault_bucket=vault)
            if not (self.supervisor.is_up() and self.supervisor.holds("store")):
                store.refuse_taken_ports(address, loopback)
            programs.append(store.program(self.layout, toolbox.path("weed"), address, loopback))
        for node in self.nodes:
            programs.append(node.prepare(toolbox, self.nodes))
        return programs

    def _supervise(self, programs: list[Program]) -> None:
        if not programs:
            return
        path = self.layout.state / "supervisord.conf"
        socket, log = self.layout.supervisor_socket, self.layout.logs / "supervisord.log"
        path.write_text(configuration(programs, socket=str(socket), log=str(log)))
        if self.supervisor.is_up():
            self.supervisor.reload()
        else:
            start = [str(SUPERVISORD), "--configuration", str(path)]
            run(start, what="Starting the supervisor", cwd=Path("/"))
            self.supervisor.wait_until_up()
        for each in programs:
            self.supervisor.start(each.name)

    def _end_processes(self) -> None:
        """Have the supervisor end its children, and kill what one that is gone has left: a new one
        would not know of them."""
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        _send(signal.SIGTERM, _supervisors_of(self.layout.state))
        while _supervisors_of(self.layout.state) and time.monotonic() < deadline:
            time.sleep(0.1)
        deadline = time.monotonic() + NODE_STOP_SECONDS
        while left := _processes_started_for(self.layout.state):
            if time.monotonic() > deadline:
                raise Refusal(
                    f"The platform's processes {left} cannot be killed. See with `ps -fp` what "
                    "they wait for, and run the same command again when they have ended."
                )
            _send(signal.SIGKILL, left)
            time.sleep(0.1)

    def _stop_politely(self, node: Node) -> None:
        """What a shutting-down machine does: no new pods, then everybody is asked to end."""
        try:
            node.supervisor.stop("kubelet")
            script = (
                "for file in /run/containerd/io.containerd.runtime.v2.task/k8s.io/*/init.pid; do "
                "kill -TERM $(cat $file) 2>/dev/null; done; "
                f"for _ in $(seq {NODE_STOP_SECONDS * 5}); do "
                "pgrep -x 'milvus|etcd' >/dev/null || break; sleep 0.2; done"
            )
            node.run(self.supervisor, "/bin/sh", "-c", script, what=f"Stopping {node.name}")
        except (Refusal, OSError):
            return

    def _known_nodes(self) -> int:
        """How many nodes have files here, whatever today's settings say."""
        if not os.access(self.layout.state, os.R_OK):
            return 0
        return len(list(self.layout.state.glob("node-*")))

    def _require_free_disk(self) -> None:
        for folder in (self.layout.state, self.layout.cache):
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free / 1e9
            if free < SMALLEST_FREE_GIGABYTES:
                raise Refusal(
                    f"Only {free:.1f} GB are free in {folder}, but the platform needs at least "
                    f"{SMALLEST_FREE_GIGABYTES} GB. Free some, or choose another place with "
                    "VECTORKIT_STATE and VECTORKIT_CACHE."
                )
        # Tokens that join the cluster and the pods' volumes are in there, readable and writable.
        self.layout.state.chmod(0o700)


def _send(number: signal.Signals, processes: list[int]) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _processes_started_for(state: Path) -> list[int]:
    """The platform's own processes, by the arguments that only they have."""
    own = re.escape(str(state))
    children = _matching(f"weed .*server .*-dir={own}/store|{own}/node-[0-9]+/scripts/")
    return [*_supervisors_of(state), *children]


def _supervisors_of(state: Path) -> list[int]:
    return _matching(f"supervisord --configuration {re.escape(str(state))}/supervisord.conf")


def _matching(pattern: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]
