"""Immutability, proven: what was tried against sealed versions, by whom, and what it came to.

Every request is recorded (see evidence.py). Object Lock is judged by its effect alone.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.auth
import pytest
from botocore.compat import get_current_datetime
from botocore.exceptions import ClientError

from plugins.objectstore import bucket
from plugins.objectstore.errors import StoreError
from tests.immutability.conftest import BODY, LIVE, VAULT, Trial, in_hours
from vault.object_version import SealRefused

pytestmark = pytest.mark.tools

DENIED = "403 AccessDenied"
EVERYBODY = ("milvus", "vault", "operator", "deployer")
MODES = ("governance", "compliance")


def unversioned(address: dict[str, Any]) -> dict[str, Any]:
    return {"Bucket": address["Bucket"], "Key": address["Key"]}


def retention(mode: str, until: datetime) -> dict[str, Any]:
    return {"Retention": {"Mode": mode.upper(), "RetainUntilDate": until}}


def test_the_vault_has_object_lock_from_its_creation_and_no_default_rule(trial: Trial) -> None:
    answer = trial.ask(
        "Object Lock is on, without a default rule",
        "deployer",
        "get_object_lock_configuration",
        Bucket=VAULT,
        expected="200",
    )
    assert answer["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


@pytest.mark.parametrize("mode", MODES)
def test_a_sealed_version_carries_its_mode_and_date(trial: Trial, mode: str) -> None:
    until = in_hours(24)
    address = trial.sealed(mode, until)
    answer = trial.ask(
        "a sealed version says its mode and date",
        "vault",
        "get_object_retention",
        **address,
        expected="200",
    )
    assert answer["Retention"] == {"Mode": mode.upper(), "RetainUntilDate": until}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("mode", MODES)
def test_nobody_deletes_a_sealed_version(trial: Trial, mode: str, who: str) -> None:
    address = trial.sealed(mode)
    claim = "a sealed version is not deleted"
    trial.ask(claim, who, "delete_object", **address, expected=DENIED)
    version = {"Key": address["Key"], "VersionId": address["VersionId"]}
    # A batch is answered with 200, and with the refusal of each key inside.
    batch: dict[str, Any] = {"Bucket": VAULT, "Delete": {"Objects": [version]}}
    trial.ask(claim, who, "delete_objects", **batch, expected="200 AccessDenied")
    assert trial.is_untouched(address)


@pytest.mark.parametrize("mode", MODES)
def test_a_delete_or_an_overwrite_leaves_the_sealed_version_readable(
    trial: Trial, mode: str
) -> None:
    address = trial.sealed(mode)
    claim = "overwrite and delete add a version, and keep the sealed one"
    trial.ask(claim, "vault", "put_object", **unversioned(address), Body=b"other", expected="200")
    deleted = trial.ask(claim, "vault", "delete_object", **unversioned(address), expected="204")
    assert deleted["DeleteMarker"]
    read = trial.ask(claim, "vault", "get_object", **address, expected="200")
    assert read["Body"].read() == BODY


@pytest.mark.parametrize("bypass", [False, True], ids=["plain", "bypass"])
@pytest.mark.parametrize(
    ("mode", "who"), [(mode, who) for mode in MODES for who in ("milvus", "vault", "operator")]
)
def test_nobody_shortens_a_retention(trial: Trial, mode: str, who: str, bypass: bool) -> None:
    address = trial.sealed(mode, in_hours(2))
    trial.ask(
        "a retention is not shortened",
        who,
        "put_object_retention",
        **address,
        **retention(mode, in_hours(1)),
        BypassGovernanceRetention=bypass,
        expected=DENIED,
    )
    head = trial.clients["deployer"].head_object(**address)
    assert head["ObjectLockRetainUntilDate"] > in_hours(1.5)


@pytest.mark.parametrize("mode", MODES)
def test_the_vaults_writer_extends_a_retention(trial: Trial, mode: str) -> None:
    address, until = trial.sealed(mode), in_hours(3)
    asked = retention(mode, until)
    claim = "a retention is extended"
    trial.ask(claim, "vault", "put_object_retention", **address, **asked, expected="200")
    found = trial.ask(claim, "vault", "get_object_retention", **address, expected="200")
    assert found["Retention"]["RetainUntilDate"] == until


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("bypass", [False, True], ids=["plain", "bypass"])
def test_nobody_takes_compliance_back_to_governance(trial: Trial, who: str, bypass: bool) -> None:
    address = trial.sealed("compliance")
    trial.ask(
        "the mode compliance is not taken back",
        who,
        "put_object_retention",
        **address,
        **retention("governance", in_hours(2)),
        BypassGovernanceRetention=bypass,
        expected=DENIED,
    )
    assert trial.clients["deployer"].head_object(**address)["ObjectLockMode"] == "COMPLIANCE"


@pytest.mark.parametrize("who", ["milvus", "vault", "operator"])
def test_governance_is_not_bypassed_without_the_right(trial: Trial, who: str) -> None:
    address = trial.sealed("governance")
    trial.ask(
        "governance is not bypassed without the right",
        who,
        "delete_object",
        **address,
        BypassGovernanceRetention=True,
        expected=DENIED,
    )
    assert trial.is_untouched(address)


def test_governance_is_bypassed_by_the_deployer_and_compliance_by_nobody(trial: Trial) -> None:
    """Governance is a lock with a key: whoever has the deployer's credentials has the key."""
    governed, compliant = trial.sealed("governance"), trial.sealed("compliance")
    bypass: dict[str, Any] = {"BypassGovernanceRetention": True}
    trial.ask(
        "the deployer can bypass governance",
        "deployer",
        "delete_object",
        **governed,
        **bypass,
        expected="204",
    )
    for who in EVERYBODY:
        trial.ask(
            "compliance is bypassed by nobody",
            who,
            "delete_object",
            **compliant,
            **bypass,
            expected=DENIED,
        )
    with pytest.raises(ClientError, match="NoSuchVersion"):
        trial.is_untouched(governed)
    assert trial.is_untouched(compliant)


