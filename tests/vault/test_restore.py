"""Restoring into an empty environment: real store, real etcd; Milvus itself is in its own test."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.vault import real_etcd
from tests.vault.killed import killed
from tests.vault.scene import CANARY, ETCD_ROOT, ROOT, Answers, Scene, make_live
from tests.vault.test_seal_faults import until_past
from tests.vault.test_verify import destroy, destroy_current, flip, plant
from vault.answers import same_neighbours
from vault.etcd import Etcd, EtcdError
from vault.manifest import Canary, snapshot_id
from vault.places import Bucket, Milvus, VaultError
from vault.report import Report
from vault.restore import restore

pytestmark = pytest.mark.tools


@dataclass
class Target:
    scene: Scene
    live: Bucket
    etcd: str
    milvus: Answers
    started: int = 0

    def restore(self, **given: Any) -> Report:
        def start() -> Milvus:
            self.started += 1
            return self.milvus

        asked: dict[str, Any] = {"milvus_version": "v2.3.5", "answer_seconds": 0} | given
        etcd = Etcd(self.etcd, given.pop("etcd_root", ETCD_ROOT))
        asked.pop("etcd_root", None)
        return restore(self.scene.vault, self.live, etcd, start=start, **asked)

    def objects(self) -> dict[str, bytes]:
        client, bucket = self.live.client, self.live.bucket
        keys = [one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {
            key.removeprefix(f"{ROOT}/"): client.get_object(Bucket=bucket, Key=key)["Body"].read()
            for key in keys
        }

    def pairs(self) -> list[Any]:
        etcd = Etcd(self.etcd, ETCD_ROOT)
        return list(etcd.read(etcd.revision()))


@pytest.fixture
def target(scene: Scene, tmp_path: Path) -> Iterator[Target]:
    live = make_live(scene.store, f"live-{secrets.token_hex(4)}")
    with real_etcd.running(tmp_path / "target") as address:
        yield Target(scene, live, address, Answers())


def sealed(scene: Scene) -> dict[str, bytes]:
    bodies = scene.fill(12)
    scene.seal()
    return bodies


def source_pairs(scene: Scene) -> list[Any]:
    etcd = Etcd(scene.etcd, ETCD_ROOT)
    return list(etcd.read(etcd.revision()))


def test_everything_comes_back_and_the_canaries_answer(scene: Scene, target: Target) -> None:
    bodies = sealed(scene)
    report = target.restore()
    assert report.ok
    assert (report.objects, report.canaries_asked, target.started) == (12, 1, 1)
    assert target.objects() == bodies
    assert target.pairs() == source_pairs(scene)


@pytest.mark.parametrize(
    "step",
    [
        "verify objects 1",
        "verify objects 13",
        "restore objects 0",
        "restore objects 1",
        "restore objects 7",
        "restore objects 12",
        "write etcd 0",
        "batch 1",
        "batch 3",
        "batch 4",
        "start Milvus 0",
        "ask the canaries 0",
    ],
)
def test_a_killed_restore_goes_on_with_the_same_snapshot_and_no_other(
    scene: Scene, target: Target, step: str
) -> None:
    bodies = sealed(scene)
    first = scene.seal()
    killed(scene, f"restore:{step}", target.live.bucket, target.etcd)
    scene.write("insert_log/later", b"later")
    if Etcd(target.etcd, ETCD_ROOT).mark():
        other = scene.seal()
        with pytest.raises(VaultError, match=f"A restore of snapshot {first.id}.* was begun"):
            target.restore(snapshot=other.id)
    assert target.restore(snapshot=first.id).ok
    assert target.objects() == bodies
    assert target.pairs() == source_pairs(scene)


def test_an_object_that_is_back_is_not_written_again(scene: Scene, target: Target) -> None:
    sealed(scene)
    killed(scene, "restore:restore objects 12", target.live.bucket, target.etcd)
    target.restore()
    versions = target.live.client.list_object_versions(Bucket=target.live.bucket)["Versions"]
    assert len(versions) == 12


@pytest.mark.parametrize("holds", ["object", "deleted object", "key"])
def test_a_target_that_holds_anything_is_refused(scene: Scene, target: Target, holds: str) -> None:
    sealed(scene)
    if holds == "key":
        real_etcd.put(target.etcd, {f"{ETCD_ROOT}/meta/x": "y"})
    else:
        target.live.client.put_object(Bucket=target.live.bucket, Key="other", Body=b"")
    if holds == "deleted object":
        target.live.client.delete_object(Bucket=target.live.bucket, Key="other")
    with pytest.raises(VaultError, match=r"expected (none|a bucket that never held)"):
        target.restore()
    assert target.started == 0
    assert Etcd(target.etcd, ETCD_ROOT).mark() is None


def test_another_version_or_root_path_is_refused_before_anything_is_written(
    scene: Scene, target: Target
) -> None:
    sealed(scene)
    moved = Bucket(client=target.live.client, bucket=target.live.bucket, root_path="other")
    for given in ({"milvus_version": "2.4.0"}, {"etcd_root": "other"}):
        with pytest.raises(VaultError, match="Restore with the same one"):
            target.restore(**given)
    with pytest.raises(VaultError, match="Restore with the same one"):
        Target(scene, moved, target.etcd, Answers()).restore()
    assert (target.objects(), target.pairs()) == ({}, [])


def test_a_snapshot_that_does_not_verify_is_refused(scene: Scene, target: Target) -> None:
    sealed(scene)
    gone = scene.seal().objects[2]
    destroy(scene, gone.vault_key, gone.vault_version_id)
    with pytest.raises(VaultError, match=f"does not verify.*missing: {gone.vault_key}"):
        target.restore()
    assert (target.objects(), target.pairs(), target.started) == ({}, [], 0)


def test_a_snapshot_whose_locks_have_ended_comes_back_and_is_told_once(
    scene: Scene, target: Target
) -> None:
    bodies = scene.fill(3)
    until_past(scene.seal(keep_for=timedelta(seconds=4)).until)
    report = target.restore()
    assert report.ok
    assert target.objects() == bodies
    (warning,) = (one for one in report.warnings if one.kind == "expired")
    # Three objects, the dump and the manifest.
    assert warning.says.endswith("So it is 5 times.")


@pytest.mark.parametrize("loss", ["destroyed", "unreadable"])
def test_what_becomes_of_other_manifests_keeps_nobody_from_restoring(
    scene: Scene, target: Target, loss: str
) -> None:
    bodies = scene.fill(3)
    other = scene.seal()
    if loss == "destroyed":
        scene.seal()
        destroy_current(scene, other.id)
    else:
        plant(scene, snapshot_id(datetime.now(UTC) + timedelta(seconds=30)), b"{}")
    report = target.restore()
    assert report.ok
    assert [one.kind for one in report.warnings if one.kind != "log"] == (
        ["unreadable"] if loss == "unreadable" else []
    )
    assert target.objects() == bodies


def test_a_restore_reads_the_manifest_of_its_own_snapshot_and_no_older_one(
    scene: Scene, target: Target
) -> None:
    scene.fill(1)
    for _ in range(3):
        newest = scene.seal()
    read: list[str] = []
    scene.vault.client.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: read.append(params["url_path"])
    )
    target.restore()
    manifests = [one for one in read if one.endswith("manifest.json")]
    assert len(manifests) == 1
    assert newest.id in manifests[0]


@pytest.mark.parametrize(("wal", "kinds"), [("rocksmq", []), ("pulsar", ["log"])])
def test_a_log_that_no_test_has_restored_is_told(
    scene: Scene, target: Target, wal: str, kinds: list[str]
) -> None:
    scene.fill(1)
    scene.seal(wal=wal)
    report = target.restore()
    assert report.ok
    assert [one.kind for one in report.warnings] == kinds


def test_what_is_written_over_a_manifest_keeps_nobody_from_restoring(
    scene: Scene, target: Target
) -> None:
    bodies = scene.fill(3)
    key = f"{ROOT}/snapshots/{scene.seal().id}/manifest.json"
    scene.admin.put_object(Bucket=scene.vault.bucket, Key=key, Body=b"{}")
    scene.admin.delete_object(Bucket=scene.vault.bucket, Key=key)
    assert target.restore().ok
    assert target.objects() == bodies


def test_a_flipped_byte_is_met_before_etcd_is_written(scene: Scene, target: Target) -> None:
    scene.fill(3)
    flip(scene, scene.seal())
    with pytest.raises(VaultError, match="holds other bytes"):
        target.restore()
    assert (target.pairs(), target.started) == ([], 0)


def test_somebody_who_uses_the_target_meanwhile_is_noticed(scene: Scene, target: Target) -> None:
    sealed(scene)
    killed(scene, "restore:batch 1", target.live.bucket, target.etcd)
    real_etcd.put(target.etcd, {f"{ETCD_ROOT}/started": "Milvus"})
    with pytest.raises(EtcdError, match="Someone else writes"):
        target.restore()
    assert target.started == 0


def test_wrong_answers_and_another_version_are_findings(scene: Scene, target: Target) -> None:
    sealed(scene)
    wrong = CANARY.model_copy(update={"ids": (7, 8), "row_count": 4})
    target.milvus = Answers(told=(wrong,), running="2.3.6")
    report = target.restore()
    assert [one.kind for one in report.findings] == ["version", "rows", "neighbours"]


def canary(ids: tuple[int, ...], distances: tuple[float, ...]) -> Canary:
    return Canary(collection="a", ids=ids, distances=distances)


def test_rows_that_are_equally_far_may_change_places() -> None:
    old = canary((1, 2, 3), (0.1, 0.1, 0.2))
    assert same_neighbours(old, canary((2, 1, 3), (0.1, 0.1, 0.2)))
    assert same_neighbours(old, canary((2, 1, 9), (0.1, 0.1, 0.2)))
    assert not same_neighbours(old, canary((2, 4, 3), (0.1, 0.1, 0.2)))
    assert not same_neighbours(old, canary((1, 2, 3), (0.1, 0.1, 0.3)))
    assert not same_neighbours(old, canary((), ()))
