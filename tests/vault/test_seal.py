"""Sealing a whole instance, on a real store with Object Lock and a real etcd."""

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.vault.killed import killed
from tests.vault.real_etcd import compact, put
from tests.vault.scene import CANARY, ETCD_ROOT, ROOT, Answers, Scene
from vault import catalogue, dump, lease
from vault.etcd import Etcd
from vault.lease import Busy, Lease
from vault.object_version import SealRefused
from vault.places import PART, Bucket, VaultError

pytestmark = pytest.mark.tools
MINUTES = timedelta(minutes=5)
"""More than the clocks of a store's gateways differ."""


def test_a_snapshot_holds_every_object_and_etcd_and_nobody_deletes_them(
    scene: Scene, tmp_path: Path
) -> None:
    bodies = scene.fill(12)
    bodies["index_files/large"] = os.urandom(20 * 2**20 + 7)
    scene.write("index_files/large", bodies["index_files/large"])
    manifest = scene.seal()
    assert {one.live_key for one in manifest.objects} == {f"{ROOT}/{key}" for key in bodies}
    for one in manifest.objects:
        kept = scene.sealed_body(one.vault_key, one.vault_version_id)
        assert kept == bodies[one.live_key.removeprefix(f"{ROOT}/")]
        assert hashlib.sha256(kept).hexdigest() == one.sha256
    names = [(one.vault_key, one.vault_version_id) for one in manifest.objects]
    names.append((manifest.etcd.key, manifest.etcd.version_id))
    found = catalogue.find(scene.vault, manifest.id)
    names.append((f"{ROOT}/snapshots/{manifest.id}/manifest.json", found.version_id))
    for key, version in names:
        address: Any = {"Bucket": scene.vault.bucket, "Key": key, "VersionId": version}
        until = scene.admin.get_object_retention(**address)["Retention"]["RetainUntilDate"]
        assert until == manifest.until
        with pytest.raises(ClientError, match="AccessDenied"):
            scene.admin.delete_object(**address)
    (tmp_path / "dump").write_bytes(scene.sealed_body(*names[-2]))
    with (tmp_path / "dump").open("rb") as file:
        source = Etcd(scene.etcd, ETCD_ROOT)
        assert list(dump.read(file)) == list(source.read(source.revision()))
    assert catalogue.load(scene.vault, found)[0] == manifest
    assert manifest.canaries == (CANARY,)


def test_each_part_of_a_large_object_is_sent_with_its_checksum(scene: Scene) -> None:
    large = os.urandom(2 * PART + 7)
    scene.write("index_files/large", large)
    sent: dict[int, str] = {}

    def note(params: Any, **_: Any) -> None:
        told = params["headers"].get("x-amz-checksum-sha256")
        sent[int(params["query_string"]["partNumber"])] = told

    scene.vault.client.meta.events.register("before-call.s3.UploadPart", note)
    (sealed,) = scene.seal().objects
    parts = [large[at : at + PART] for at in range(0, len(large), PART)]
    assert [sent[number] for number in (1, 2, 3)] == [
        base64.b64encode(hashlib.sha256(part).digest()).decode() for part in parts
    ]
    assert scene.sealed_body(sealed.vault_key, sealed.vault_version_id) == large


def test_objects_written_later_or_removed_before_stay_behind_and_collected_ones_come(
    scene: Scene,
) -> None:
    scene.fill(3)
    version = scene.write("insert_log/before", b"gone")
    scene.remove("insert_log/before")
    scene.date("insert_log/before", -MINUTES)
    scene.date("insert_log/after", MINUTES)

    def progress(step: str, done: int, total: int) -> None:
        if step == "list the live bucket":
            scene.remove("insert_log/1")
            scene.write("insert_log/after", b"later")

    manifest = scene.seal(progress)
    keys = {one.live_key for one in manifest.objects}
    assert keys == {f"{ROOT}/insert_log/{at}" for at in range(3)}
    assert version not in {one.live_version_id for one in manifest.objects}


def test_an_object_flushed_just_before_comes_along_though_its_gateways_clock_is_ahead(
    scene: Scene,
) -> None:
    scene.fill(2)
    scene.date("insert_log/1", timedelta(seconds=30))
    assert len(scene.seal().objects) == 2


def test_etcd_compacted_while_objects_are_copied_harms_nothing(scene: Scene) -> None:
    scene.fill(3)

    def progress(step: str, done: int, total: int) -> None:
        if step == "list the live bucket":
            put(scene.etcd, {f"{ETCD_ROOT}/meta/0": "changed", f"{ETCD_ROOT}/meta/9": "new"})
            compact(scene.etcd, Etcd(scene.etcd, ETCD_ROOT).revision())

    manifest = scene.seal(progress)
    assert manifest.etcd.pairs == 3


def test_a_canary_whose_answer_changes_during_the_seal_is_marked(scene: Scene) -> None:
    scene.fill(1)
    milvus = scene.milvus

    def write() -> None:
        milvus.told = (CANARY.model_copy(update={"ids": (3, 1)}),)

    milvus.on_flush = write
    assert [one.stable for one in scene.seal().canaries] == [False]