def test_a_legal_hold_outlives_the_retention_and_is_the_deployers_alone(trial: Trial) -> None:
    address = trial.sealed("compliance", datetime.now(UTC) + timedelta(seconds=2))
    on, off = ({"LegalHold": {"Status": status}} for status in ("ON", "OFF"))
    claim = "a legal hold outlives the retention"
    trial.ask(claim, "deployer", "put_object_legal_hold", **address, **on, expected="200")
    _await_end_of_retention(trial, address)
    bypass: dict[str, Any] = {"BypassGovernanceRetention": True}
    trial.ask(claim, "deployer", "delete_object", **address, **bypass, expected=DENIED)
    for who in ("milvus", "vault", "operator"):
        released = "a legal hold is released by the deployer alone"
        trial.ask(released, who, "put_object_legal_hold", **address, **off, expected=DENIED)
    assert trial.is_untouched(address)
    trial.ask(claim, "deployer", "put_object_legal_hold", **address, **off, expected="200")
    trial.ask(claim, "deployer", "delete_object", **address, expected="204")


def test_a_version_can_go_once_its_retention_has_ended(trial: Trial) -> None:
    """It was the lock that refused, then, and nothing else."""
    address = trial.sealed("compliance", datetime.now(UTC) + timedelta(seconds=2))
    claim = "the retention ends on its date, and not before"
    trial.ask(claim, "deployer", "delete_object", **address, expected=DENIED)
    _await_end_of_retention(trial, address)
    trial.ask(claim, "deployer", "delete_object", **address, expected="204")


def _await_end_of_retention(trial: Trial, address: dict[str, Any]) -> None:
    """Until the store itself has a later time than the retention's date."""
    client = trial.clients["deployer"]
    until = client.get_object_retention(**address)["Retention"]["RetainUntilDate"]
    now = until
    while now <= until:
        client.put_object(Bucket=VAULT, Key="clock", Body=b"")
        now = client.head_object(Bucket=VAULT, Key="clock")["LastModified"]


@pytest.mark.parametrize("who", EVERYBODY)
def test_nobody_suspends_the_vaults_versioning_or_deletes_the_vault(trial: Trial, who: str) -> None:
    trial.sealed("governance")
    suspended = "409 InvalidBucketState" if who == "deployer" else DENIED
    trial.ask(
        "the versioning of a locked bucket is not suspended",
        who,
        "put_bucket_versioning",
        Bucket=VAULT,
        VersioningConfiguration={"Status": "Suspended"},
        expected=suspended,
    )
    kept = "409 BucketNotEmpty" if who == "deployer" else DENIED
    trial.ask(
        "a bucket with sealed versions is not deleted",
        who,
        "delete_bucket",
        Bucket=VAULT,
        expected=kept,
    )


def test_a_retention_in_the_past_is_refused(trial: Trial) -> None:
    address = trial.put("past")
    trial.ask(
        "a retention in the past is refused",
        "deployer",
        "put_object_retention",
        **address,
        **retention("governance", in_hours(-1)),
        expected="400 InvalidRequest",
    )


