"""Seals and restores beside each other, killed in the middle, and without a store for a while."""

import os
import signal
import threading
from typing import Any

import pytest

from tests.vault import alone
from tests.vault.killed import killed, started
from tests.vault.scene import ROOT, Scene
from tests.vault.test_restore import Target, target
from vault import catalogue
from vault.lease import Busy, Lease
from vault.places import PART

__all__ = ["target"]
pytestmark = pytest.mark.tools


def test_of_two_processes_that_seal_the_second_is_told_who_does(scene: Scene) -> None:
    scene.fill(3)
    first = started(scene, "stop:list the live bucket 0", scene.live.bucket, scene.etcd)
    os.waitpid(first.pid, os.WUNTRACED)
    try:
        second = started(scene, "", scene.live.bucket, scene.etcd)
        _, said = second.communicate()
        assert second.returncode == 1
        assert f"(process {first.pid}) seals at this moment" in said.decode()
        assert list(catalogue.whole(scene.vault)) == []
    finally:
        os.kill(first.pid, signal.SIGCONT)
    _, said = first.communicate()
    assert first.returncode == 0, said.decode()
    assert len(list(catalogue.whole(scene.vault))) == 1


def test_of_many_that_want_to_seal_at_one_moment_one_does(scene: Scene) -> None:
    start, end, won = threading.Barrier(6), threading.Event(), []

    def race() -> None:
        start.wait()
        try:
            with Lease(scene.vault):
                won.append(True)
                end.wait()
        except Busy:
            won.append(False)

    threads = [threading.Thread(target=race) for _ in range(6)]
    for one in threads:
        one.start()
    while len(won) < 6:
        threads[0].join(0.1)
    end.set()
    for one in threads:
        one.join()
    assert sorted(won) == [False] * 5 + [True]


@pytest.mark.parametrize(
    "operation", ["GetObjectRetention", "UploadPart", "CompleteMultipartUpload"]
)
def test_a_seal_killed_between_what_it_writes_and_what_proves_it_is_made_good_by_the_next(
    scene: Scene, operation: str
) -> None:
    bodies = scene.fill(2) | {"index_files/large": os.urandom(PART + 7)}
    scene.write("index_files/large", bodies["index_files/large"])
    killed(scene, f"send {operation}", scene.live.bucket, scene.etcd)
    assert list(catalogue.whole(scene.vault)) == []
    manifest = scene.seal()
    assert len(scene.vault_versions()) == 3
    for one in manifest.objects:
        address: Any = {
            "Bucket": scene.vault.bucket,
            "Key": one.vault_key,
            "VersionId": one.vault_version_id,
        }
        kept = scene.admin.get_object(**address)
        assert kept["Body"].read() == bodies[one.live_key.removeprefix(f"{ROOT}/")]
        assert kept["ObjectLockRetainUntilDate"] == manifest.until


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_a_restore_killed_in_the_middle_of_a_large_object_writes_it_anew(
    scene: Scene, target: Target, operation: str
) -> None:
    bodies = scene.fill(2) | {"index_files/large": os.urandom(PART + 7)}
    scene.write("index_files/large", bodies["index_files/large"])
    scene.seal()
    killed(scene, f"restore:send {operation}", target.live.bucket, target.etcd)
    assert target.restore().ok
    assert target.objects() == bodies


def test_a_store_that_is_down_for_half_a_minute_fails_neither_seal_nor_restore() -> None:
    alone.passes("store_outage.py", 1)
