"""What verification finds in a real vault that somebody has damaged, and that it names it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.vault.scene import ROOT, Scene
from vault import snapshots
from vault.manifest import Manifest, snapshot_id
from vault.verify import confidence, verify

pytestmark = pytest.mark.tools


def kinds(scene: Scene, **given: Any) -> list[tuple[str, str]]:
    found = verify(scene.vault, **given)
    assert found.ok == (not found.findings)
    return [(one.kind, one.where) for one in found.findings]


def destroy(scene: Scene, key: str, version: str) -> None:
    """As the deployer can with a bypass of governance."""
    scene.admin.delete_object(
        Bucket=scene.vault.bucket, Key=key, VersionId=version, BypassGovernanceRetention=True
    )


def flip(scene: Scene, manifest: Manifest) -> str:
    """A byte of the first object changed on the store's way to whoever reads it."""
    sealed = manifest.objects[0]

    def change(parsed: dict[str, Any], **_: Any) -> None:
        body = parsed["Body"]
        if parsed.get("VersionId") == sealed.vault_version_id:
            read = body.read
            body.read = lambda *size: bytes(one ^ 1 for one in read(*size))

    scene.vault.client.meta.events.register("after-call.s3.GetObject", change)
    return sealed.vault_key


def test_an_untouched_chain_of_snapshots_has_no_findings(scene: Scene) -> None:
    scene.fill(3)
    for _ in range(3):
        scene.seal()
    report = verify(scene.vault)
    assert report.ok
    assert (report.objects, report.confidence) == (3, 1.0)
    assert report.bytes_read > 3000


def test_a_flipped_byte_is_found_and_named(scene: Scene) -> None:
    scene.fill(3)
    key = flip(scene, scene.seal())
    assert kinds(scene) == [("corrupt", key)]
    assert kinds(scene, sample=0.0) == []


def test_a_missing_object_is_found_and_named(scene: Scene) -> None:
    scene.fill(3)
    gone = scene.seal().objects[1]
    destroy(scene, gone.vault_key, gone.vault_version_id)
    assert kinds(scene, sample=0.0) == [("missing", gone.vault_key)]


def test_a_hidden_object_is_not_missing(scene: Scene) -> None:
    scene.fill(1)
    sealed = scene.seal().objects[0]
    scene.admin.delete_object(Bucket=scene.vault.bucket, Key=sealed.vault_key)
    assert kinds(scene) == []


def test_an_expired_retention_is_found_and_named(scene: Scene) -> None:
    scene.fill(1)
    manifest = scene.seal(keep_for=timedelta(seconds=4))
    assert kinds(scene) == []
    while datetime.now(UTC) <= manifest.until + timedelta(seconds=1):
        pass
    assert {kind for kind, _ in kinds(scene)} == {"expired"}
    assert [row.state for row in snapshots.rows(scene.vault, datetime.now(UTC))] == ["expired"]


def test_a_shortened_retention_is_found_and_named(scene: Scene) -> None:
    scene.fill(1)
    manifest = scene.seal()
    sealed = manifest.objects[0]
    scene.admin.put_object_retention(
        Bucket=scene.vault.bucket,
        Key=sealed.vault_key,
        VersionId=sealed.vault_version_id,
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(60)},
    )
    assert kinds(scene) == []
    scene.admin.put_object_retention(
        Bucket=scene.vault.bucket,
        Key=sealed.vault_key,
        VersionId=sealed.vault_version_id,
        Retention={
            "Mode": "GOVERNANCE",
            "RetainUntilDate": manifest.until - timedelta(minutes=9),
        },
        BypassGovernanceRetention=True,
    )
    assert kinds(scene) == [("short", sealed.vault_key)]


def test_a_manifest_that_was_destroyed_or_overwritten_breaks_the_chain(scene: Scene) -> None:
    scene.fill(1)
    first, second = scene.seal(), scene.seal()
    keys = [f"{ROOT}/snapshots/{one.id}/manifest.json" for one in (first, second)]
    scene.admin.put_object(Bucket=scene.vault.bucket, Key=keys[1], Body=b"{}")
    assert kinds(scene) == [("overwritten", keys[1])]
    assert verify(scene.vault).snapshot == second.id
    versions = scene.admin.list_object_versions(Bucket=scene.vault.bucket, Prefix=keys[0])
    destroy(scene, keys[0], versions["Versions"][0]["VersionId"])
    assert kinds(scene) == [("overwritten", keys[1]), ("missing", keys[0])]