def test_the_stores_lifecycle_does_not_expire_a_locked_version(trial: Trial) -> None:
    key: Any = {"Bucket": VAULT, "Key": "expiring"}
    client = trial.clients["vault"]
    locked, free, *_ = (
        {**key, "VersionId": client.put_object(**key, Body=BODY)["VersionId"]} for _ in range(4)
    )
    trial.seal(locked, "compliance", in_hours(1))
    newest = {"NewerNoncurrentVersions": 1}
    rule = {"ID": "hungry", "Status": "Enabled", "Filter": {"Prefix": key["Key"]}}
    claim = "lifecycle expires what is free, and no locked version"
    trial.ask(
        claim,
        "deployer",
        "put_bucket_lifecycle_configuration",
        Bucket=VAULT,
        LifecycleConfiguration={"Rules": [{**rule, "NoncurrentVersionExpiration": newest}]},
        expected="200",
    )
    trial.run_lifecycle()
    trial.ask(claim, "deployer", "get_object", **free, expected="404 NoSuchVersion")
    trial.ask(claim, "deployer", "get_object", **locked, expected="200")
    assert trial.is_untouched(locked)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong_seals_and_deletes_nothing(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """The bypass that is not the store's: whoever signs with a later time gets nowhere."""
    address = trial.sealed("governance")
    fresh = trial.put("skewed")

    def wrong(*args: Any, **options: Any) -> Any:
        return get_current_datetime(*args, **options) + timedelta(hours=hours)

    monkeypatch.setattr(botocore.auth, "get_current_datetime", wrong)
    for operation, where in (("delete_object", address), ("put_object_retention", fresh)):
        asked = retention("governance", in_hours(1)) if "retention" in operation else {}
        trial.ask(
            "a request that is signed at another time is refused",
            "deployer",
            operation,
            **where,
            **asked,
            expected="403 RequestTimeTooSkewed",
        )


def test_milvus_reaches_nothing_of_the_vault_and_locks_nothing_of_its_own(trial: Trial) -> None:
    address = trial.sealed("governance")
    claim = "Milvus's identity reaches nothing of the vault"
    trial.ask(claim, "milvus", "get_object", **address, expected=DENIED)
    trial.ask(claim, "milvus", "list_object_versions", Bucket=VAULT, expected=DENIED)
    trial.ask(claim, "milvus", "put_object", **unversioned(address), Body=b"", expected=DENIED)
    own: Any = {"Bucket": LIVE, "Key": "segment"}
    written = trial.ask(claim, "milvus", "put_object", **own, Body=b"", expected="200")
    asked = retention("compliance", in_hours(1))
    for operation, what in (
        ("put_object_retention", asked),
        ("put_object_legal_hold", {"LegalHold": {"Status": "ON"}}),
        ("delete_object", {}),
        ("delete_object", {"BypassGovernanceRetention": True}),
    ):
        trial.ask(
            "Milvus's identity locks nothing and removes no version",
            "milvus",
            operation,
            **own,
            VersionId=written["VersionId"],
            **what,
            expected=DENIED,
        )


def test_a_retention_in_a_bucket_without_object_lock_is_no_protection(trial: Trial) -> None:
    """This store answers 200, reads it back, and deletes the version. S3 refuses the first. The
    kit seals nothing there."""
    own: Any = {"Bucket": LIVE, "Key": "unlocked"}
    version = trial.clients["deployer"].put_object(**own, Body=BODY)["VersionId"]
    address = {**own, "VersionId": version}
    with pytest.raises(SealRefused, match="has no Object Lock"):
        trial.seal(address, "compliance", in_hours(1), "deployer")
    claim = "a retention needs a bucket with Object Lock"
    trial.ask(
        claim,
        "deployer",
        "put_object_retention",
        **address,
        **retention("compliance", in_hours(1)),
        expected="200",
        demanded="400 InvalidRequest",
    )
    trial.ask(claim, "deployer", "delete_object", **address, expected="204", demanded=DENIED)


def test_the_kits_own_destroy_stops_at_a_sealed_version_and_says_when_it_ends(
    trial: Trial,
) -> None:
    address = trial.sealed("governance", until := in_hours(48))
    for _ in range(2):
        with pytest.raises(StoreError) as refused:
            bucket.delete(trial.clients["deployer"], VAULT, force_destroy=True)
        assert f"until {until:%Y-%m-%dT%H:%M:%S}" in str(refused.value)
    trial.evidence.write(
        {
            "claim": "the kit's destroy keeps a vault with sealed versions",
            "said": str(refused.value),
        }
    )
    assert trial.is_untouched(address)
