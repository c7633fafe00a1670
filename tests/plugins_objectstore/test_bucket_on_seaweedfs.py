"""The reconciler against a real store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plugins.objectstore import bucket
from plugins.objectstore.errors import StoreError
from plugins.objectstore.settings import CREATING_TAG
from tests.stores import seaweedfs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.tools
Settings = Callable[..., dict[str, Any]]

OWNER = "urn:pulumi:local::vectorkit::objectstore:index:Bucket::live"
RULES: list[dict[str, Any]] = [
    {
        "ID": "undelete",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
    },
    {
        "ID": "uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
    },
]


def tls_only(name: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{name}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def full(settings: Settings) -> dict[str, Any]:
    desired = settings(object_lock=True, lifecycle=RULES, tags={"team": "storage"})
    return desired | {"policy": tls_only(desired["bucket"])}


def writes_of(client: "S3Client") -> list[str]:
    """Names of the writing operations that the client sends from now on."""
    sent: list[str] = []

    def record(model: Any, **_: Any) -> None:
        if not model.name.startswith(("Get", "Head", "List")):
            sent.append(model.name)

    client.meta.events.register("before-call.s3", record)
    return sent


def interrupt(client: "S3Client", operation: str) -> None:
    """End the process, as a kill would, when the client is about to call the operation."""

    def stop(**_: Any) -> None:
        raise SystemExit

    client.meta.events.register(f"before-call.s3.{operation}", stop)


def test_every_setting_is_in_the_store_and_read_back_in_the_words_of_the_program(
    client: "S3Client", store: seaweedfs.Store, settings: Settings
) -> None:
    desired = full(settings)
    name = desired["bucket"]
    assert bucket.create(client, desired, OWNER) == desired | {"arn": f"arn:aws:s3:::{name}"}
    other = store.client()
    assert other.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert other.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert len(other.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]) == len(RULES)
    assert other.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "storage"}]
    assert "SecureTransport" in other.get_bucket_policy(Bucket=name)["Policy"]
    lock = other.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert lock == {"ObjectLockEnabled": "Enabled"}
    assert "Versions" not in other.list_object_versions(Bucket=name)


def test_nothing_is_written_when_nothing_differs(client: "S3Client", settings: Settings) -> None:
    desired = full(settings)
    bucket.create(client, desired, OWNER)
    sent = writes_of(client)
    bucket.update(client, desired)
    assert sent == []


def test_an_update_writes_only_what_changed_and_removes_what_was_left_out(
    client: "S3Client", settings: Settings
) -> None:
    desired = full(settings)
    bucket.create(client, desired, OWNER)
    sent = writes_of(client)
    changed = desired | {"lifecycle": [], "policy": None, "tags": {"team": "search"}}
    live = bucket.update(client, changed)
    assert sent == ["DeleteBucketLifecycle", "DeleteBucketPolicy", "PutBucketTagging"]
    assert (live["lifecycle"], live["tags"], "policy" in live) == ([], {"team": "search"}, False)


def test_versioning_can_be_switched_off_and_on_without_a_lock(
    client: "S3Client", settings: Settings
) -> None:
    desired = settings(versioning=False)
    assert bucket.create(client, desired, OWNER)["versioning"] is False
    assert bucket.update(client, desired | {"versioning": True})["versioning"] is True
    assert bucket.update(client, desired)["versioning"] is False


def test_a_refresh_shows_drift_and_an_update_repairs_it(
    client: "S3Client", store: seaweedfs.Store, settings: Settings
) -> None:
    desired = full(settings)
    name = desired["bucket"]
    state = bucket.create(client, desired, OWNER)
    retention: Any = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    store.client().put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention},
    )
    store.client().delete_bucket_lifecycle(Bucket=name)
    drifted = bucket.read(client, name, state)
    assert drifted == state | {
        "lifecycle": [],
        "default_retention": {"Mode": "GOVERNANCE", "Days": 1},
    }
    assert bucket.update(client, desired) == state


def test_a_bucket_that_is_gone_reads_as_nothing_and_deletes_as_done(
    client: "S3Client", settings: Settings
) -> None:
    name = settings()["bucket"]
    assert bucket.read(client, name, {}) is None
    bucket.delete(client, name, force_destroy=False)
    with pytest.raises(StoreError, match="run `pulumi refresh`"):
        bucket.update(client, settings())


def test_a_bucket_that_exists_already_is_not_adopted(
    client: "S3Client", store: seaweedfs.Store, settings: Settings
) -> None:
    desired = settings(tags={"mine": "now"})
    store.client().create_bucket(Bucket=desired["bucket"])
    with pytest.raises(StoreError, match=r"exists already .*`pulumi import"):
        bucket.create(client, desired, OWNER)
    live = bucket.read(client, desired["bucket"], {})
    assert live is not None
    assert (live["tags"], live["versioning"]) == ({}, False)


@pytest.mark.parametrize("operation", ["PutBucketEncryption", "DeleteObject", "PutBucketPolicy"])
def test_a_creation_that_was_killed_is_completed_by_its_owner_only(
    operation: str,
    client: "S3Client",
    store: seaweedfs.Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desired = full(settings)
    interrupt(client, operation)
    with pytest.raises(SystemExit):
        bucket.create(client, desired, OWNER)
    fresh = store.client()
    with pytest.raises(StoreError, match="exists already"):
        bucket.create(fresh, desired, "urn of another resource")
    assert bucket.create(fresh, desired, OWNER)["tags"] == {"team": "storage"}
    assert "Versions" not in fresh.list_object_versions(Bucket=desired["bucket"])


def test_a_creation_that_fails_leaves_no_bucket(client: "S3Client", settings: Settings) -> None:
    desired = settings(policy={"Statement": [{"Effect": "Deny", "Action": "s3:Nonsense"}]})
    with pytest.raises(StoreError, match=r"policy .*half-made bucket was removed again"):
        bucket.create(client, desired, OWNER)
    assert bucket.read(client, desired["bucket"], {}) is None


def test_a_failed_creation_keeps_what_others_wrote_meanwhile(
    client: "S3Client", store: seaweedfs.Store, settings: Settings
) -> None:
    desired = settings(policy={"Statement": [{"Effect": "Deny", "Action": "s3:Nonsense"}]})
    name = desired["bucket"]

    def write_meanwhile(**_: Any) -> None:
        store.client().put_object(Bucket=name, Key="precious", Body=b"data")

    client.meta.events.register("before-call.s3.PutBucketPolicy", write_meanwhile)
    with pytest.raises(StoreError, match="was kept, because it holds 1 object versions"):
        bucket.create(client, desired, OWNER)
    assert CREATING_TAG in (bucket.read(client, name, {}) or {})["tags"]


@pytest.mark.parametrize("kind", ["object", "marker", "upload"])
def test_a_bucket_that_holds_anything_is_deleted_only_when_it_may_be_emptied(
    kind: str, client: "S3Client", settings: Settings
) -> None:
    desired = settings()
    name = desired["bucket"]
    bucket.create(client, desired, OWNER)
    if kind == "object":
        client.put_object(Bucket=name, Key="a", Body=b"1")
    elif kind == "marker":
        client.delete_object(Bucket=name, Key="a")
    else:
        client.create_multipart_upload(Bucket=name, Key="a")
    with pytest.raises(StoreError, match=r"is not deleted.*force_destroy"):
        bucket.delete(client, name, force_destroy=False)
    assert bucket.read(client, name, {}) is not None
    bucket.delete(client, name, force_destroy=True)
    assert bucket.read(client, name, {}) is None


def test_more_objects_than_fit_one_page_are_emptied(
    client: "S3Client", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.objectstore.contents.BATCH", 3)
    desired = settings()
    name = desired["bucket"]
    bucket.create(client, desired, OWNER)
    for number in range(5):
        for _ in range(2):
            client.put_object(Bucket=name, Key=f"folder/{number}", Body=b"1")
        client.delete_object(Bucket=name, Key=f"folder/{number}")
    bucket.delete(client, name, force_destroy=True)
    assert bucket.read(client, name, {}) is None


def test_locked_versions_keep_the_whole_bucket_and_say_until_when(
    client: "S3Client", settings: Settings
) -> None:
    desired = settings(object_lock=True)
    name = desired["bucket"]
    bucket.create(client, desired, OWNER)
    client.put_object(Bucket=name, Key="free", Body=b"1")
    until = datetime.now(UTC) + timedelta(hours=1)
    for mode in ("GOVERNANCE", "COMPLIANCE"):
        client.put_object(Bucket=name, Key=mode, Body=b"1")
        retention: Any = {"Mode": mode, "RetainUntilDate": until}
        client.put_object_retention(Bucket=name, Key=mode, Retention=retention)
    client.put_object(Bucket=name, Key="held", Body=b"1")
    client.put_object_legal_hold(Bucket=name, Key="held", LegalHold={"Status": "ON"})
    expected = rf"3 locked .* {until:%Y-%m-%dT%H:%M:%S}.*1 under legal hold.*Nothing of it"
    with pytest.raises(StoreError, match=expected):
        bucket.delete(client, name, force_destroy=True)
    assert len(client.list_object_versions(Bucket=name)["Versions"]) == 4
