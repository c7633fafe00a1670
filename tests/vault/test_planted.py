"""What the drill's attack plants with the writer's key stops nobody, judged by what is left."""

import secrets
from pathlib import Path

import pytest

from tests.vault import real_etcd
from tests.vault.scene import ETCD_ROOT, ROOT, Scene, make_live
from vault.drill.attacks import ATTACKS, LiveVersion, Target
from vault.drill.observation import sealed_versions, versions
from vault.etcd import Etcd
from vault.manifest import vault_key
from vault.restore import restore
from vault.verify import verify

pytestmark = pytest.mark.tools
PLANT = "plant a snapshot of the future and forged copies"


def plant(scene: Scene) -> None:
    """Send what the table says, with the writer's own credentials."""
    (attack,) = [one for one in ATTACKS if one.name == PLANT]
    listed = versions(scene.admin, scene.live.bucket)
    target = Target(
        live=scene.live.bucket,
        vault=scene.vault.bucket,
        root_path=ROOT,
        sealed=sealed_versions(scene.admin, scene.vault.bucket),
        live_versions=[LiveVersion(one["Key"], one["VersionId"], one["Size"]) for one in listed],
    )
    for request in attack.requests(target):
        getattr(scene.vault.client, request.operation)(**request.parameters)


def test_the_next_seal_and_the_newest_restore_are_of_what_milvus_has(
    scene: Scene, tmp_path: Path
) -> None:
    bodies = scene.fill(3)
    first = scene.seal()
    # Not sealed yet: a copy that is already there is what an earlier seal may have left.
    bodies["insert_log/later"] = secrets.token_bytes(2000)
    scene.write("insert_log/later", bodies["insert_log/later"])
    before = len(scene.vault_versions())
    plant(scene)
    forged = {key for key, _ in scene.vault_versions()}
    assert vault_key(ROOT, f"{ROOT}/insert_log/later") in forged
    assert len(scene.vault_versions()) == before + 4
    assert verify(scene.vault).snapshot == first.id

    second = scene.seal()
    report = verify(scene.vault)
    assert report.snapshot == second.id
    assert {one.kind for one in report.findings} <= {"misdated"}

    target = make_live(scene.store, f"live-{secrets.token_hex(4)}")
    with real_etcd.running(tmp_path / "target") as address:
        came_back = restore(
            scene.vault,
            target,
            Etcd(address, ETCD_ROOT),
            milvus_version="2.3.5",
            start=lambda: scene.milvus,
        )
    assert came_back.snapshot == second.id
    for key, body in bodies.items():
        found = target.client.get_object(Bucket=target.bucket, Key=f"{ROOT}/{key}")
        assert found["Body"].read() == body, key
