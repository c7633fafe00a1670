"""The contents of the Milvus image: the server of the PyPI wheel `milvus` and what it runs on."""

import lzma
import re
import shutil
import zipfile
from pathlib import Path, PurePosixPath

from local.command import run
from local.errors import Refusal

STATIC_FILES = Path(__file__).parent / "images" / "milvus"

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

OWN_DEFAULTS = ".etcd.use.embed = false | .common.storageType = \"remote\""
"""Where the wheel, made for one process on one disk, differs from upstream's images."""

_HOLE = re.compile(r"\{\{\s*(?P<name>\w+)(?:\(\w+\))?\s*(?::\s*(?P<default>.*?))?\s*\}\}")


def build_rootfs(wheel: Path, yq: Path, busybox: Path, target: Path) -> None:
    """Fill the empty folder `target` with the image's root file system."""
    with zipfile.ZipFile(wheel) as archive:
        _unpack_programs(archive, target / "milvus" / "bin")
        _write_configuration(archive, yq, target / "milvus" / "configs")
    _copy_libraries_of_the_machine(target / "milvus" / "bin", target)
    shutil.copytree(STATIC_FILES, target, dirs_exist_ok=True)
    _add_shell(busybox, target / "bin")
    shutil.copy(yq, target / "bin" / "yq")
    for folder in ("milvus/tools", "var/lib/milvus", "etc/ssl/certs"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    (target / "tmp").mkdir(mode=0o777)
    (target / "tmp").chmod(0o1777)


def filled(template: str) -> str:
    """The wheel's configuration template with every hole filled."""

    def value(hole: re.Match[str]) -> str:
        found = PATHS.get(hole["name"], hole["default"])
        if found is None:
            raise Refusal(f"The wheel's config.yaml.template has a new hole {hole['name']!r}.")
        return found

    return _HOLE.sub(value, template)
