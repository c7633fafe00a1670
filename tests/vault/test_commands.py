"""The commands from their arguments to a real store and etcd, and back to what they print."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smoke_tests import outputs
from smoke_tests.outputs import Outputs, Retention
from tests.stores import seaweedfs
from tests.vault import real_etcd
from tests.vault.command import Run, deployed
from tests.vault.scene import CANARY, ROOT, Answers, Scene, make_live
from tests.vault.test_verify import destroy
from vault import catalogue, commands, stack
from vault.etcd import Etcd
from vault.places import Bucket
from vault.restore import restore
from vault.stack import Stack

pytestmark = pytest.mark.tools
AGREED = Retention(mode="governance", days=2, longest_days=3)


@dataclass
class Stacks:
    """`dev` is the scene, `other` an empty one that seals into the same vault."""

    scene: Scene
    outputs: dict[str, Outputs]
    empty_etcd: str
    milvus: Answers = field(default_factory=Answers)
    started: list[str] = field(default_factory=list)


@pytest.fixture
def stacks(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stacks]:
    scene.fill(3)
    # The kit gives Milvus one root path, in the bucket and in etcd.
    real_etcd.put(scene.etcd, {f"{ROOT}/meta/1": "value"})
    empty = make_live(scene.store, f"live-{secrets.token_hex(4)}")
    given: dict[str, Any] = {
        "vault_bucket": scene.vault.bucket,
        "vault_retention": AGREED,
        "root_path": ROOT,
        "store_endpoint": scene.store.endpoint,
        "store_ca_file": str(scene.store.ca_file),
    }
    known = {
        "dev": deployed(**given, live_bucket=scene.live.bucket),
        "other": deployed(**given, live_bucket=empty.bucket),
    }
    for name, value in scene.store.environment().items():
        monkeypatch.setenv(name, value)
    for name, value in zip(
        stack.WRITER, (scene.writer.access_key, scene.writer.secret_key), strict=True
    ):
        monkeypatch.setenv(name, value)
    with real_etcd.running(tmp_path / "empty") as address:
        found = Stacks(scene, known, address)
        _instead_of_the_cluster(found, monkeypatch)
        yield found


def _instead_of_the_cluster(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stack asks Kubernetes for; store and etcd are real."""

    @contextmanager
    def milvus(_: Stack) -> Iterator[Answers]:
        yield stacks.milvus

    @contextmanager
    def etcd(found: Stack, address: str | None = None) -> Iterator[Etcd]:
        own = stacks.scene.etcd if found.name == "dev" else stacks.empty_etcd
        yield Etcd(address or own, ROOT)

    monkeypatch.setattr(outputs, "read", lambda name: stacks.outputs[name])
    monkeypatch.setattr(Stack, "milvus", milvus)
    monkeypatch.setattr(Stack, "etcd", etcd)
    told = {"chart": "5.0.19", "kit": stack.kit_version(), "wal": "rocksmq"}
    monkeypatch.setattr(Stack, "versions", lambda _: told)
    monkeypatch.setattr(Stack, "milvus_version", lambda _: "2.3.5")
    monkeypatch.setattr(Stack, "_let_milvus_start", lambda _, name: stacks.started.append(name))


