"""A seal that kills its own process at the step it is told on its input."""

import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from tests.stores.store import Identity, Store
from tests.vault.scene import ETCD_ROOT, ROOT, VERSIONS, Answers
from vault.etcd import Etcd
from vault.places import Bucket, Instance
from vault.seal import seal


def main() -> None:
    place = json.load(sys.stdin)
    admin, writer = (
        Identity("one", access_key=key, secret_key=secret)
        for key, secret in (place["admin"], place["writer"])
    )
    store = Store(place["endpoint"], Path(place["ca"]), admin)

    def progress(step: str, done: int, total: int) -> None:
        if f"{step} {done}" == place["step"]:
            os.kill(os.getpid(), signal.SIGKILL)

    seal(
        Instance(
            live=Bucket(client=store.client(), bucket=place["live"], root_path=ROOT),
            etcd=Etcd(place["etcd"], ETCD_ROOT),
            milvus=Answers(),
        ),
        Bucket(client=store.client(writer), bucket=place["vault"], root_path=ROOT),
        mode="governance",
        keep_for=timedelta(hours=1),
        versions=VERSIONS,
        threads=2,
        progress=progress,
    )


if __name__ == "__main__":
    main()
