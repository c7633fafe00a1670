"""A real Milvus, sealed while it is written to, and another one that starts on what came back.

Run by test_real_milvus.py, in a network of its own.
"""

import itertools
import random
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymilvus import MilvusClient

from smoke_tests import engine
from smoke_tests.credentials import Masked
from smoke_tests.errors import LoginRefusedError
from tests.vault import real_etcd, real_milvus
from tests.vault.scene import ETCD_ROOT, VERSIONS, Scene, make_live
from vault.etcd import Etcd
from vault.milvus import RunningMilvus
from vault.places import Instance
from vault.restore import restore
from vault.seal import seal

pytestmark = pytest.mark.tools
DIMENSION = 16


def client(milvus: RunningMilvus) -> MilvusClient:
    return engine.connect(milvus._uri, real_milvus.PASSWORD)


def rows(start: int, count: int) -> list[dict[str, Any]]:
    drawn = random.Random(start)  # noqa: S311
    return [
        {
            "id": f"row {at}",
            "topic": "a",
            "text": "b",
            "length": at,
            "vector": [drawn.random() for _ in range(DIMENSION)],
        }
        for at in range(start, start + count)
    ]


COLLECTIONS = ("still", "books", "dropped", "unloaded", "loaded_later", "released")


class Writer(threading.Thread):
    """Inserts row after row until it is stopped; `tried` are all that it has sent."""

    def __init__(self, milvus: RunningMilvus) -> None:
        super().__init__(daemon=True)
        self._milvus, self._end = milvus, threading.Event()
        self.tried: set[str] = set()

    def run(self) -> None:
        with closing(client(self._milvus)) as connected:
            for at in itertools.count(10_000):
                self.tried.add(f"row {at}")
                engine.insert(connected, "books", rows(at, 1))
                if self._end.wait(0.05):
                    return

    def stop(self) -> None:
        self._end.set()
        self.join()


def stored(connected: MilvusClient, name: str) -> dict[str, int]:
    """The id and length of every row."""
    found = connected.query(name, filter="", output_fields=["id", "length"], limit=10_000)
    return {row["id"]: row["length"] for row in found}


def fill(connected: MilvusClient) -> dict[str, int]:
    """Collections of every kind; returns what is acknowledged of the one that is written to."""
    for one in COLLECTIONS:
        engine.create(connected, one, dimension=DIMENSION, description="")
        engine.insert(connected, one, rows(0, 300))
    for one in ("still", "books", "released", "loaded_later"):
        engine.serve(connected, one)
    connected.release_collection("loaded_later")
    # Acknowledged, and in no object yet.
    engine.insert(connected, "books", rows(300, 50))
    connected.delete("books", ids=[f"row {at}" for at in range(10)])
    engine.write(connected, "books", [row | {"length": 7} for row in rows(10, 5)])
    connected.create_user("reader", "Reader-1")
    expected = {f"row {at}": at for at in range(10, 350)}
    return expected | {f"row {at}": 7 for at in range(10, 15)}


def test_a_sealed_milvus_comes_back_with_every_acknowledged_row_and_the_same_answers(
    scene: Scene, tmp_path: Path
) -> None:
    programs = real_milvus.unpack(tmp_path / "programs")
    with (
        real_milvus.running(
            programs,
            tmp_path / "first",
            etcd=scene.etcd,
            root_path=ETCD_ROOT,
            store=scene.store,
            live=scene.live,
        ) as milvus,
        closing(client(milvus)) as connected,
    ):
        expected = fill(connected)
        meanwhile: dict[str, Callable[[], object]] = {
            "flush": lambda: connected.release_collection("released"),
            "read etcd": lambda: connected.load_collection("loaded_later"),
            "list the live bucket": lambda: connected.drop_collection("dropped"),
            "write the manifest": lambda: engine.create(
                connected, "created", dimension=DIMENSION, description=""
            ),
        }

        def progress(step: str, done: int, total: int) -> None:
            if step in meanwhile:
                meanwhile[step]()

        writer = Writer(milvus)
        writer.start()
        try:
            manifest = seal(
                Instance(live=scene.live, etcd=Etcd(scene.etcd, ETCD_ROOT), milvus=milvus),
                scene.vault,
                mode="governance",
                keep_for=timedelta(hours=1),
                versions=VERSIONS,
                progress=progress,
            )
        finally:
            writer.stop()
    asked = [one for one in manifest.canaries if one.collection == "still"]
    assert [one.row_count for one in asked] == [300] * 3
    assert all(one.is_asked and len(one.ids) == 10 for one in asked)
    (unloaded,) = (one for one in manifest.canaries if one.collection == "unloaded")
    assert (unloaded.exists, unloaded.is_loaded) == (True, False)
    assert len(writer.tried) > 1
    live = make_live(scene.store, f"live-{secrets.token_hex(4)}")
    with real_etcd.running(tmp_path / "target") as etcd, ExitStack() as started:
        running: list[RunningMilvus] = []

        def start() -> RunningMilvus:
            second = real_milvus.running(
                programs,
                tmp_path / "second",
                etcd=etcd,
                root_path=ETCD_ROOT,
                store=scene.store,
                live=live,
            )
            running.append(started.enter_context(second))
            return running[0]

        report = restore(
            scene.vault, live, Etcd(etcd, ETCD_ROOT), milvus_version="v2.3.5", start=start
        )
        assert report.findings == ()
        assert report.canaries_asked >= 3
        with closing(client(running[0])) as connected:
            assert set(connected.list_collections()) == set(COLLECTIONS)
            assert "reader" in connected.list_users()
            found = stored(connected, "books")
            assert {key: found.get(key) for key in expected} == expected
            assert found.keys() - expected.keys() <= writer.tried
            for one in ("unloaded", "released", "loaded_later"):
                engine.serve(connected, one)
                assert engine.count(connected, one) == 300
            engine.insert(connected, "books", rows(1000, 5))
            assert engine.count(connected, "books") == len(found) + 5
        with pytest.raises(LoginRefusedError, match="refused the user 'root'"):
            RunningMilvus(running[0]._uri, Masked("another")).version()
