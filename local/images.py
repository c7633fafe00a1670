"""The platform's images: what is in each, and the archives the nodes import."""

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import milvus_image, vault_image
from local.command import run
from local.oci import Image, pack
from local.progress import Progress
from local.tools import KUBERNETES_VERSION, Toolbox

BUSYBOX = Path("/bin/busybox")
ETCD_PROBE = Path(__file__).parent / "images" / "etcd" / "healthcheck.sh"
ETCD_TAG, COREDNS_TAG, PAUSE_TAG = "3.6.5", "v1.14.6", "3.10"
PROVISIONER_TAG, BUSYBOX_TAG, MILVUS_TAG = "v0.0.30", "1.35.0", "v2.3.5"
VAULT_TAG = "0.1.0"


def all_images(toolbox: Toolbox) -> list[Image]:
    """Every image of the platform."""
    kubernetes = [
        Image(name=name, tag=KUBERNETES_VERSION, build=_programs({name: toolbox.path(name)}))
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ]
    provisioner = {"local-path-provisioner": toolbox.path("local-path-provisioner")}
    return [
        *kubernetes,
        Image(name="kube-proxy", tag=KUBERNETES_VERSION, build=_kube_proxy(toolbox)),
        Image(
            name="etcd",
            tag=ETCD_TAG,
            build=_etcd(toolbox),
            entrypoint=("/usr/local/bin/etcd",),
            sources=(ETCD_PROBE,),
        ),
        Image(
            name="coredns",
            tag=COREDNS_TAG,
            build=_programs({"coredns": toolbox.path("coredns")}),
            entrypoint=("/usr/local/bin/coredns",),
        ),
        Image(
            name="pause",
            tag=PAUSE_TAG,
            build=_programs({"pause": toolbox.path("pause")}),
            entrypoint=("/usr/local/bin/pause",),
        ),
        Image(name="busybox", tag=BUSYBOX_TAG, build=_busybox),
        Image(
            name="local-path-provisioner",
            tag=PROVISIONER_TAG,
            build=_programs(provisioner),
            entrypoint=("/usr/local/bin/local-path-provisioner",),
        ),
        _milvus(toolbox),
    ]


def of_the_vault() -> Image:
    """The image of the job that seals; only a stack with such a job needs it."""
    return Image(
        name="vectorkit-vault",
        tag=VAULT_TAG,
        build=vault_image.build_rootfs,
        entrypoint=vault_image.ENTRYPOINT,
        env=vault_image.ENVIRONMENT,
        user=vault_image.USER,
        working_dir="/app",
        sources=vault_image.sources(),
    )


def ensure(
    cache: Path, toolbox: Toolbox, progress: Progress, images: Sequence[Image] = ()
) -> dict[str, Path]:
    """Pack those images (default: the platform's) that are missing. Returns image reference to
    archive."""
    images = images or all_images(toolbox)

    def pack_one(image: Image) -> tuple[str, Path]:
        archive = cache / "images" / f"{image.name}-{image.tag}-{_key(toolbox, image)}.tar"
        if not archive.exists():
            with progress.step(f"packing {image.reference}"):
                pack(image, archive)
        return image.reference, archive

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(pack_one, images))


def _key(toolbox: Toolbox, image: Image) -> str:
    digest = hashlib.sha256(f"{toolbox.key} {image.entrypoint} {image.env} {image.user}".encode())
    for source in (Path(__file__), *image.sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _milvus(toolbox: Toolbox) -> Image:
    wheel = next(toolbox.wheels.glob("milvus-*.whl"))

    def build(root: Path) -> None:
        milvus_image.build_rootfs(wheel, toolbox.path("yq"), BUSYBOX, root)

    folder = Path(__file__).parent / "images" / "milvus"
    return Image(
        name="milvus",
        tag=MILVUS_TAG,
        build=build,
        entrypoint=milvus_image.ENTRYPOINT,
        env=milvus_image.ENVIRONMENT,
        user=milvus_image.USER,
        working_dir=milvus_image.WORKING_DIR,
        sources=(Path(milvus_image.__file__), *sorted(folder.iterdir())),
    )


def _programs(programs: Mapping[str, Path]) -> Callable[[Path], None]:
    """A root folder with programs in /usr/local/bin and the libraries they are linked to."""

    def build(root: Path) -> None:
        target = root / "usr" / "local" / "bin"
        target.mkdir(parents=True)
        for name, source in programs.items():
            shutil.copy(source.resolve(), target / name)
            for library in linked_libraries(source):
                place = root / library.relative_to("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library.resolve(), place)

    return build


def linked_libraries(program: Path) -> list[Path]:
    """The shared libraries and the loader of a program; none for a static one."""
    try:
        listing = run(["ldd", program], what=f"Listing the libraries of {program}")
    except Exception:
        return []
    return [Path(path) for path in re.findall(r"(/\S+\.so\S*)", listing)]


def _etcd(toolbox: Toolbox) -> Callable[[Path], None]:
    """etcd, which takes its settings from the environment that the upstream chart gives it."""
    programs = _programs({"etcd": toolbox.path("etcd")})

    def build(root: Path) -> None:
        programs(root)
        _busybox(root)
        probe = root / "opt" / "bitnami" / "scripts" / "etcd" / ETCD_PROBE.name
        probe.parent.mkdir(parents=True)
        shutil.copy(ETCD_PROBE, probe)

    return build


def _kube_proxy(toolbox: Toolbox) -> Callable[[Path], None]:
    programs = _programs({"kube-proxy": toolbox.path("kube-proxy"), "nft": Path("/usr/sbin/nft")})

    def build(root: Path) -> None:
        programs(root)
        (root / "etc").mkdir()
        # Without the names nft lists protocols as numbers: kube-proxy, which syncs everything anew
        # once an hour, then takes its own rules for foreign ones and removes every service.
        (root / "etc" / "protocols").write_text("tcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n")

    return build


def _busybox(root: Path) -> None:
    (root / "bin").mkdir(parents=True)
    (root / "tmp").mkdir()
    shutil.copy(BUSYBOX, root / "bin" / "busybox")
    for applet in run([BUSYBOX, "--list"], what="Listing busybox's applets").split():
        link = root / "bin" / applet
        if applet != "busybox":
            link.symlink_to("busybox")
