"""Every attack on a real store with Object Lock, in both modes, by all three attackers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.vault.drilling import KEYS, LIVE, ROOT, VAULT, battlefield
from vault.drill.attackers import DECOYS, Battlefield, run
from vault.drill.attacks import ATTACKS, FUTURE
from vault.drill.model import ATTACKERS, Result
from vault.drill.observation import losses
from vault.manifest import manifest_key
from vault.object_version import Mode
from vault.record import intact

pytestmark = pytest.mark.tools
PLANT = "plant a snapshot of the future and forged copies"


@dataclass(frozen=True)
class Fought:
    """A battlefield after all attackers."""

    mode: Mode
    field: Battlefield
    results: list[Result]
    secrets: list[str]

    def of(self, attack: str) -> list[Result]:
        found = [one for one in self.results if one.attack == attack]
        assert found, attack
        return found


@pytest.fixture(scope="module", params=["governance", "compliance"])
def fought(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fought]:
    folder = tmp_path_factory.mktemp("drill")
    with battlefield(folder, request.param) as (field, means):
        results = [one for who in ATTACKERS for one in run(field, who, means[who])]
        signers = [each["s3"]._request_signer._credentials for each in means.values()]
        keys = [one.get_frozen_credentials() for one in signers]
        secrets = [secret for one in keys for secret in (one.secret_key, one.access_key)]
        yield Fought(request.param, field, results, secrets)


def test_every_attack_of_the_table_was_tried_that_needs_s3_alone(fought: Fought) -> None:
    elsewhere = ("drop every collection", "delete the namespace")
    only_of_compliance = ("take compliance back",) if fought.mode == "governance" else ()
    left_out = (*elsewhere, *only_of_compliance)
    tried = [one.name for one in ATTACKS if not one.name.startswith(left_out)]
    wanted = [(who, name) for who in ATTACKERS for name in tried]
    assert [(one.attacker, one.attack) for one in fought.results] == wanted
    assert all(one.answers for one in fought.results)


def test_every_version_of_the_snapshot_is_there_and_readable_after_all_of_it(
    fought: Fought,
) -> None:
    field = fought.field
    assert len(field.sealed) == len(KEYS)
    assert losses(field.deployer, VAULT, field.sealed) == ()
    assert [one for one in fought.results if one.aim == "snapshot" and one.lost] == []


def test_the_deployer_destroys_what_governance_keeps_and_nothing_that_compliance_keeps(
    fought: Fought,
) -> None:
    lost = {(one.attacker, one.attack) for one in fought.results if one.lost}
    conceded = {
        ("deployer", "delete a sealed version, bypassing"),
        ("deployer", "shorten a retention, bypassing"),
    }
    if fought.mode == "compliance":
        assert lost == set()
    else:
        assert conceded <= lost
        assert {who for who, _ in lost} == {"deployer"}
    assert all(one.is_expected(fought.mode) for one in fought.results)


def test_a_loss_is_said_of_the_very_version(fought: Fought) -> None:
    for one in fought.results:
        assert all(f"{ROOT}/{DECOYS}/" in sentence for sentence in one.lost), one.lost


def test_milvus_changes_nothing_of_the_vault(fought: Fought) -> None:
    of_milvus = [one for one in fought.results if one.attacker == "milvus"]
    assert {one.verdict for one in of_milvus if one.aim != "environment"} == {"withstood"}


def test_the_writer_adds_versions_and_markers_and_changes_no_setting(fought: Fought) -> None:
    for one in fought.results:
        if one.attacker == "vault-writer" and one.effects:
            assert all("in the vault bucket:" in effect for effect in one.effects), one


def test_milvus_cannot_plant_a_snapshot_and_the_writer_can(fought: Fought) -> None:
    """Which is why a seal, a verification and a restore must not be stopped by one."""
    by = {one.attacker: one for one in fought.of(PLANT)}
    assert by["milvus"].verdict == "withstood"
    planted = "objects in the vault bucket: "
    assert any(planted in effect for effect in by["vault-writer"].effects)
    listed = fought.field.deployer.list_objects_v2(Bucket=VAULT, Prefix=manifest_key(ROOT, FUTURE))
    assert listed["KeyCount"] == 1


def test_what_an_attacker_achieves_is_found_by_looking(fought: Fought) -> None:
    """It is no drill when nothing is destroyed: the live bucket really goes."""
    by = {(one.attacker, one.attack): one for one in fought.results}
    emptied = by["milvus", "delete every live object"]
    assert f"objects in the live bucket: {len(KEYS)} before, 0 after" in emptied.effects
    assert by["vault-writer", "delete every live object"].verdict == "withstood"
    assert by["milvus", "delete every live version"].verdict == "withstood"
    gone = by["deployer", "delete every live version"]
    assert any("versions in the live bucket" in effect for effect in gone.effects)
    policy = by["deployer", "open the vault's policy, then delete"]
    assert any("policy of bucket" in effect for effect in policy.effects)
    assert by["deployer", "let nobody read the vault"].unreadable == len(KEYS)


def test_settings_that_an_attacker_changed_are_put_back(fought: Fought) -> None:
    client = fought.field.deployer
    policy = json.loads(client.get_bucket_policy(Bucket=VAULT)["Policy"])
    assert "VaultOnly" in {one["Sid"] for one in policy["Statement"]}
    rules = client.get_bucket_lifecycle_configuration(Bucket=VAULT)["Rules"]
    assert {one.get("ID") for one in rules} == {"abort-abandoned-uploads"}


def test_the_record_holds_every_request_and_no_secret(fought: Fought) -> None:
    file = fought.field.record.file
    assert intact(file)
    text = file.read_text()
    assert not [one for one in fought.secrets if one in text]
    asked = [one for one in map(json.loads, text.splitlines()) if "request" in one]
    assert len(asked) == sum(each.count for one in fought.results for each in one.answers)
    for one in asked:
        assert all(one[key] for key in ("when", "who", "attack", "outcome")), one
        assert "SSECustomerKey" not in one["parameters"]
    assert {LIVE, VAULT} == {one["parameters"]["Bucket"] for one in asked}
