"""The platform's own Milvus as a plain process, on an etcd and a bucket of the test's."""

import lzma
import os
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from local import milvus_image, settings
from smoke_tests.credentials import Masked
from smoke_tests.engine import Certificate
from smoke_tests.errors import SmokeError
from tests.stores.store import HOST, Store, free_ports
from vault.milvus import RunningMilvus
from vault.places import Bucket, VaultError

PASSWORD = Masked("Milvus")
START_SECONDS = 120
ROLES = (
    *("PROXY", "ROOTCOORD", "DATACOORD", "QUERYCOORD", "INDEXCOORD"),
    *("DATANODE", "QUERYNODE", "INDEXNODE"),
)


def unpack(folder: Path) -> Path:
    """The programs of the wheel in the tool cache; returns where they lie."""
    wheel = max(settings.read().cache.glob("tools/wheels-*/milvus-*.whl"))
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            program = PurePosixPath(name)
            if program.suffix == ".lzma" and program.stem not in milvus_image.SYSTEM_LIBRARIES:
                with lzma.open(archive.open(name)) as packed:
                    (folder / program.stem).write_bytes(packed.read())
                (folder / program.stem).chmod(0o755)
        template = archive.read("milvus/data/config.yaml.template").decode()
    (folder / "milvus.yaml").write_text(milvus_image.filled(template))
    return folder


@contextmanager
def running(
    programs: Path,
    folder: Path,
    *,
    etcd: str,
    root_path: str,
    store: Store,
    live: Bucket,
    certificates: Path | None = None,
) -> Iterator[RunningMilvus]:
    """Answers when the block begins, and is killed when it ends, as nothing else was flushed.

    With a folder of certificates (ca.crt, server.crt, server.key) it speaks TLS alone.
    """
    folder.mkdir()
    text = (programs / "milvus.yaml").read_text().replace("/var/lib/milvus", str(folder / "data"))
    (folder / "milvus.yaml").write_text(text)
    (folder / "glog.conf").write_text("--logtostderr=true\n")
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    variables = {
        **{f"{name}_PORT": str(port) for name, port in ports.items()},
        **{f"{name}_IP": HOST for name in ROLES},
        "PROXY_INTERNALPORT": str(free_ports(1)[0]),
        "PROXY_HTTP_ENABLED": "false",
        "METRICS_PORT": str(free_ports(1)[0]),
        "LD_LIBRARY_PATH": str(programs),
        "MILVUSCONF": str(folder),
        "DEPLOY_MODE": "STANDALONE",
        "ETCD_ENDPOINTS": etcd.removeprefix("http://"),
        "ETCD_ROOTPATH": root_path,
        "ETCD_USE_EMBED": "false",
        "COMMON_STORAGETYPE": "remote",
        "MINIO_ADDRESS": HOST,
        "MINIO_PORT": str(store.ports["s3.port"]),
        "MINIO_USESSL": "false",
        "MINIO_REGION": store.region,
        "MINIO_BUCKET_NAME": live.bucket,
        "MINIO_BUCKETNAME": live.bucket,
        "MINIO_ROOT_PATH": live.root_path,
        "MINIO_ROOTPATH": live.root_path,
        "MINIO_ACCESS_KEY_ID": store.admin.access_key,
        "MINIO_SECRET_ACCESS_KEY": store.admin.secret_key,
        "COMMON_SECURITY_AUTHORIZATIONENABLED": "true",
    }
    if certificates:
        variables |= {
            "COMMON_SECURITY_TLSMODE": "1",
            "TLS_SERVERPEMPATH": str(certificates / "server.crt"),
            "TLS_SERVERKEYPATH": str(certificates / "server.key"),
        }
    command = ["setpriv", "--pdeathsig", "KILL", "--", str(programs / "milvus")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "run", "standalone"],
            env={"PATH": os.environ["PATH"], **variables},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            shown = Certificate(HOST, str(certificates / "ca.crt")) if certificates else None
            scheme = "https" if certificates else "http"
            found = RunningMilvus(
                f"{scheme}://{HOST}:{ports['PROXY']}", PASSWORD, certificate=shown
            )
            _await(found, process, folder / "log")
            yield found
        finally:
            process.kill()
            process.wait()


def _await(milvus: RunningMilvus, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline, last = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < deadline and process.poll() is None:
        try:
            milvus.version()
        except (SmokeError, VaultError) as error:
            last = str(error)
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"Milvus did not start; last: {last}\n{log.read_text()[-3000:]}")
