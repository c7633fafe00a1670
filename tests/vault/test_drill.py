"""The whole drill around a store: what is destroyed really goes, and what was sealed comes back.

The environment is a bucket of objects here; Milvus's own is drilled on the platform.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from plugins.errors import Refusal
from plugins.objectstore import live
from plugins.objectstore.errors import StoreError
from tests.vault.drilling import LIVE, ROOT, VAULT, battlefield
from vault.drill.attackers import Battlefield, Means
from vault.drill.clean_up import ENVIRONMENT_TAG, remove_bucket
from vault.drill.drill import Parts, drill, write
from vault.drill.model import Attacker
from vault.drill.report import DrillReport
from vault.sealing import seal

pytestmark = pytest.mark.tools
RESTORED = "restored"
SNAPSHOT = f"{ROOT}/snapshots/2/"


@dataclass(frozen=True)
class Ground:
    """A store with an environment of three objects, and the attackers' credentials."""

    field: Battlefield
    means: dict[Attacker, Means]
    manifest: dict[str, str] = dataclasses.field(default_factory=dict)
    """Key in the vault to the version that was sealed."""

    def ask(self, bucket: str = LIVE) -> dict[str, str]:
        client = self.field.deployer
        listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        bodies = {
            one["Key"]: client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            for one in listed
        }
        digests = {f"digest of {key}": sha256(body).hexdigest() for key, body in bodies.items()}
        return {"count": str(len(bodies)), **digests}

    def seal(self) -> str:
        writer = self.field.writer
        for one in writer.list_objects_v2(Bucket=LIVE)["Contents"]:
            body = writer.get_object(Bucket=LIVE, Key=one["Key"])["Body"].read()
            key = SNAPSHOT + one["Key"]
            version = writer.put_object(Bucket=VAULT, Key=key, Body=body)["VersionId"]
            until = datetime.now(UTC) + timedelta(hours=1)
            seal(writer, VAULT, key, version, mode="governance", until=until)
            self.manifest[key] = version
        return "2"

    def restore(self, snapshot: str) -> None:
        """By version: attackers wrote others above them, and this store locks a copy like its
        source."""
        client = self.field.deployer
        assert not live.exists(client, LIVE), "The environment was not destroyed."
        client.create_bucket(Bucket=RESTORED)
        for key, version in self.manifest.items():
            found = client.get_object(Bucket=VAULT, Key=key, VersionId=version)
            own = key.removeprefix(f"{ROOT}/snapshots/{snapshot}/")
            client.put_object(Bucket=RESTORED, Key=own, Body=found["Body"].read())

    @property
    def parts(self) -> Parts:
        return Parts(
            ask=self.ask,
            seal=self.seal,
            restore=self.restore,
            ask_restored=lambda: self.ask(RESTORED),
        )


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with battlefield(tmp_path, "governance") as (field, means):
        yield Ground(field, means)


def test_what_was_sealed_answers_as_before_after_everything_else_is_gone(
    ground: Ground, tmp_path: Path
) -> None:
    report = drill("drill-trial", ground.parts, ground.field, ground.means, stack_mode="none")
    assert report.has_held, list(report.sentences())
    assert report.comparisons[0].question == "count"
    assert len(report.comparisons) == 4
    assert report.sealed_versions == 6
    names = [one.name for one in report.stages]
    attacks = [f"attacks of {one}" for one in ground.means]
    assert names == ["questions", "seal", *attacks, "restore"]
    assert report.rto_seconds is not None
    assert report.rto_seconds > 0
    assert report.rpo_seconds > 0
    data, shown = write(report, tmp_path / "report")
    assert DrillReport.model_validate_json(data.read_text()) == report
    assert "held" in shown.read_text()


def test_a_restore_that_fails_is_reported_in_its_own_words(ground: Ground) -> None:
    def restore(snapshot: str) -> None:
        raise Refusal(f"Snapshot {snapshot} does not verify.")

    parts = dataclasses.replace(ground.parts, restore=restore)
    only_milvus: dict[Attacker, Means] = {"milvus": ground.means["milvus"]}
    report = drill("drill-trial", parts, ground.field, only_milvus, stack_mode="none")
    assert not report.has_held
    assert report.rto_seconds is None
    assert "NOT RESTORED: Snapshot 2 does not verify." in list(report.sentences())


def test_a_seal_that_sealed_nothing_stops_the_drill_before_the_first_attack(
    ground: Ground,
) -> None:
    empty = dataclasses.replace(ground.field, vault=LIVE)
    parts = dataclasses.replace(ground.parts, seal=lambda: "0")
    with pytest.raises(Refusal, match="nothing that an attack could break"):
        drill("drill-trial", parts, empty, ground.means, stack_mode="none")
    assert len(ground.ask()) == 4


def test_only_a_scratch_environments_own_vault_is_taken_away_and_then_wholly(
    ground: Ground,
) -> None:
    client = ground.field.deployer
    live.write(client, VAULT, "tags", {ENVIRONMENT_TAG: "drill-a"})
    for other in ("drill-b", "prod"):
        with pytest.raises(StoreError, match="nothing of it was deleted"):
            remove_bucket(client, VAULT, other)
    live.write(client, VAULT, "tags", {ENVIRONMENT_TAG: "prod"})
    with pytest.raises(StoreError, match="Only what begins with 'drill'"):
        remove_bucket(client, VAULT, "prod")
    assert live.exists(client, VAULT)
    live.write(client, VAULT, "tags", {ENVIRONMENT_TAG: "drill-a"})
    remove_bucket(client, VAULT, "drill-a")
    assert not live.exists(client, VAULT)


def test_what_compliance_keeps_stays_and_is_said(tmp_path: Path) -> None:
    with battlefield(tmp_path, "compliance") as (field, _):
        live.write(field.deployer, VAULT, "tags", {ENVIRONMENT_TAG: "drill-a"})
        with pytest.raises(StoreError, match="What compliance keeps goes after its date"):
            remove_bucket(field.deployer, VAULT, "drill-a")
        assert live.exists(field.deployer, VAULT)
