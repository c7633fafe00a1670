"""Seals or restores in a process that kills or stops itself where it is told on its input.

`STEP N` is what the progress says; `send OPERATION` is before the first request of this name to the
bucket that is written (of UploadPart the second); `stop:` before it stops instead of killing.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.layout import CLONE
from tests.stores.store import Identity, Store
from tests.vault.scene import ETCD_ROOT, ROOT, VERSIONS, Answers, Scene
from vault import etcd
from vault.etcd import Etcd
from vault.places import Bucket, Instance
from vault.restore import restore
from vault.seal import seal


def killed(scene: Scene, step: str, live: str, address: str) -> None:
    """At `step`, of a restore into this bucket and etcd if its name begins with "restore:"."""
    process = started(scene, step, live, address)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()


def started(scene: Scene, step: str, live: str, address: str) -> "subprocess.Popen[bytes]":
    place = {
        "endpoint": scene.store.endpoint,
        "ca": str(scene.store.ca_file),
        "admin": [scene.store.admin.access_key, scene.store.admin.secret_key],
        "writer": [scene.writer.access_key, scene.writer.secret_key],
        "live": live,
        "vault": scene.vault.bucket,
        "etcd": address,
        "step": step,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.vault.killed"],
        cwd=CLONE,
        env=os.environ | {"PYTHONPATH": str(CLONE / "infra")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write(json.dumps(place).encode())
    process.stdin.close()
    # Otherwise `communicate` writes to what is closed.
    process.stdin = None
    return process


def main() -> None:
    place: dict[str, Any] = json.load(sys.stdin)
    admin, writer = (
        Identity("one", access_key=key, secret_key=secret)
        for key, secret in (place["admin"], place["writer"])
    )
    store = Store(place["endpoint"], Path(place["ca"]), admin)
    at, is_restore = place["step"].removeprefix("restore:"), place["step"].startswith("restore:")
    end = signal.SIGSTOP if at.startswith("stop:") else signal.SIGKILL
    at = at.removeprefix("stop:")

    def progress(step: str, done: int, total: int) -> None:
        if f"{step} {done}" == at:
            os.kill(os.getpid(), end)

    live = Bucket(client=store.client(), bucket=place["live"], root_path=ROOT)
    vault = Bucket(client=store.client(writer), bucket=place["vault"], root_path=ROOT)
    source = Etcd(place["etcd"], ETCD_ROOT)
    _die_before_sending(live if is_restore else vault, at)
    if is_restore:
        _die_while_writing(at)
        restore(
            vault,
            live,
            source,
            milvus_version="2.3.5",
            start=Answers,
            threads=2,
            progress=progress,
        )
        return
    seal(
        Instance(live=live, etcd=source, milvus=Answers()),
        vault,
        mode="governance",
        keep_for=timedelta(hours=1),
        versions=VERSIONS,
        threads=2,
        progress=progress,
    )


def _die_before_sending(bucket: Bucket, at: str) -> None:
    if not at.startswith("send "):
        return

    def die(request: Any, **_: Any) -> None:
        if "partNumber=1" not in request.url:
            os.kill(os.getpid(), signal.SIGKILL)

    bucket.client.meta.events.register(f"before-send.s3.{at.removeprefix('send ')}", die)


def _die_while_writing(at: str) -> None:
    """With "batch N": after the N-th transaction of three pairs."""
    if not at.startswith("batch "):
        return
    etcd.MOST_OPERATIONS = 3
    write, left = Etcd._write, [int(at.removeprefix("batch "))]

    def counted(self: Etcd, batch: list[etcd.Pair]) -> None:
        write(self, batch)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    Etcd._write = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
