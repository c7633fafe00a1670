"""What the machine's owner may choose about the platform: environment variables, read strictly."""

import difflib
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.credentials import Identity
from local.errors import Refusal
from local.layout import Layout

MAX_NODES = 8
DEFAULT_SUBNET = "10.89.0.0/24"
FIRST_NODE_HOST = 10
"""Node i has the host number FIRST_NODE_HOST + i in the platform's subnet."""

VARIABLES = {
    "VECTORKIT_STATE": "folder of the platform's data (default /var/lib/vectorkit)",
    "VECTORKIT_CACHE": "folder of built tools and images (default /var/cache/vectorkit)",
    "VECTORKIT_NODES": f"number of nodes, 1 to {MAX_NODES} (default 1)",
    "VECTORKIT_SUBNET": "IPv4 /24 of the platform's own bridge (default 10.89.0.0/24)",
    "VECTORKIT_S3_ENDPOINT": "https://host:port of an S3 store to use instead of the local one",
    "VECTORKIT_S3_CA_FILE": "CA certificate (PEM) of that store, when it is a private one",
    "VECTORKIT_S3_MILVUS_ACCESS_KEY_ID": "Milvus's own key to that store",
    "VECTORKIT_S3_MILVUS_SECRET_ACCESS_KEY": "the secret part of that key",
    "VECTORKIT_S3_DEPLOYER": "aws:userid (or pattern) under which that store knows the deployer",
    "VECTORKIT_VAULT_ACCESS_KEY_ID": "the vault's writer's own key, for `make seal`",
    "VECTORKIT_VAULT_SECRET_ACCESS_KEY": "the secret part of that key",
    "VECTORKIT_DRILL_MILVUS_ACCESS_KEY_ID": "the key of Milvus in a drill, for `make drill`",
    "VECTORKIT_DRILL_MILVUS_SECRET_ACCESS_KEY": "the secret part of that key",
    "VECTORKIT_DRILL_VAULT_ACCESS_KEY_ID": "the key of the vault's writer in a drill",
    "VECTORKIT_DRILL_VAULT_SECRET_ACCESS_KEY": "the secret part of that key",
    "VECTORKIT_CHART": "folder or .tgz of a Milvus chart to deploy instead of charts/milvus-local",
    "VECTORKIT_EVIDENCE": "folder for the records of the immutability tests",
    "VECTORKIT_OFFICIAL_PLUGIN": "'never' skips the attempt to install Pulumi's Kubernetes plugin",
}
OF_A_GIVEN_STORE = (
    "VECTORKIT_S3_MILVUS_ACCESS_KEY_ID",
    "VECTORKIT_S3_MILVUS_SECRET_ACCESS_KEY",
    "VECTORKIT_S3_DEPLOYER",
)


@dataclass(frozen=True, kw_only=True)
class GivenStore:
    """An S3 store that is already there."""

    endpoint: str
    ca_file: Path | None
    """PEM file of its private CA, if it has one."""
    milvus: Identity
    """The key with which Milvus reaches its bucket, and nothing else."""
    deployer: str
    """The aws:userid, or a pattern of it, of whoever deploys; the buckets' policies spare it."""


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """The platform's shape on this machine."""

    state: Path
    cache: Path
    nodes: int | None
    """Number of nodes; None: as many as there are, at first one."""
    subnet: ipaddress.IPv4Network
    kubeconfig: Path | None
    """A cluster that is already there; None: the platform starts its own."""
    store: GivenStore | None
    """A store that is already there; None: the platform starts its own."""
    chart: Path | None
    try_official_plugin: bool

    @property
    def bridge(self) -> str:
        """The platform's bridge; platforms on other subnets have others and run beside it."""
        return "vk-" + "-".join(str(self.subnet.network_address).split(".")[:3])

    def link(self, index: int) -> str:
        """The machine's end of the link to node `index`; 15 characters at most."""
        return f"vk{int(self.subnet.network_address) >> 8:06x}n{index}"

    @property
    def loopback(self) -> str:
        """The loopback address of the store's inner services, which know no identities."""
        return str(ipaddress.IPv4Address(int(self.subnet[1]) & 0xFFFFFF | 127 << 24))

    @property
    def gateway(self) -> str:
        """The machine's own address on the platform's bridge, where the store listens."""
        return str(self.subnet[1])

    def node_address(self, index: int) -> str:
        """The address of node `index`, counted from 0."""
        return str(self.subnet[FIRST_NODE_HOST + index])