def sealed(run: Run) -> dict[str, Any]:
    status, out, err = run("seal", "--stack", "dev", "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_seal_without_flags_is_what_the_stack_agreed_to(run: Run, stacks: Stacks) -> None:
    told = sealed(run)
    assert (told["objects"], told["mode"], told["canaries"]) == (3, "governance", 1)
    vault = stacks.scene.vault
    manifest, _ = catalogue.load(vault, catalogue.find(vault, told["snapshot"]))
    assert manifest.until - manifest.started == timedelta(days=2)
    assert (manifest.versions.chart, manifest.versions.kit) == ("5.0.19", "0.1.0")
    for one in manifest.objects:
        retention = stacks.scene.admin.get_object_retention(
            Bucket=vault.bucket, Key=one.vault_key, VersionId=one.vault_version_id
        )["Retention"]
        assert retention == {"Mode": "GOVERNANCE", "RetainUntilDate": manifest.until}


def test_a_seal_for_more_days_is_told_in_one_line(run: Run, stacks: Stacks) -> None:
    status, out, err = run("seal", "--stack", "dev", "--days", "3")
    assert (status, err) == (0, "")
    vault = stacks.scene.vault
    manifest, _ = catalogue.load(vault, catalogue.find(vault, None))
    assert manifest.until - manifest.started == timedelta(days=3)
    assert out.startswith(f"Snapshot {manifest.id}: 3 objects, {manifest.size} bytes ")
    until = f"{manifest.until:%Y-%m-%dT%H:%M:%SZ}"
    assert out.endswith(f"1 pairs of etcd; governance until {until}.\n")


def test_snapshots_are_a_table_or_json(run: Run, stacks: Stacks) -> None:
    assert run("snapshots", "--stack", "dev", "--json") == (0, "[]\n", "")
    assert "There is no snapshot yet" in run("snapshots", "--stack", "dev")[1]
    told = sealed(run)
    status, out, _ = run("snapshots", "--stack", "other", "--json")
    (row,) = json.loads(out)
    assert (status, row["id"], row["state"], row["objects"]) == (0, told["snapshot"], "sealed", 3)
    assert datetime.fromisoformat(row["locked_until"]).isoformat() == told["until"]
    status, out, _ = run("snapshots", "--stack", "dev")
    assert status == 0
    assert told["snapshot"] in out


def test_a_verification_with_findings_ends_with_status_3_and_names_them(
    run: Run, stacks: Stacks
) -> None:
    told = sealed(run)
    status, out, _ = run("verify", "--stack", "dev")
    assert status == 0
    assert out.startswith(f"Snapshot {told['snapshot']}: 3 objects verified, ")
    assert out.endswith("confidence 1.0000.\n")
    vault = stacks.scene.vault
    manifest, _ = catalogue.load(vault, catalogue.find(vault, None))
    gone = manifest.objects[1]
    destroy(stacks.scene, gone.vault_key, gone.vault_version_id)
    status, out, _ = run("verify", "--stack", "dev", "--sample", "0")
    assert status == 3
    assert f"missing: {gone.vault_key}: version {gone.vault_version_id} is gone.\n" in out
    status, out, err = run("verify", "--stack", "dev", "--json")
    found = json.loads(out)
    assert (status, err, found["ok"]) == (3, "", False)
    assert [one["kind"] for one in found["findings"]] == ["missing"]


@pytest.mark.parametrize("verb", ["verify", "restore"])
def test_a_snapshot_that_there_is_not_is_refused_with_those_that_there_are(
    run: Run, stacks: Stacks, verb: str
) -> None:
    told = sealed(run)
    status, out, err = run(verb, "--stack", "other", "--snapshot", "20200101T000000Z", "--json")
    assert (status, out) == (1, "")
    assert err.startswith("error: There is no sealed snapshot 20200101T000000Z ")
    assert f"there are: {told['snapshot']}." in err
    assert Etcd(stacks.empty_etcd, ROOT).mark() is None


@pytest.mark.parametrize("sample", ["1.5", "nan", "-0.1"])
def test_a_sample_that_is_no_share_is_refused(run: Run, stacks: Stacks, sample: str) -> None:
    sealed(run)
    status, out, err = run("verify", "--stack", "dev", "--sample", sample)
    assert (status, out) == (1, "")
    assert "is no share; give a number from 0 to 1" in err


def test_a_restore_lets_milvus_start_and_ends_by_its_answers(
    run: Run, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A Milvus that answers wrong may only be loading, and is asked again for minutes.
    monkeypatch.setattr(commands, "restore", partial(restore, answer_seconds=0))
    told = sealed(run)
    stacks.milvus = Answers(told=(CANARY.model_copy(update={"row_count": 4}),))
    status, out, err = run("restore", "--stack", "other", "--json")
    found = json.loads(out)
    assert (status, err, found["ok"], stacks.started) == (3, "", False, [told["snapshot"]])
    assert [one["kind"] for one in found["findings"]] == ["rows"]
    stacks.milvus = Answers()
    status, out, _ = run("restore", "--stack", "other")
    assert status == 0
    assert out == f"Snapshot {told['snapshot']}: 3 objects restored; 1 canaries asked.\n"


def test_a_snapshot_comes_back_into_an_environment_of_another_store(
    run: Run, stacks: Stacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = sealed(run)
    with seaweedfs.store(tmp_path / "elsewhere") as other:
        live = make_live(other, "live-elsewhere")
        stacks.outputs["elsewhere"] = deployed(
            live_bucket=live.bucket,
            vault_bucket="vault-elsewhere",
            root_path=ROOT,
            store_endpoint=other.endpoint,
            store_ca_file=str(other.ca_file),
        )
        for name, value in other.environment().items():
            monkeypatch.setenv(name, value)
        status, out, err = run("restore", "--stack", "elsewhere", "--from-stack", "dev", "--json")
        report = json.loads(out)
        assert (status, err, report["objects"]) == (0, "", 3)
        assert report["snapshot"] == told["snapshot"]
        found = live.client.list_objects_v2(Bucket=live.bucket)["Contents"]
        bodies = {one["Key"]: _body(live, one["Key"]) for one in found}
        source = stacks.scene.live
        assert bodies == {key: _body(source, key) for key in bodies}
        assert len(bodies) == 3


def _body(bucket: Bucket, key: str) -> bytes:
    return bucket.client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read()


def test_another_root_path_than_that_of_the_other_stack_is_refused(
    run: Run, stacks: Stacks
) -> None:
    sealed(run)
    moved = stacks.outputs["other"].model_copy(update={"root_path": "moved"})
    stacks.outputs["other"] = moved
    status, out, err = run("restore", "--stack", "other", "--from-stack", "dev")
    assert (status, out) == (1, "")
    assert f"the root path in the bucket '{ROOT}'; the target has 'moved'" in err


def test_a_restore_into_the_stack_that_is_in_use_is_refused(run: Run, stacks: Stacks) -> None:
    sealed(run)
    status, out, err = run("restore", "--stack", "dev", "--json")
    assert (status, out, stacks.started) == (1, "", [])
    assert "expected none. Restore into a fresh etcd, with Milvus not yet started." in err


def test_a_version_of_milvus_that_was_not_sealed_is_refused(run: Run, stacks: Stacks) -> None:
    sealed(run)
    status, out, err = run("restore", "--stack", "other", "--milvus-version", "2.6.15")
    assert (status, out, stacks.started) == (1, "", [])
    assert "was sealed with Milvus '2.3.5'; the target has '2.6.15'" in err
    assert Etcd(stacks.empty_etcd, ROOT).mark() is None
