"""Sealing one version, with the vault's own credentials on a real store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.vault.conftest import Vault
from vault.object_version import SealRefused
from vault.sealing import seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.tools


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


def refusal(
    vault: Vault, key: str, version: str, client: "S3Client | None" = None, **given: Any
) -> str:
    asked: dict[str, Any] = {"mode": "governance", "until": in_hours(1)} | given
    with pytest.raises(SealRefused) as caught:
        seal(client or vault.writer, vault.bucket, key, version, **asked)
    return str(caught.value)


def retention(vault: Vault, key: str, version: str) -> tuple[str, datetime] | None:
    try:
        found = vault.deployer.get_object_retention(
            Bucket=vault.bucket, Key=key, VersionId=version
        )["Retention"]
    except ClientError:
        return None
    return found["Mode"], found["RetainUntilDate"]


@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_a_sealed_version_has_its_date_and_cannot_be_deleted(vault: Vault, mode: str) -> None:
    version, until = vault.put(mode), in_hours(1)
    sealed = seal(vault.writer, vault.bucket, mode, version, mode=mode, until=until)
    assert (sealed.mode, sealed.until, sealed.size) == (mode, until, 4)
    assert retention(vault, mode, version) == (mode.upper(), until)
    for client in (vault.writer, vault.deployer):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.delete_object(Bucket=vault.bucket, Key=mode, VersionId=version)


def test_the_version_is_sealed_and_not_whatever_is_current(vault: Vault) -> None:
    older = vault.put("twice")
    newer = vault.put("twice")
    seal(vault.writer, vault.bucket, "twice", older, mode="governance", until=in_hours(1))
    assert retention(vault, "twice", older)
    assert retention(vault, "twice", newer) is None


def test_sealing_again_proves_the_seal_and_writes_nothing(vault: Vault) -> None:
    version, until = vault.put("again"), in_hours(1)
    first = seal(vault.writer, vault.bucket, "again", version, mode="governance", until=until)
    client, sent = vault.another_writer(), []
    client.meta.events.register(
        "before-call.s3.PutObjectRetention", lambda **_: sent.append("written")
    )
    again = seal(client, vault.bucket, "again", version, mode="governance", until=until)
    assert (again, sent) == (first, [])


def test_a_seal_is_extended_but_never_shortened_or_weakened(vault: Vault) -> None:
    version = vault.put("firm")
    firm: dict[str, Any] = {"mode": "compliance", "until": in_hours(2)}
    seal(vault.writer, vault.bucket, "firm", version, mode="compliance", until=in_hours(1))
    seal(vault.writer, vault.bucket, "firm", version, **firm)
    for weaker in ({"until": in_hours(1)}, {"mode": "governance"}):
        assert "sealed firmer already" in refusal(vault, "firm", version, **(firm | weaker))
    assert retention(vault, "firm", version) == ("COMPLIANCE", firm["until"])


def test_a_fraction_of_a_second_makes_the_seal_longer_and_never_shorter(vault: Vault) -> None:
    version, until = vault.put("fraction"), in_hours(1) + timedelta(microseconds=1)
    sealed = seal(vault.writer, vault.bucket, "fraction", version, mode="governance", until=until)
    assert sealed.until == until + timedelta(seconds=1, microseconds=-1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mode": "none"}, "protects nothing"),
        ({"mode": "GOVERNANCE"}, "expected 'governance' or 'compliance'"),
        ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, "2020-01-01T00:00:00Z is past"),
        ({"until": datetime(2020, 1, 1)}, "has no time zone"),
        ({"until": datetime(2999, 1, 1, tzinfo=UTC)}, "more than 90 days away"),
        (
            {"until": datetime(2999, 1, 1, tzinfo=UTC), "longest": timedelta(days=2)},
            "more than 2 days away",
        ),
    ],
)
def test_what_could_not_protect_or_could_not_be_taken_back_is_refused(
    vault: Vault, given: dict[str, Any], says: str
) -> None:
    version = vault.put("refused")
    assert says in refusal(vault, "refused", version, **given)
    assert retention(vault, "refused", version) is None


def test_a_version_that_does_not_exist_or_is_a_delete_marker_is_refused(vault: Vault) -> None:
    marker = vault.writer.delete_object(Bucket=vault.bucket, Key="marked")["VersionId"]
    assert "there is no such version" in refusal(vault, "marked", marker)
    assert "there is no such version" in refusal(vault, "absent", marker)
    assert "has no version of its own" in refusal(vault, "absent", "null")


def test_a_bucket_without_object_lock_is_refused(vault: Vault) -> None:
    bucket = "unlocked"
    vault.deployer.create_bucket(Bucket=bucket)
    enabled: Any = {"Status": "Enabled"}
    vault.deployer.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled)
    version = vault.deployer.put_object(Bucket=bucket, Key="a", Body=b"")["VersionId"]
    with pytest.raises(SealRefused, match="has no Object Lock"):
        seal(vault.deployer, bucket, "a", version, mode="governance", until=in_hours(1))
    head = vault.deployer.head_object(Bucket=bucket, Key="a", VersionId=version)
    assert "ObjectLockMode" not in head


def test_credentials_without_the_right_to_seal_are_named_as_the_cause(vault: Vault) -> None:
    version = vault.put("foreign")
    said = refusal(vault, "foreign", version, vault.stranger())
    assert "with the right s3:PutObjectRetention" in said
    assert retention(vault, "foreign", version) is None


@pytest.mark.parametrize("answer", [None, ("GOVERNANCE", -1), ("COMPLIANCE", 0)])
def test_a_store_that_says_yes_and_records_something_else_is_caught(
    vault: Vault, answer: tuple[str, int] | None
) -> None:
    """The store's 200 to the write is real; what it reads back is changed on the way."""
    version, until = vault.put("liar"), in_hours(1)
    client = vault.another_writer()
    told: dict[str, Any] = {}
    if answer:
        date = until + timedelta(seconds=answer[1])
        told = {"Mode": answer[0], "RetainUntilDate": date}
    written: list[str] = []
    client.meta.events.register(
        "before-call.s3.PutObjectRetention", lambda **_: written.append("yes")
    )

    def lie(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Retention"] = told if written else {}

    client.meta.events.register("after-call.s3.GetObjectRetention", lie)
    said = refusal(vault, "liar", version, client, until=until)
    assert "is NOT proven to be sealed" in said


@pytest.mark.parametrize("seconds", [-120, 120])
def test_a_store_whose_clock_is_another_one_is_refused(vault: Vault, seconds: int) -> None:
    version = vault.put("clock")
    client = vault.another_writer()
    client.meta.events.register("after-call.s3.HeadObject", _clock_off_by(seconds))
    assert "Correct the clock" in refusal(vault, "clock", version, client)
    assert retention(vault, "clock", version) is None


def test_a_small_difference_of_clocks_is_no_reason_to_refuse(vault: Vault) -> None:
    version = vault.put("close")
    client = vault.another_writer()
    client.meta.events.register("after-call.s3.HeadObject", _clock_off_by(-30))
    seal(client, vault.bucket, "close", version, mode="governance", until=in_hours(1))
    assert retention(vault, "close", version)


def _clock_off_by(seconds: int) -> Callable[..., None]:
    def shift(parsed: dict[str, Any], **_: Any) -> None:
        theirs = datetime.now(UTC) + timedelta(seconds=seconds)
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(theirs, usegmt=True)

    return shift
