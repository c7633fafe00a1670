"""One node: its files, its supervised process, and a way to run programs inside it."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.command import run
from local.errors import Refusal
from local.layout import Layout
from local.settings import PlatformSettings
from local.supervision import SUPERVISORD, Program, Supervisor, configuration
from local.tools import Toolbox

POD_SUBNET = "10.244.0.0/16"
SERVICE_SUBNET = "10.96.0.0/16"
DNS_ADDRESS = "10.96.0.10"
"""The tenth address of the services, which kubeadm gives to the cluster's DNS."""
_SCRIPTS = Path(__file__).parent / "node"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node of the platform's cluster, in namespaces of its own."""

    index: int
    address: str
    prefix: int
    gateway: str
    bridge: str
    link: str
    """The machine's end of its network link."""
    folder: Path
    """Its files on the machine: what Kubernetes, containerd and the volumes keep."""
    logs: Path

    @property
    def name(self) -> str:
        return f"vectorkit-{self.index}"

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.folder / "supervisor.sock")

    def prepare(self, toolbox: Toolbox, nodes: "list[Node]") -> Program:
        """Write the node's files; returns its process for the machine's supervisor."""
        scripts = self.folder / "scripts"
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(_SCRIPTS, scripts, dirs_exist_ok=True)
        tools = self.folder / "tools"
        tools.unlink(missing_ok=True)
        tools.symlink_to(toolbox.bin)
        hosts = ["127.0.0.1 localhost", *(f"{node.address} {node.name}" for node in nodes)]
        (self.folder / "hosts").write_text("\n".join(hosts) + "\n")
        (self.folder / "supervisord.conf").write_text(self._services())
        return Program(
            name=self.name,
            command=str(scripts / "start.sh"),
            log=str(self.logs / f"{self.name}.log"),
            environment=self.environment
            | {
                "BRIDGE": self.bridge,
                "GATEWAY": self.gateway,
                "TOOLS": str(toolbox.bin),
                "SUPERVISORD": str(SUPERVISORD),
            },
            # unshare ignores every polite signal; killing it ends all that runs in the node.
            stop_signal="KILL",
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the node's scripts need to know."""
        return {
            "NODE": self.name,
            "NODE_DIR": str(self.folder),
            "NODE_ADDRESS": self.address,
            "NODE_PREFIX": str(self.prefix),
            "NODE_SPACE": f"{self.bridge}-node-{self.index}",
            "NODE_VETH": self.link,
        }

    def run(self, machine: Supervisor, *arguments: str | Path, what: str, stdin: str = "") -> str:
        """Run a program inside the node, as root, and return what it printed."""
        process = self._first_process(machine)
        enter = ["nsenter", f"--target={process}", "--mount", "--pid", "--net", "--uts", "--ipc"]
        path = {"PATH": f"/mnt/state/tools:{os.environ['PATH']}"}
        return run([*enter, "--cgroup", "--wd=/", *arguments], what=what, stdin=stdin, env=path)

    def remove_leftovers(self) -> None:
        """Remove link, network namespace and cgroups of a node whose processes have ended."""
        what = f"Removing what {self.name} left"
        run([_SCRIPTS / "remove.sh"], what=what, env=self.environment)

    def _first_process(self, machine: Supervisor) -> int:
        outer = machine.process(self.name)
        children = Path(f"/proc/{outer}/task/{outer}/children")
        inner = children.read_text().split() if outer and children.exists() else []
        if not inner:
            raise Refusal(f"The node {self.name} is not running; start it with `make up`.")
        return int(inner[0])

    def _services(self) -> str:
        scripts = "/mnt/state/scripts"
        services = [
            Program(
                name="containerd",
                command=f"containerd --config {scripts}/containerd.toml",
                log="/mnt/state/containerd.log",
            ),
            Program(
                name="kubelet",
                command=f"{scripts}/kubelet.sh",
                log="/mnt/state/kubelet.log",
            ),
            Program(
                name="kube-router",
                command=f"{scripts}/kube-router.sh",
                log="/mnt/state/kube-router.log",
                environment={"NODE": self.name, "SERVICE_SUBNET": SERVICE_SUBNET},
            ),
        ]
        text = configuration(
            services, socket="/mnt/state/supervisor.sock", log="/mnt/state/supervisord.log"
        )
        # An early end is no failure here: the API server may not answer yet.
        return re.sub(r"startsecs = \d+", "startsecs = 0", text)


def nodes(layout: Layout, settings: PlatformSettings, count: int) -> list[Node]:
    """The platform's nodes, the first one with the control plane."""
    return [
        Node(
            index=index,
            address=settings.node_address(index),
            prefix=settings.subnet.prefixlen,
            gateway=settings.gateway,
            bridge=settings.bridge,
            link=settings.link(index),
            folder=layout.node(index),
            logs=layout.logs,
        )
        for index in range(count)
    ]
