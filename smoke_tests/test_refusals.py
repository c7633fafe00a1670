"""What must be refused is refused, and has changed nothing."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from smoke_tests import bucket_settings, objects
from smoke_tests.credentials import Masked
from smoke_tests.environment import Environment
from smoke_tests.errors import LoginRefusedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORBIDDEN = 403
ACCEPTED = 200
SETTINGS = ("versioning", "policy", "lifecycle", "encryption")


def answer(call: Callable[[], object]) -> int:
    """The HTTP status of a call to the store."""
    try:
        call()
    except ClientError as error:
        return objects.status(error)
    return ACCEPTED


@contextlib.contextmanager
def intruder(deployer: "S3Client", environment: Environment, bucket: str) -> Iterator[str]:
    """The key of an object that must not come to be; gone afterwards if it does."""
    name = f"{environment.outputs.root_path}/smoke_tests/intruder"
    try:
        yield name
    finally:
        made = deployer.list_object_versions(Bucket=bucket, Prefix=name)
        for one in [*made.get("Versions", []), *made.get("DeleteMarkers", [])]:
            deployer.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


@pytest.fixture
def key(milvus_store: "S3Client", environment: Environment) -> Iterator[str]:
    """An object that Milvus's identity has written, hidden again afterwards."""
    name = f"{environment.outputs.root_path}/smoke_tests/{secrets.token_hex(6)}"
    milvus_store.put_object(Bucket=environment.outputs.live_bucket, Key=name, Body=b"precious")
    yield name
    milvus_store.delete_object(Bucket=environment.outputs.live_bucket, Key=name)
    assert list(objects.keys(milvus_store, environment.outputs.live_bucket, name)) == []


@pytest.mark.parametrize(
    "password",
    [Masked("not the password"), Masked("Milvus"), Masked("")],
    ids=["wrong", "shipped", "empty"],
)
def test_milvus_refuses_any_password_but_its_own(
    environment: Environment, password: Masked
) -> None:
    with pytest.raises(LoginRefusedError):
        environment.connect_as(password)


def test_milvus_accepts_its_own_password(environment: Environment) -> None:
    assert environment.connect().list_collections() is not None


@pytest.mark.parametrize("which", ["live_bucket", "vault_bucket"])
def test_nobody_lists_reads_or_writes_without_a_signature(
    nobody: "S3Client", deployer: "S3Client", environment: Environment, key: str, which: str
) -> None:
    bucket = getattr(environment.outputs, which)
    assert answer(lambda: nobody.list_objects_v2(Bucket=bucket)) == FORBIDDEN
    assert answer(lambda: nobody.get_object(Bucket=bucket, Key=key)) == FORBIDDEN
    with intruder(deployer, environment, bucket) as name:
        put = answer(lambda: nobody.put_object(Bucket=bucket, Key=name, Body=b""))
        assert put == FORBIDDEN
        assert name not in objects.keys(deployer, bucket, name)


def test_milvus_may_not_touch_the_vault(
    milvus_store: "S3Client", deployer: "S3Client", environment: Environment
) -> None:
    vault = environment.outputs.vault_bucket
    with intruder(deployer, environment, vault) as name:
        assert answer(lambda: milvus_store.list_objects_v2(Bucket=vault)) == FORBIDDEN
        assert answer(lambda: milvus_store.get_object(Bucket=vault, Key=name)) == FORBIDDEN
        put = answer(lambda: milvus_store.put_object(Bucket=vault, Key=name, Body=b""))
        assert put == FORBIDDEN
        assert answer(lambda: milvus_store.delete_object(Bucket=vault, Key=name)) == FORBIDDEN
        assert name not in objects.versions(deployer, vault)


def test_milvus_may_not_destroy_a_version(
    milvus_store: "S3Client", deployer: "S3Client", environment: Environment, key: str
) -> None:
    bucket = environment.outputs.live_bucket
    version = deployer.head_object(Bucket=bucket, Key=key)["VersionId"]
    attempt = answer(lambda: milvus_store.delete_object(Bucket=bucket, Key=key, VersionId=version))
    assert attempt == FORBIDDEN
    kept = deployer.get_object(Bucket=bucket, Key=key, VersionId=version)
    assert kept["Body"].read() == b"precious"


@pytest.mark.parametrize("name", SETTINGS)
def test_milvus_may_not_change_its_bucket(
    milvus_store: "S3Client", deployer: "S3Client", environment: Environment, name: str
) -> None:
    bucket = environment.outputs.live_bucket
    setting = next(s for s in bucket_settings.settings(bucket) if s.name == name)
    before = setting.read(deployer, bucket)
    try:
        proposed = setting.proposed(before)
        assert answer(lambda: setting.write(milvus_store, bucket, proposed)) == FORBIDDEN
        assert setting.read(deployer, bucket) == before
    finally:
        if setting.read(deployer, bucket) != before:
            setting.mend(deployer, bucket, before)


@pytest.mark.parametrize("name", SETTINGS[1:])
def test_milvus_may_not_remove_a_setting_of_its_bucket(
    milvus_store: "S3Client", deployer: "S3Client", environment: Environment, name: str
) -> None:
    bucket = environment.outputs.live_bucket
    setting = next(s for s in bucket_settings.settings(bucket) if s.name == name)
    before = setting.read(deployer, bucket)
    try:
        assert answer(lambda: setting.remove(milvus_store, bucket)) == FORBIDDEN
        assert setting.read(deployer, bucket) == before
    finally:
        if setting.read(deployer, bucket) != before:
            setting.mend(deployer, bucket, before)
