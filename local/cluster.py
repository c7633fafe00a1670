"""The platform's Kubernetes cluster: kubeadm on the platform's own nodes."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local import images, oci
from local.command import run, succeeds
from local.errors import CommandFailed, Refusal
from local.layout import Layout
from local.node import DNS_ADDRESS, POD_SUBNET, SERVICE_SUBNET, Node
from local.progress import Progress
from local.supervision import Supervisor
from local.tools import KUBERNETES_VERSION, Toolbox

CONTEXT = "kubernetes-admin@vectorkit"
API_SECONDS = 90
NODE_SECONDS = 90
DNS_SECONDS = 90
POLICY_SECONDS = 60
_MANIFESTS = Path(__file__).parent / "manifests"


class Cluster:
    """Makes the cluster on first use and wakes it up afterwards; both are safe to repeat."""

    def __init__(self, layout: Layout, toolbox: Toolbox, nodes: list[Node]) -> None:
        self.layout = layout
        self.nodes = nodes
        self._control_plane = nodes[0]
        self._machine = Supervisor(layout.supervisor_socket)
        kubeconfig = f"--kubeconfig={layout.kubeconfig}"
        self._kubectl_command = [str(toolbox.path("kubectl")), kubeconfig]

    def ensure(self, archives: Mapping[str, Path], progress: Progress) -> None:
        """Bring every node and add-on up. Raises Refusal with the reason."""
        for node in self.nodes:
            node.supervisor.wait_until_up()
            node.supervisor.start("containerd")
        with progress.step("images into the nodes"):
            for node in self.nodes:
                self._import_images(node, archives)
        with progress.step("control plane"):
            self._ensure_control_plane()
        for node in self.nodes[1:]:
            with progress.step(f"{node.name} joins"):
                self._ensure_joined(node)
        with progress.step("network"):
            self._ensure_pod_network()
        with progress.step("add-ons"):
            self._ensure_addons()

    def kubectl(self, *arguments: str, stdin: str | None = None, what: str) -> str:
        """Run kubectl against the platform's cluster."""
        return run([*self._kubectl_command, *arguments], what=what, stdin=stdin)

    def _import_images(self, node: Node, archives: Mapping[str, Path]) -> None:
        listing = self._ctr(node, "images", "ls", what=f"Listing the images of {node.name}")
        present = {tuple(line.split()[:3:2]) for line in listing.splitlines()[1:]}
        for reference, archive in archives.items():
            if (reference, oci.digest_of(archive)) not in present:
                # The archive's content goes through a mount the node shares with the machine.
                self._ctr(node, "images", "import", archive, what=f"Importing {reference}")

    def _ctr(self, node: Node, *arguments: str | Path, what: str) -> str:
        return node.run(self._machine, "ctr", "--namespace=k8s.io", *arguments, what=what)

    def _ensure_control_plane(self) -> None:
        node = self._control_plane
        admin = node.folder / "kubernetes" / "admin.conf"
        made = node.folder / "cluster-made"
        if not made.exists():
            self._make_control_plane(node)
        self._write_kubeconfig(admin)
        self._wait_for_api()
        if not made.exists():
            self._apply_dns(node)
            made.touch()

    def _make_control_plane(self, node: Node) -> None:
        text = (_MANIFESTS / "kubeadm.yaml").read_text()
        values = {"registry": oci.REGISTRY, "etcd_tag": images.ETCD_TAG, "name": node.name}
        values |= {"pod_subnet": POD_SUBNET, "service_subnet": SERVICE_SUBNET}
        values |= {"address": node.address, "control_plane": node.address}
        values |= {"version": KUBERNETES_VERSION, "coredns_tag": images.COREDNS_TAG}
        (node.folder / "kubeadm.yaml").write_text(_render(text, values))
        # Its preflight wants systemd, no swap and more cores than a laptop may have.
        self._kubeadm(node, "init", "--ignore-preflight-errors=all", "--skip-phases=addon/coredns")

    def _kubeadm(self, node: Node, *arguments: str) -> str:
        what = f"kubeadm {' '.join(arguments)} on {node.name}"
        config = "--config=/mnt/state/kubeadm.yaml"
        return node.run(self._machine, "kubeadm", *arguments, config, what=what)

    def _apply_dns(self, node: Node) -> None:
        printed = self._kubeadm(node, "init", "phase", "addon", "coredns", "--print-manifest")
        documents = [document for document in yaml.safe_load_all(printed) if document]
        for document in documents:
            if document["kind"] == "ConfigMap":
                corefile = document["data"]["Corefile"]
                document["data"]["Corefile"] = without_upstream(corefile)
            elif document["kind"] == "Deployment":
                document["spec"]["replicas"] = 1
        self._apply(yaml.safe_dump_all(documents), what="Applying cluster DNS")

    def _apply(self, manifest: str, *, what: str) -> None:
        self.kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifest, what=what
        )

    def _write_kubeconfig(self, admin: Path) -> None:
        target = self.layout.kubeconfig
        target.touch(mode=0o600)
        target.chmod(0o600)
        if target.read_text() != admin.read_text():
            target.write_text(admin.read_text())

    def _wait_for_api(self) -> None:
        deadline = time.monotonic() + API_SECONDS
        while not succeeds([*self._kubectl_command, "get", "--raw=/readyz"]):
            if time.monotonic() > deadline:
                raise Refusal(
                    f"The Kubernetes API server did not become ready within {API_SECONDS} s; see "
                    f"{self._control_plane.folder / 'kubelet.log'}."
                )
            time.sleep(0.3)

    def _ensure_joined(self, node: Node) -> None:
        if not (node.folder / "kubernetes" / "kubelet.conf").exists():
            command = self._kubeadm_join_command()
            text = (_MANIFESTS / "join.yaml").read_text()
            values = {"name": node.name, "address": node.address} | command
            values["control_plane"] = self._control_plane.address
            (node.folder / "kubeadm.yaml").write_text(_render(text, values))
            self._kubeadm(node, "join", "--ignore-preflight-errors=all")

    def _kubeadm_join_command(self) -> dict[str, str]:
        arguments = ["kubeadm", "token", "create", "--ttl=1h", "--print-join-command"]
        printed = self._control_plane.run(self._machine, *arguments, what="Making a join token")
        words = printed.split()
        token = words[words.index("--token") + 1]
        return {"token": token, "ca_hash": words[words.index("--discovery-token-ca-cert-hash") + 1]}

    def _ensure_pod_network(self) -> None:
        subnets = {node.name: self._pod_subnet(node) for node in self.nodes}
        for node in self.nodes:
            others = [other for other in self.nodes if other is not node]
            routes = [f"{subnets[other.name]} {other.address}" for other in others]
            (node.folder / "routes").write_text("".join(f"{route}\n" for route in routes))
            for route in routes:
                subnet, via = route.split()
                change = ["ip", "route", "replace", subnet, "via", via]
                node.run(self._machine, *change, what=f"Adding the route {route} on {node.name}")
            network = json.dumps(pod_network(subnets[node.name]), indent=2)
            (node.folder / "cni" / "10-vectorkit.conflist").write_text(network)

    def _pod_subnet(self, node: Node) -> str:
        deadline = time.monotonic() + NODE_SECONDS
        query = ["get", "node", node.name, "--ignore-not-found", "-o", "jsonpath={.spec.podCIDR}"]
        while True:
            subnet = self.kubectl(*query, what=f"Reading the pod subnet of {node.name}")
            if subnet:
                return subnet
            if time.monotonic() > deadline:
                raise Refusal(
                    f"The node {node.name} did not register within {NODE_SECONDS} s; see "
                    f"{node.folder / 'kubelet.log'}."
                )
            time.sleep(0.3)

    def _ensure_addons(self) -> None:
        self._apply((_MANIFESTS / "kube-router.yaml").read_text(), what="Applying kube-router")
        storage = (_MANIFESTS / "storage.yaml").read_text()
        provisioner = f"{oci.REGISTRY}/local-path-provisioner:{images.PROVISIONER_TAG}"
        busybox = f"{oci.REGISTRY}/busybox:{images.BUSYBOX_TAG}"
        rendered = _render(storage, {"provisioner": provisioner, "busybox": busybox})
        self._apply(rendered, what="Applying the storage class")
        self._ensure_policies()
        ready = ["wait", "--for=condition=Ready", "node", "--all", f"--timeout={NODE_SECONDS}s"]
        self.kubectl(*ready, what="Waiting for the nodes")
        for name, namespace in (
            ("coredns", "kube-system"),
            ("local-path-provisioner", "local-path-storage"),
        ):
            rollout = ["rollout", "status", f"deployment/{name}", "-n", namespace, "--timeout=90s"]
            self.kubectl(*rollout, what=f"Waiting for {name}")
        for node in self.nodes:
            self._wait_for_dns(node)

    def _ensure_policies(self) -> None:
        """Have NetworkPolicies enforced on every node, and see that they are."""
        first = self._control_plane.folder / "kubernetes" / "kube-router.conf"
        if not _is_written(first):
            user = ["kubeconfig", "user", "--client-name=kube-router", "--validity-period=87600h"]
            _write_whole(first, self._kubeadm(self._control_plane, *user))
        for node in self.nodes:
            copy = node.folder / "kubernetes" / "kube-router.conf"
            if not _is_written(copy):
                _write_whole(copy, first.read_text())
            node.supervisor.start("kube-router")
        for node in self.nodes:
            self._wait_for_policies(node)

    def _wait_for_policies(self, node: Node) -> None:
        deadline = time.monotonic() + POLICY_SECONDS
        while True:
            try:
                chains = ["iptables", "--numeric", "--list", "KUBE-ROUTER-FORWARD"]
                node.run(self._machine, *chains, what=f"Reading the packet filter of {node.name}")
                return
            except CommandFailed as error:
                if time.monotonic() > deadline:
                    raise Refusal(
                        f"NetworkPolicies are not enforced on {node.name} after {POLICY_SECONDS} "
                        f"s: {error} See {node.folder / 'kube-router.log'}."
                    ) from None
            time.sleep(0.3)

    def _wait_for_dns(self, node: Node) -> None:
        # After a kill the API still shows the pods of before as ready, and no condition of a node
        # speaks of its kube-proxy: only a connection through the service shows that both work.
        connect = f"exec 3<>/dev/tcp/{DNS_ADDRESS}/53"
        deadline = time.monotonic() + DNS_SECONDS
        while True:
            try:
                probe = ["timeout", "2", "bash", "-c", connect]
                node.run(self._machine, *probe, what=f"Reaching the cluster's DNS from {node.name}")
                return
            except CommandFailed as error:
                if time.monotonic() > deadline:
                    raise Refusal(
                        f"The cluster's DNS could not be reached from {node.name} within "
                        f"{DNS_SECONDS} s: {error} See the pods coredns and kube-proxy in "
                        f"kube-system, and {node.folder / 'kubelet.log'}."
                    ) from None
            time.sleep(0.3)


def _is_written(path: Path) -> bool:
    """Whether a file is there with content: a kill may leave one without."""
    return path.exists() and path.stat().st_size > 0


def _write_whole(path: Path, secret: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(secret)
    fresh.replace(path)


def pod_network(subnet: str) -> dict[str, Any]:
    """The CNI configuration of a node whose pods live in `subnet`."""
    return {
        "cniVersion": "0.4.0",
        "name": "vectorkit",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": subnet}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    # Forgotten with the node's /run: pods that died with it hold no address.
                    "dataDir": "/run/cni/networks",
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def without_upstream(corefile: str) -> str:
    """The Corefile without the plugins that need a resolver outside the cluster: there is none."""
    kept: list[str] = []
    depth = 0
    for line in corefile.splitlines():
        word = line.split()[0] if line.split() else ""
        if depth or word == "forward":
            depth += line.count("{") - line.count("}")
        elif word != "loop":
            kept.append(line)
    return "\n".join(kept) + "\n"


def _render(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
