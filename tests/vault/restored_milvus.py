"""A real Milvus, sealed while it is written to, and another one that starts on what came back.

Run by test_real_milvus.py, in a network of its own.
"""

import random
import secrets
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymilvus import MilvusClient

from smoke_tests import engine
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
        for name in ("books", "dropped", "unloaded"):
            engine.create(connected, name, dimension=DIMENSION, description="")
            engine.insert(connected, name, rows(0, 300))
        engine.serve(connected, "books")
        # Acknowledged, and in no object yet.
        engine.insert(connected, "books", rows(300, 50))

        def progress(step: str, done: int, total: int) -> None:
            if step == "list the live bucket":
                connected.drop_collection("dropped")
                engine.create(connected, "created", dimension=DIMENSION, description="")
                engine.insert(connected, "books", rows(350, 10))

        manifest = seal(
            Instance(live=scene.live, etcd=Etcd(scene.etcd, ETCD_ROOT), milvus=milvus),
            scene.vault,
            mode="governance",
            keep_for=timedelta(hours=1),
            versions=VERSIONS,
            progress=progress,
        )
    asked = [one for one in manifest.canaries if one.collection == "books"]
    assert [one.row_count for one in asked] == [350] * 3
    assert all(one.stable and len(one.ids) == 10 for one in asked)
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
        with closing(client(running[0])) as connected:
            assert set(connected.list_collections()) == {"books", "dropped", "unloaded"}
            assert engine.count(connected, "books") == 350
            engine.serve(connected, "unloaded")
            assert engine.count(connected, "unloaded") == 300
            engine.insert(connected, "books", rows(1000, 5))
            assert engine.count(connected, "books") == 355