def read(environment: Mapping[str, str] = os.environ) -> PlatformSettings:
    """The settings in `environment`. Raises Refusal with every problem found."""
    problems: list[str] = []
    for name in environment:
        if name.startswith("VECTORKIT_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            problems.append(f"{name} is not a setting of the platform.{hint}")
    state = _folder(environment, "VECTORKIT_STATE", _default_state(), problems)
    cache = _folder(environment, "VECTORKIT_CACHE", _default_cache(), problems)
    settings = PlatformSettings(
        state=state,
        cache=cache,
        nodes=_nodes(environment.get("VECTORKIT_NODES"), problems),
        subnet=_subnet(environment.get("VECTORKIT_SUBNET") or DEFAULT_SUBNET, problems),
        kubeconfig=_given_cluster(environment, Layout(state, cache).kubeconfig, problems),
        store=_store(environment, problems),
        chart=_file(environment, "VECTORKIT_CHART", problems),
        try_official_plugin=environment.get("VECTORKIT_OFFICIAL_PLUGIN", "") != "never",
    )
    if problems:
        raise Refusal("The platform's settings are invalid:\n  " + "\n  ".join(problems))
    return settings


def _default_state() -> str:
    return "/var/lib/vectorkit" if os.geteuid() == 0 else f"{Path.home()}/.local/state/vectorkit"


def _default_cache() -> str:
    return "/var/cache/vectorkit" if os.geteuid() == 0 else f"{Path.home()}/.cache/vectorkit"


def _folder(env: Mapping[str, str], name: str, default: str, problems: list[str]) -> Path:
    path = Path(env.get(name) or default)
    if not path.is_absolute() or any(character.isspace() for character in str(path)):
        problems.append(f"{name}={path} must be an absolute path without spaces.")
    # The store runs with a /tmp of its own, and the machine empties its own as it likes.
    if path.is_relative_to("/tmp"):  # noqa: S108
        problems.append(f"{name}={path} must not lie below /tmp; choose for example /var/tmp.")
    return path


def _given_cluster(env: Mapping[str, str], own: Path, problems: list[str]) -> Path | None:
    # Whoever has exported what `make kubeconfig` prints still means the platform's own cluster.
    if Path(env.get("KUBECONFIG") or own).resolve() == own.resolve():
        return None
    return _file(env, "KUBECONFIG", problems)


def _file(env: Mapping[str, str], name: str, problems: list[str]) -> Path | None:
    value = env.get(name)
    if not value:
        return None
    path = Path(value).absolute()
    try:
        is_there = path.exists()
    except PermissionError:
        problems.append(f"{name}={value} is in a folder of somebody else; unset it, or use sudo.")
        return path
    if not is_there:
        problems.append(f"{name}={value} names a file that does not exist; correct or unset it.")
    return path


def _nodes(value: str | None, problems: list[str]) -> int | None:
    if not value:
        return None
    if not value.isdigit() or not 1 <= int(value) <= MAX_NODES:
        problems.append(f"VECTORKIT_NODES={value} must be a whole number from 1 to {MAX_NODES}.")
        return None
    return int(value)


def _subnet(value: str, problems: list[str]) -> ipaddress.IPv4Network:
    try:
        subnet = ipaddress.IPv4Network(value)
        if subnet.prefixlen == 24 and subnet.is_private:
            return subnet
    except ValueError:
        pass
    problems.append(f"VECTORKIT_SUBNET={value} must be a private IPv4 /24 such as 10.89.0.0/24.")
    return ipaddress.IPv4Network(DEFAULT_SUBNET)


def _store(env: Mapping[str, str], problems: list[str]) -> GivenStore | None:
    endpoint = env.get("VECTORKIT_S3_ENDPOINT")
    ca_file = _file(env, "VECTORKIT_S3_CA_FILE", problems)
    missing = [name for name in OF_A_GIVEN_STORE if not env.get(name)]
    if not endpoint:
        given = set(OF_A_GIVEN_STORE) - set(missing)
        problems += [
            f"{name} is of no use without VECTORKIT_S3_ENDPOINT." for name in sorted(given)
        ]
        return None
    problems += [
        f"{one} must be set beside VECTORKIT_S3_ENDPOINT: {VARIABLES[one]}." for one in missing
    ]
    key_id, secret, deployer = (env.get(name, "") for name in OF_A_GIVEN_STORE)
    return GivenStore(
        endpoint=_endpoint(endpoint, problems),
        ca_file=ca_file,
        milvus=Identity(key_id, secret),
        deployer=deployer,
    )


def _endpoint(value: str, problems: list[str]) -> str:
    if not value.startswith("https://") or "/" in value.removeprefix("https://").rstrip("/"):
        problems.append(f"VECTORKIT_S3_ENDPOINT={value} must be https://host or https://host:port.")
    return value.rstrip("/")
