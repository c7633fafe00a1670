"""Measures sealing and restoring on a real SeaweedFS and prints one JSON object.

Beside it, on the same store and with as many threads, runs a bare loop that reads each object and
writes it again; and the same loop once more, so that the noise of the machine shows. For memory:
`--object-mib 32` has objects of several parts, `--mib 80 --object-mib 0.004` has 20000 of them.
"""

import argparse
import json
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.stores import seaweedfs
from tests.stores.store import Store
from tests.vault import real_etcd
from tests.vault.conftest import DEPLOYERS, SEALER
from tests.vault.scene import ETCD_ROOT, ROOT, VERSIONS, Answers, make_live
from vault.etcd import Etcd
from vault.places import THREADS, Bucket, Instance
from vault.restore import restore
from vault.seal import seal
from vectorkit.decisions import access

MIB = 2**20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.vault", description=__doc__)
    parser.add_argument("--mib", type=float, default=2048, help="how much is sealed")
    parser.add_argument("--object-mib", type=float, default=4, help="size of one object")
    arguments = parser.parse_args()
    count = round(arguments.mib / arguments.object_mib)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        with (
            seaweedfs.store(where / "s3", identities=(SEALER,)) as store,
            real_etcd.running(where / "source") as source,
            real_etcd.running(where / "target") as target,
        ):
            figures = measure(store, (source, target), count, int(arguments.object_mib * MIB))
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=2))
    return 0


def measure(store: Store, etcds: tuple[str, str], count: int, size: int) -> dict[str, float]:
    """Seconds and ratios; the aims are in the README."""
    live, empty, bare = (make_live(store, f"live-{name}") for name in ("full", "empty", "bare"))
    vault = _vault(store)
    write(live, "first", count, size)
    real_etcd.put(etcds[0], {f"{ETCD_ROOT}/meta/{at}": "x" * 200 for at in range(500)})
    instance = Instance(live=live, etcd=Etcd(etcds[0], ETCD_ROOT), milvus=Answers())

    def once() -> None:
        day = timedelta(days=1)
        seal(instance, vault, mode="governance", keep_for=day, versions=VERSIONS)

    memory: list[float] = []

    def measured(work: Callable[[], object]) -> float:
        took, most = seconds_and_memory(work)
        memory.append(most)
        return took

    figures = {"objects": float(count), "mib": count * size / MIB, "threads": float(THREADS)}
    figures["bare_copy_before_seconds"] = seconds(lambda: copy_bare(live, bare))
    figures["seal_seconds"] = measured(once)
    figures["bare_copy_after_seconds"] = seconds(lambda: copy_bare(live, bare))
    write(live, "second", max(1, count // 100), size)
    figures["second_seal_seconds"] = measured(once)
    restored = Etcd(etcds[1], ETCD_ROOT)
    figures["restore_seconds"] = measured(
        lambda: restore(vault, empty, restored, milvus_version="2.3.5", start=Answers)
    )
    loop = (figures["bare_copy_before_seconds"] + figures["bare_copy_after_seconds"]) / 2
    return figures | {
        "seal_throughput_of_bare": loop / figures["seal_seconds"],
        "restore_throughput_of_bare": loop / figures["restore_seconds"],
        "second_seal_of_first": figures["second_seal_seconds"] / figures["seal_seconds"],
        "most_memory_mib": max(memory),
    }


def write(live: Bucket, name: str, count: int, size: int) -> None:
    def one(at: int) -> None:
        body = secrets.token_bytes(size)
        live.client.put_object(Bucket=live.bucket, Key=f"{ROOT}/{name}/{at:06}", Body=body)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(count)))


def copy_bare(source: Bucket, target: Bucket) -> None:
    """Nothing but a GET and a PUT for each object."""
    pages = source.client.get_paginator("list_objects_v2").paginate(Bucket=source.bucket)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]

    def one(key: str) -> None:
        body = source.client.get_object(Bucket=source.bucket, Key=key)["Body"].read()
        target.client.put_object(Bucket=target.bucket, Key=key, Body=body)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, keys))


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def seconds_and_memory(work: Callable[[], object]) -> tuple[float, float]:
    """With the most resident MiB while it worked: the loops beside it hold whole objects."""
    Path("/proc/self/clear_refs").write_text("5")
    took = seconds(work)
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return took, int(most) / 1024


def _vault(store: Store) -> Bucket:
    name = "vault-bench"
    policy = access.vault_policy(name, deployers=DEPLOYERS, writers=["vault*"])
    desired = {"bucket": name, "object_lock": True, "policy": policy}
    bucket.create(store.client(), with_defaults(desired), "the measurement")
    return Bucket(client=store.client(SEALER), bucket=name, root_path=ROOT)


if __name__ == "__main__":
    sys.exit(main())
