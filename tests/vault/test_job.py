"""What the job in the cluster is told, and what it refuses."""

import json
import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from smoke_tests import objects
from tests.infra.stack_document import SEALED_BY_A_JOB, settings
from tests.vault import job_of_a_scene, real_etcd
from tests.vault.scene import ROOT, Scene
from vault import catalogue, job, lease
from vault.etcd import EtcdError
from vault.lease import Busy
from vault.manifest import Manifest
from vault.places import VaultError
from vectorkit.decisions import naming, seal_job
from vectorkit.settings import Settings


@pytest.fixture(scope="module", params=["local", "staging", "prod-aws"])
def stack(request: pytest.FixtureRequest) -> Settings:
    """Without a certificate of Milvus, with one, and with a role in place of a key."""
    return settings(SEALED_BY_A_JOB, stack=request.param)


@pytest.mark.parametrize("private_ca", [True, False])
def test_what_the_program_declares_is_what_the_job_reads(stack: Settings, private_ca: bool) -> None:
    variables = seal_job.environment(stack, private_ca=private_ca)
    known = job.told(variables)
    read = {f"VECTORKIT_{name.upper()}" for name in known.model_dump(exclude_none=True)}
    assert read == set(variables)
    assert (known.live_bucket, known.vault_bucket) == (
        stack.store.live.bucket,
        stack.store.vault.bucket,
    )
    assert known.vault_retention_days == 30
    assert known.wal == stack.milvus.wal


def test_every_variable_that_is_missing_is_named_at_once(stack: Settings) -> None:
    variables = seal_job.environment(stack, private_ca=False)
    left = {name: value for name, value in variables.items() if "BUCKET" not in name}
    with pytest.raises(VaultError) as refused:
        job.told(left | {"VECTORKIT_VAULT_MODE": "none"})
    for name in ("LIVE_BUCKET", "VAULT_BUCKET", "VAULT_MODE"):
        assert f"VECTORKIT_{name}:" in str(refused.value)


def test_a_credential_that_is_not_mounted_is_named_and_nothing_is_asked(
    stack: Settings, tmp_path: Path
) -> None:
    variables = seal_job.environment(stack, private_ca=False)
    known = job.told(variables | {"VECTORKIT_CREDENTIALS": str(tmp_path)})
    (tmp_path / naming.ACCESS_KEY_ID_KEY).write_text("key")
    with pytest.raises(VaultError, match=r"secret-access-key cannot be read"):
        job.run(known)
    (tmp_path / naming.SECRET_ACCESS_KEY_KEY).write_text("secret")
    with pytest.raises(VaultError, match=r"root-password cannot be read"):
        job.run(known)


def test_without_a_word_it_ends_with_a_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in job.Told.model_fields:
        monkeypatch.delenv(f"VECTORKIT_{name.upper()}", raising=False)
    assert job.main() == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: This job is not told what to seal")
    assert said.out == ""


@pytest.fixture
def known(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> job.Told:
    """A job of the scene, where nothing is asked of Milvus itself."""
    scene.fill(2)
    monkeypatch.setattr(job, "RunningMilvus", lambda *_, **__: scene.milvus)
    monkeypatch.setattr(job, "ASK_AGAIN_SECONDS", 0.2)
    return job.told(job_of_a_scene.variables(scene, tmp_path / "credentials"))


def hold(scene: Scene) -> None:
    """The lock as a pod holds it that was killed a moment ago."""
    held = json.dumps({"token": "other", "host": "vault-seal-1", "pid": 1, "state": "held"})
    scene.admin.put_object(Bucket=scene.vault.bucket, Key=f"{ROOT}/lock", Body=held.encode())


@pytest.mark.tools
def test_the_retry_of_a_killed_job_waits_for_its_lock_to_end_and_seals(
    scene: Scene,
    known: job.Told,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = job._seal

    def seal(told: job.Told) -> Manifest:
        try:
            return real(told)
        except Busy:
            # So long nothing has been heard of the pod that was killed.
            monkeypatch.setattr(lease, "LEASE", timedelta(seconds=-2))
            raise

    monkeypatch.setattr(job, "_seal", seal)
    hold(scene)
    manifest = job.run(known)
    assert len(manifest.objects) == 2
    assert manifest.until - manifest.started == timedelta(days=1)
    assert manifest.versions.wal == "rocksmq"
    assert "another seal holds the lock; waiting" in capsys.readouterr().err


@pytest.mark.tools
def test_it_logs_in_to_an_etcd_that_asks_for_a_password(scene: Scene, known: job.Told) -> None:
    password = secrets.token_hex(12)
    real_etcd.put(scene.etcd, {f"{ROOT}/meta/1": "value"})
    real_etcd.lock(scene.etcd, password)
    with pytest.raises(EtcdError, match="asks for a password, and none is known"):
        job.run(known)
    (known.credentials / naming.ETCD_PASSWORD_KEY).write_text(password)
    assert job.run(known).etcd.pairs == 1


@pytest.mark.tools
def test_a_job_waits_for_another_seal_that_goes_on_and_then_gives_up(
    scene: Scene, known: job.Told
) -> None:
    assert job.PATIENCE > lease.LEASE
    hold(scene)
    with pytest.raises(Busy, match=r"vault-seal-1 .* seals at this moment"):
        job.run(known, patience=timedelta(seconds=1))
    assert list(catalogue.whole(scene.vault)) == []


@pytest.mark.tools
def test_the_smoke_tests_know_what_a_seal_writes_from_what_milvus_does(scene: Scene) -> None:
    scene.fill(2)
    scene.seal()
    found = objects.versions(scene.admin, scene.vault.bucket)
    assert len(found) > 4
    assert objects.outside_of_snapshots(found, ROOT) == []
    strange = sorted([f"{ROOT}/insert_log/0", f"{ROOT}/objects", "objects/0"])
    for key in strange:
        scene.admin.put_object(Bucket=scene.vault.bucket, Key=key, Body=b"data")
    found = objects.versions(scene.admin, scene.vault.bucket)
    assert objects.outside_of_snapshots(found, ROOT) == strange