def test_a_manifest_replaced_by_another_does_not_fit_the_chain(scene: Scene) -> None:
    scene.fill(1)
    first, _ = scene.seal(), scene.seal()
    key = f"{ROOT}/snapshots/{first.id}/manifest.json"
    versions = scene.admin.list_object_versions(Bucket=scene.vault.bucket, Prefix=key)
    destroy(scene, key, versions["Versions"][0]["VersionId"])
    forged = first.model_copy(update={"objects": ()}).model_dump_json().encode()
    scene.admin.put_object(Bucket=scene.vault.bucket, Key=key, Body=forged)
    assert kinds(scene) == [("corrupt", key)]


def plant(scene: Scene, snapshot: str, body: bytes) -> str:
    """A manifest that the writer's key has written and locked; returns its key."""
    key = f"{ROOT}/snapshots/{snapshot}/manifest.json"
    lock: Any = {
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1),
    }
    scene.vault.client.put_object(Bucket=scene.vault.bucket, Key=key, Body=body, **lock)
    return key


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("99990101T000000Z", "misdated"),
        ("99999999T999999Z", "misdated"),
        ("in half a minute", "unreadable"),
    ],
)
def test_a_planted_manifest_is_named_and_keeps_nobody_from_sealing_and_verifying(
    scene: Scene, planted: str, kind: str
) -> None:
    scene.fill(2)
    first = scene.seal()
    if kind == "unreadable":
        key = plant(scene, snapshot_id(datetime.now(UTC) + timedelta(seconds=30)), b"{}")
    else:
        like = first.model_copy(update={"id": planted})
        key = plant(scene, planted, like.model_dump_json().encode())
    assert kinds(scene) == [(kind, key)]
    assert verify(scene.vault).snapshot == first.id
    rows = snapshots.rows(scene.vault, datetime.now(UTC))
    assert [row.state for row in rows] == [kind, "sealed"]
    assert snapshots.newest_age(rows) == rows[1].age_seconds
    second = scene.seal()
    assert second.previous is not None
    assert second.previous.id == first.id
    assert second.new_bytes == 0


def test_an_older_manifest_that_cannot_be_read_is_a_finding(scene: Scene) -> None:
    scene.fill(1)
    first, second = scene.seal(), scene.seal()
    key = f"{ROOT}/snapshots/{first.id}/manifest.json"
    destroy_current(scene, first.id)
    plant(scene, first.id, b"{}")
    assert kinds(scene) == [("unreadable", key)]
    assert verify(scene.vault).snapshot == second.id


def destroy_current(scene: Scene, snapshot: str) -> None:
    key = f"{ROOT}/snapshots/{snapshot}/manifest.json"
    versions = scene.admin.list_object_versions(Bucket=scene.vault.bucket, Prefix=key)
    destroy(scene, key, versions["Versions"][0]["VersionId"])


def test_a_governance_lock_where_compliance_was_sealed_is_found_and_named(scene: Scene) -> None:
    scene.fill(2)
    manifest = scene.seal(mode="compliance", keep_for=timedelta(seconds=20))
    assert kinds(scene) == []
    sealed = manifest.objects[1]

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        # No store that holds what it promises comes to this; what it says of the lock is changed.
        if parsed.get("VersionId") == sealed.vault_version_id:
            parsed["ObjectLockMode"] = "GOVERNANCE"

    scene.vault.client.meta.events.register("after-call.s3.HeadObject", answer)
    assert kinds(scene) == [("weak", sealed.vault_key)]


def test_the_table_names_every_snapshot_newest_first(scene: Scene) -> None:
    scene.fill(2)
    first = scene.seal()
    scene.write("insert_log/more", b"12345")
    second = scene.seal()
    stray = f"{ROOT}/snapshots/20200101T000000Z/etcd.jsonl.gz"
    scene.admin.put_object(Bucket=scene.vault.bucket, Key=stray, Body=b"")
    found = snapshots.rows(scene.vault, datetime.now(UTC))
    assert [(row.id, row.state, row.new_bytes) for row in found] == [
        (second.id, "sealed", 5),
        (first.id, "sealed", 2001),
        ("20200101T000000Z", "unfinished", None),
    ]
    assert [row.locked_until for row in found[:2]] == [second.until, first.until]


def test_a_sample_says_how_sure_it_is() -> None:
    assert confidence(1000, 1000) == 1.0
    assert confidence(1000, 0) == 0.0
    assert 0.94 < confidence(1000, 259) < 0.96
    assert confidence(0, 0) == 1.0
