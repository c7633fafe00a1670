"""The contents of the Milvus image: the server of the PyPI wheel `milvus` and what it runs on."""

import lzma
import re
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from local.command import run
from local.errors import Refusal

STATIC_FILES = Path(__file__).parent / "images" / "milvus"
FLOCK = Path("/usr/bin/flock")

USER = "10001:10001"
WORKING_DIR = "/milvus"
ENTRYPOINT = ("/milvus/entrypoint.sh",)
ENVIRONMENT = (
    "PATH=/milvus/bin:/usr/local/bin:/usr/bin:/bin",
    "LD_LIBRARY_PATH=/milvus/bin",
    "DEPLOY_MODE=STANDALONE",
    "METRICS_PORT=9091",
)

PATHS = {
    "etcd_data_dir": "/var/lib/milvus/etcd",
    "local_storage_dir": "/var/lib/milvus/data/",
    "rocksmq_data_dir": "/var/lib/milvus/rdb_data",
    # No log files: the container's output is the log.
    "system_log_path": '""',
}
"""The holes of the wheel's configuration template that have no default."""

OWN_DEFAULTS = {"embed: true": "embed: false", "storageType: local": "storageType: remote"}
"""Where the wheel, made for one process on one disk, differs from upstream's images."""

SYSTEM_LIBRARIES = ("libresolv.so.2",)
"""Libraries of the wheel that belong to glibc and must be of the same build as the image's."""

MOUNT_POINTS = ("bin", "etc/ssl/certs", "milvus/tools", "tmp", "var/lib/milvus")

_HOLE = re.compile(r"\{\{\s*(?P<name>\w+)(?:\(\w+\))?\s*(?::\s*(?P<default>.*?))?\s*\}\}")


def build_rootfs(wheel: Path, yq: Path, busybox: Path, target: Path) -> None:
    """Fill the empty folder `target` with the image's root file system."""
    programs, configs = target / "milvus" / "bin", target / "milvus" / "configs"
    for folder in (programs, configs, *(target / one for one in MOUNT_POINTS)):
        folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        _unpack_programs(archive, programs)
        template = archive.read("milvus/data/config.yaml.template").decode()
    (configs / "milvus.yaml").write_text(filled(template))
    (configs / "glog.conf").write_text("--logtostderr=true\n")
    # Debian's busybox has no flock.
    shutil.copy(FLOCK, programs / "flock")
    for program in ("milvus", "flock"):
        _copy_system_libraries(programs / program, target)
    _copy_static_files(target)
    shutil.copy(yq.resolve(), programs / "yq")
    shutil.copy(busybox.resolve(), target / "bin" / "busybox")
    for applet in run([busybox, "--list"], what="Listing busybox's applets").split():
        if applet != "busybox":
            (target / "bin" / applet).symlink_to("busybox")
    (target / "tmp").chmod(0o1777)


def filled(template: str) -> str:
    """The wheel's configuration with every hole filled and OWN_DEFAULTS in force."""

    def value(hole: re.Match[str]) -> str:
        found = PATHS.get(hole["name"], hole["default"])
        if found is None:
            raise Refusal(
                f"The wheel's config.yaml.template has a hole {hole['name']!r} without a default; "
                "give it a value in local/milvus_image.py."
            )
        return found

    text = _HOLE.sub(value, template)
    for theirs, ours in OWN_DEFAULTS.items():
        if text.count(theirs) != 1:
            raise Refusal(
                f"The wheel's config.yaml.template no longer says {theirs!r} once; "
                "correct OWN_DEFAULTS in local/milvus_image.py."
            )
        text = text.replace(theirs, ours)
    return text


def _unpack_programs(archive: zipfile.ZipFile, target: Path) -> None:
    for name in archive.namelist():
        program = PurePosixPath(name)
        if program.suffix != ".lzma" or program.stem in SYSTEM_LIBRARIES:
            continue
        with lzma.open(archive.open(name)) as source, (target / program.stem).open("wb") as copy:
            shutil.copyfileobj(source, copy)
        (target / program.stem).chmod(0o755)


def _copy_system_libraries(program: Path, target: Path) -> None:
    listing = run(
        ["ldd", program],
        what=f"Listing the libraries of {program.name}",
        env={"LD_LIBRARY_PATH": str(program.parent)},
    )
    if "not found" in listing:
        raise Refusal(f"{program.name} needs a library that this machine does not have:\n{listing}")
    for path in map(Path, re.findall(r"(/\S+\.so\S*)", listing)):
        if path.is_relative_to(program.parent):
            continue
        place = target / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path.resolve(), place)


def _copy_static_files(target: Path) -> None:
    for source in STATIC_FILES.iterdir():
        folder = "milvus" if source.suffix == ".sh" else "etc"
        shutil.copy(source, target / folder / source.name)
