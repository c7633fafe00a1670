"""A full disk: of the machine that seals or restores, of the vault's store, and of etcd.

Run by test_full_disks.py, with mounts of its own.
"""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from plugins.objectstore.errors import StoreError
from tests.stores import seaweedfs
from tests.vault import real_etcd
from tests.vault import scene as scenes
from tests.vault.conftest import SEALER
from tests.vault.scene import ETCD_ROOT, ROOT, Answers, Scene, make_live
from vault import catalogue
from vault.etcd import Etcd, EtcdError
from vault.places import Bucket, VaultError
from vault.report import Report
from vault.restore import restore
from vault.verify import verify

pytestmark = pytest.mark.tools
MIB = 2**20


def disk(folder: Path, size: str) -> Path:
    """A disk of its own, which nobody outside of these tests sees."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    return folder


@contextmanager
def full(folder: Path, left: int = 0) -> Iterator[None]:
    """All but `left` bytes of the folder's disk are taken while the block runs."""
    found = os.statvfs(folder)
    ballast = folder / "ballast"
    ballast.write_bytes(b"0" * (found.f_bavail * found.f_frsize - left))
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The disk of temporary files."""
    folder = disk(tmp_path / "temporary", "4m")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def much_metadata(scene: Scene) -> None:
    """More of it than fits in the 64 KiB that are left, however well it is packed."""
    pairs = {f"{ETCD_ROOT}/meta/large/{at}": secrets.token_hex(100_000) for at in range(4)}
    real_etcd.put(scene.etcd, pairs)


def disarm_alarms(etcd: str) -> None:
    """As `etcdctl alarm disarm` does."""
    where = f"{etcd}/v3/maintenance/alarm"
    for alarm in urllib3.request("POST", where, json={"action": "GET"}).json()["alarms"]:
        urllib3.request("POST", where, json={"action": "DEACTIVATE", **alarm})


def restored(scene: Scene, live: Bucket, etcd: str, started: list[str]) -> Report:
    def start() -> Answers:
        started.append("Milvus")
        return Answers()

    target = Etcd(etcd, ETCD_ROOT)
    return restore(scene.vault, live, target, milvus_version="2.3.5", start=start, answer_seconds=0)


def test_a_seal_without_room_for_the_dump_copies_nothing(scene: Scene, temporary: Path) -> None:
    scene.fill(3)
    much_metadata(scene)
    with full(temporary, left=64 * 1024), pytest.raises(VaultError) as refused:
        scene.seal()
    assert str(refused.value).startswith(f"The disk of '{temporary}' is full")
    assert scene.vault_versions() == []
    assert catalogue.snapshots(scene.vault) == []
    assert list(temporary.iterdir()) == []
    assert len(scene.seal().objects) == 3


def test_a_restore_without_room_for_the_dump_starts_nothing(
    scene: Scene, temporary: Path, tmp_path: Path
) -> None:
    bodies = scene.fill(3)
    much_metadata(scene)
    scene.seal()
    live, started = make_live(scene.store, f"live-{secrets.token_hex(4)}"), list[str]()
    with real_etcd.running(tmp_path / "target") as etcd:
        with full(temporary, left=64 * 1024), pytest.raises(VaultError, match="is full"):
            restored(scene, live, etcd, started)
        assert (Etcd(etcd, ETCD_ROOT).count(), started) == (0, [])
        assert restored(scene, live, etcd, started).ok
        assert Etcd(etcd, ETCD_ROOT).count() == len(bodies) + 4


def test_a_machine_without_any_temporary_folder_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.fill(1)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/nothing"])
    with pytest.raises(VaultError, match=r"No usable temporary directory .*set TMPDIR"):
        scene.seal()
    assert catalogue.snapshots(scene.vault) == []


def test_a_vault_whose_store_is_full_keeps_what_is_sealed_and_takes_the_rest_later(
    tmp_path: Path,
) -> None:
    room = disk(tmp_path / "store", "256m")
    with (
        seaweedfs.store(room / "s3", identities=(SEALER,)) as store,
        real_etcd.running(tmp_path / "source") as etcd,
    ):
        scene = scenes.make(store, SEALER, etcd)
        scene.fill(3)
        first = scene.seal()
        for at in range(6):
            scene.write(f"insert_log/large/{at}", os.urandom(8 * MIB))
        with full(room, left=20 * MIB):
            with pytest.raises(StoreError, match=f"Could not copy '{ROOT}/insert_log/large"):
                scene.seal()
            assert [one.id for one in catalogue.whole(scene.vault)] == [first.id]
            assert verify(scene.vault).ok
        before = scene.vault_versions()
        second = scene.seal()
        assert len(second.objects) == len(scene.vault_versions()) == 9
        assert set(before) <= set(scene.vault_versions())
        assert verify(scene.vault).ok


def test_a_restore_into_an_etcd_without_room_goes_on_when_it_has_some(
    scene: Scene, tmp_path: Path
) -> None:
    scene.fill(3)
    much_metadata(scene)
    scene.seal()
    live, started = make_live(scene.store, f"live-{secrets.token_hex(4)}"), list[str]()
    with real_etcd.running(tmp_path / "target", "--quota-backend-bytes=200000") as etcd:
        with pytest.raises(EtcdError) as refused:
            restored(scene, live, etcd, started)
        for part in ("database space exceeded", "etcdctl alarm disarm", "run the same command"):
            assert part in str(refused.value)
        assert started == []
    with real_etcd.running(tmp_path / "target") as etcd:
        disarm_alarms(etcd)
        assert restored(scene, live, etcd, started).ok
        assert (Etcd(etcd, ETCD_ROOT).count(), started) == (7, ["Milvus"])
