"""Each fault of a store or its access ends in a sentence that names the cause."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.auth
import pytest
from botocore.compat import get_current_datetime

from plugins.objectstore import bucket
from plugins.objectstore.errors import StoreError
from plugins.objectstore.s3_client import StoreConfig, connect
from tests.stores import seaweedfs
from tests.throwaway_ca import write_server_certificate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.tools
Settings = Callable[..., dict[str, Any]]
OWNER = "urn"


def config_of(store: seaweedfs.Store, **changes: Any) -> StoreConfig:
    given = {
        "endpoint": store.endpoint,
        "region": store.region,
        "ca_file": str(store.ca_file),
    }
    return StoreConfig(**(given | changes))


def refusal(client: "S3Client", settings: dict[str, Any]) -> str:
    with pytest.raises(StoreError) as caught:
        bucket.create(client, settings, OWNER)
    return str(caught.value)


def test_an_unreachable_store(
    client: "S3Client", store: seaweedfs.Store, settings: Settings
) -> None:
    lost = connect(config_of(store, endpoint="https://127.0.0.1:1"))
    assert "https://127.0.0.1:1: the store cannot be reached" in refusal(lost, settings())


def test_a_store_whose_ca_is_another_one(
    client: "S3Client", store: seaweedfs.Store, settings: Settings, tmp_path: Path
) -> None:
    other = write_server_certificate(tmp_path, "127.0.0.1")
    wary = connect(config_of(store, ca_file=str(other)))
    assert "certificate is not trusted. Set `ca_file`" in refusal(wary, settings())


def test_a_ca_file_that_does_not_exist(store: seaweedfs.Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no\.crt does not exist"):
        connect(config_of(store, ca_file=str(tmp_path / "no.crt")))


def test_missing_credentials(
    store: seaweedfs.Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = refusal(connect(config_of(store)), settings())
    assert "there are no complete S3 credentials. The provider takes them from" in said


@pytest.mark.parametrize(
    ("variable", "cause"),
    [
        ("AWS_ACCESS_KEY_ID", "does not know this access key"),
        ("AWS_SECRET_ACCESS_KEY", "the secret key is wrong"),
    ],
)
def test_wrong_credentials_are_named_but_never_printed(
    variable: str,
    cause: str,
    store: seaweedfs.Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (store.environment() | {variable: "CANARYCANARYCANARY00"}).items():
        monkeypatch.setenv(name, value)
    said = refusal(connect(config_of(store)), settings())
    assert cause in said
    assert "CANARY" not in said
    assert store.admin.secret_key not in said


def test_a_bucket_of_somebody_else_is_refused_and_no_other_name_is_tried(
    store: seaweedfs.Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = settings()
    store.client().create_bucket(Bucket=taken["bucket"])
    before = [one["Name"] for one in store.client().list_buckets()["Buckets"]]
    for name, value in store.environment(store.scoped).items():
        monkeypatch.setenv(name, value)
    said = refusal(connect(config_of(store)), taken)
    assert "the bucket belongs to someone else" in said
    assert [one["Name"] for one in store.client().list_buckets()["Buckets"]] == before
    assert bucket.read(store.client(), taken["bucket"], {}) is not None


def test_a_clock_that_is_wrong(
    client: "S3Client", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*args: Any, **options: Any) -> Any:
        return get_current_datetime(*args, **options) - timedelta(hours=2)

    monkeypatch.setattr(botocore.auth, "get_current_datetime", late)
    assert "differ by more than 15 minutes" in refusal(client, settings())


def test_a_policy_that_locks_the_deployer_out_says_what_is_left(
    client: "S3Client", settings: Settings
) -> None:
    desired = settings()
    arn = f"arn:aws:s3:::{desired['bucket']}"
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
    }
    desired["policy"] = {"Version": "2012-10-17", "Statement": [deny]}
    said = refusal(client, desired)
    assert "a bucket policy denies it" in said
    assert "The next `pulumi up` continues with the half-made bucket" in said


def test_a_store_that_forgets_a_setting_is_caught_by_reading_back(
    client: "S3Client", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "SETTLE_SECONDS", 0.5)
    # As SeaweedFS itself does with parts that it does not know: 200, and nothing of it is kept.
    client.meta.events.register("before-call.s3.PutBucketTagging", _forget_the_team)
    desired = settings(tags={"team": "storage", "stage": "local"})
    said = refusal(client, desired)
    assert "The store accepted the tags of bucket" in said
    assert "expected {'team': 'storage', 'stage': 'local'}, read back {'stage': 'local'}" in said
    assert bucket.read(client, desired["bucket"], {}) is None


def test_a_secret_setting_is_not_quoted_in_a_mismatch(
    client: "S3Client", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "SETTLE_SECONDS", 0.5)
    client.meta.events.register("before-call.s3.PutBucketTagging", _forget_the_team)
    with pytest.raises(StoreError, match="a secret value") as caught:
        bucket.create(client, settings(tags={"team": "canary"}), OWNER, frozenset({"tags"}))
    assert "canary" not in str(caught.value)


def test_a_store_that_ignores_object_lock_is_caught_at_creation(
    client: "S3Client", settings: Settings
) -> None:
    def ignore(params: dict[str, Any], **_: Any) -> None:
        params["headers"].pop("x-amz-bucket-object-lock-enabled", None)

    client.meta.events.register("before-call.s3.CreateBucket", ignore)
    desired = settings(object_lock=True)
    assert "does not support Object Lock at creation or ignored it" in refusal(client, desired)
    assert bucket.read(client, desired["bucket"], {}) is None


def test_a_store_without_a_key_is_caught_by_storing_an_object(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with seaweedfs.store(tmp_path / "s3", encryption_key=False) as keyless:
        for name, value in keyless.environment().items():
            monkeypatch.setenv(name, value)
        desired = settings()
        client = connect(config_of(keyless))
        assert "most often it has no encryption key configured" in refusal(client, desired)
        assert bucket.read(client, desired["bucket"], {}) is None


def _forget_the_team(params: dict[str, Any], **_: Any) -> None:
    body = params["body"].decode()
    params["body"] = re.sub(r"<Tag><Key>team</Key>.*?</Tag>", "", body).encode()
    params["headers"].pop("Content-MD5", None)
    for name in [one for one in params["headers"] if one.lower().startswith("x-amz-checksum")]:
        del params["headers"][name]