@pytest.mark.parametrize(
    "step",
    [
        "take the lock 0",
        "flush 0",
        "read etcd 0",
        "list the live bucket 0",
        "seal objects 0",
        "seal objects 1",
        "seal objects 7",
        "seal objects 12",
        "write the manifest 0",
    ],
)
def test_a_killed_seal_leaves_no_snapshot_and_the_next_one_copies_only_the_rest(
    scene: Scene, step: str
) -> None:
    scene.fill(12)
    killed(scene, step, scene.live.bucket, scene.etcd)
    assert list(catalogue.whole(scene.vault)) == []
    before = scene.vault_versions()
    manifest = scene.seal()
    assert len(manifest.objects) == 12
    assert set(before) <= set(scene.vault_versions())
    assert len(scene.vault_versions()) == 12


def test_a_seal_killed_after_its_manifest_has_left_a_whole_snapshot(scene: Scene) -> None:
    scene.fill(2)
    killed(scene, "sealed 1", scene.live.bucket, scene.etcd)
    assert len(list(catalogue.whole(scene.vault))) == 1
    scene.seal()
    assert len(scene.vault_versions()) == 2


def test_two_seals_at_once_are_refused_and_a_dead_ones_lock_is_taken_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.fill(1)
    with Lease(scene.vault), pytest.raises(Busy, match="seals at this moment"):
        scene.seal()
    assert list(catalogue.whole(scene.vault)) == []
    with Lease(scene.vault):
        monkeypatch.setattr(lease, "LEASE", timedelta(seconds=-2))
        scene.seal()


def test_a_seal_whose_lock_was_taken_over_is_told(scene: Scene) -> None:
    scene.fill(1)
    with Lease(scene.vault, heartbeat=0.05) as mine:
        other = json.dumps({"token": "other", "host": "other", "pid": 1, "state": "held"})
        scene.admin.put_object(Bucket=scene.vault.bucket, Key=mine.key, Body=other.encode())
        mine._thread.join(10)
        with pytest.raises(Busy, match="has taken the lock over"):
            mine.check()


def test_a_vault_without_object_lock_is_refused(scene: Scene) -> None:
    scene.fill(1)
    plain = Bucket(client=scene.admin, bucket=scene.live.bucket, root_path=ROOT)
    with pytest.raises(SealRefused, match="has no Object Lock"):
        Scene(**{**vars(scene), "vault": plain}).seal()


def test_a_writer_that_can_delete_is_refused(scene: Scene) -> None:
    scene.fill(1)
    strong = Bucket(client=scene.admin, bucket=scene.vault.bucket, root_path=ROOT)
    with pytest.raises(VaultError, match="These credentials can delete versions"):
        Scene(**{**vars(scene), "vault": strong}).seal()
    assert scene.vault_versions() == []


def with_policy(scene: Scene, **statements: Sequence[str]) -> None:
    """In place of the vault's own: Allow and Deny, of actions to everybody."""
    arn = f"arn:aws:s3:::{scene.vault.bucket}"
    policy = [
        {
            "Effect": effect,
            "Principal": "*",
            "Action": [f"s3:{action}" for action in actions],
            "Resource": [arn, f"{arn}/*"],
        }
        for effect, actions in statements.items()
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": policy})
    scene.admin.put_bucket_policy(Bucket=scene.vault.bucket, Policy=text)


def test_a_writer_that_can_shorten_locks_is_refused(scene: Scene) -> None:
    scene.fill(1)
    # The deployer may bypass; that it may delete as well is looked for before.
    with_policy(scene, Deny=["DeleteObjectVersion"])
    strong = Bucket(client=scene.admin, bucket=scene.vault.bucket, root_path=ROOT)
    with pytest.raises(VaultError, match="These credentials can shorten locks in bucket"):
        Scene(**{**vars(scene), "vault": strong}).seal()
    assert scene.vault_versions() == []


@pytest.mark.parametrize(
    ("denied", "right", "can"),
    [
        ([], "PutBucketVersioning", "change settings"),
        (["PutBucketVersioning"], "PutBucketObjectLockConfiguration", "change Object Lock"),
    ],
)
def test_a_writer_that_can_change_the_vault_is_refused(
    scene: Scene, denied: list[str], right: str, can: str
) -> None:
    scene.fill(1)
    with_policy(scene, Deny=["DeleteObjectVersion", *denied], Allow=[right])
    with pytest.raises(VaultError, match=f"These credentials can {can} in bucket"):
        scene.seal()
    assert scene.vault_versions() == []


def test_a_period_that_protects_nothing_or_is_too_long_is_refused(scene: Scene) -> None:
    for period in (timedelta(0), timedelta(days=91)):
        with pytest.raises(VaultError, match="Cannot seal for"):
            scene.seal(keep_for=period)


def test_the_snapshots_time_is_its_name(scene: Scene) -> None:
    scene.fill(1)
    first, second = scene.seal(), scene.seal()
    assert first.id < second.id
    assert datetime.strptime(first.id, "%Y%m%dT%H%M%S%z") <= datetime.now(UTC)
    assert Answers().version() == second.versions.milvus
