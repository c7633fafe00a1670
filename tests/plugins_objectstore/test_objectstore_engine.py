"""The provider under the real Pulumi engine, against a real store."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugins_objectstore.engine import Project
from tests.stores import seaweedfs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.tools

LIFECYCLE = [
    {
        "ID": "undelete",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
    }
]
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::engine-drift", "arn:aws:s3:::engine-drift/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.fixture(scope="module")
def project(store: seaweedfs.Store, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.create(tmp_path_factory.mktemp("engine"), store)


def succeed(project: Project, *command: str) -> str:
    answer = project.run(*command)
    assert answer.code == 0, answer.text
    assert project.store.admin.secret_key not in answer.text
    return answer.text


def fail(project: Project, *command: str) -> str:
    answer = project.run(*command)
    assert answer.code != 0, answer.text
    assert project.store.admin.secret_key not in answer.text
    return " ".join(answer.text.split())


def test_the_life_of_two_buckets(project: Project, store: seaweedfs.Store) -> None:
    client = store.client()
    live = {"bucket": "engine-live", "lifecycle": LIFECYCLE}
    vault = {"bucket": "engine-vault", "object_lock": True, "tags": {"of": "{live}"}}
    project.want(live=live, vault=vault)

    assert succeed(project, "preview").count("objectstore:index:Bucket") == 2
    succeed(project, "up", "--yes")
    succeed(project, "preview", "--expect-no-changes")
    succeed(project, "refresh", "--yes", "--expect-no-changes")
    assert store.admin.access_key not in succeed(project, "stack", "export", "--show-secrets")

    client.delete_bucket_lifecycle(Bucket="engine-live")
    client.delete_bucket(Bucket="engine-vault")
    assert "lifecycle" in succeed(project, "refresh", "--yes", "--diff")
    succeed(project, "up", "--yes")
    assert client.get_bucket_lifecycle_configuration(Bucket="engine-live")["Rules"]
    assert client.get_object_lock_configuration(Bucket="engine-vault")
    succeed(project, "preview", "--expect-no-changes")

    project.want(live=live | {"force_destroy": True}, vault=vault)
    succeed(project, "up", "--yes")
    client.put_object(Bucket="engine-live", Key="scratch", Body=b"data")
    succeed(project, "destroy", "--yes")
    left = {one["Name"] for one in client.list_buckets()["Buckets"]}
    assert not left & {"engine-live", "engine-vault"}


def test_a_preview_stops_a_plan_that_loses_data_and_lists_what_would_be_lost(
    project: Project, store: seaweedfs.Store
) -> None:
    client = store.client()
    keeps = {"mode": "governance", "days": 30}
    kept = {"bucket": "engine-kept", "keeps": keeps, "force_destroy": True}
    project.want(kept=kept)
    succeed(project, "up", "--yes")
    client.put_object(Bucket="engine-kept", Key="precious", Body=b"data")
    changes: list[tuple[dict[str, Any], str]] = [
        ({"bucket": "engine-other"}, "would be replaced"),
        ({"object_lock": True}, "would be replaced"),
        ({"versioning": False}, "versioning would be switched off"),
        ({"keeps": keeps | {"days": 7}}, "would be weakened"),
    ]
    for change, says in changes:
        project.want(kept=kept | change)
        said = fail(project, "preview")
        assert says in said
        assert "Bucket 'engine-kept' holds 1 object versions" in said
        assert "Unexpected" not in said
    assert "This plan is stopped" in fail(project, "up", "--yes")
    assert client.get_object(Bucket="engine-kept", Key="precious")["Body"].read() == b"data"
    project.want(kept=kept | {"keeps": keeps | {"days": 7}, "allow_weaker_than": keeps})
    succeed(project, "up", "--yes")
    succeed(project, "destroy", "--yes")


def test_a_replacement_that_the_stack_agreed_to_by_name_is_made(
    project: Project, store: seaweedfs.Store
) -> None:
    client = store.client()
    project.want(moved={"bucket": "engine-before"})
    succeed(project, "up", "--yes")
    project.want(moved={"bucket": "engine-after", "allow_destroy_bucket": "engine-before"})
    client.put_object(Bucket="engine-before", Key="precious", Body=b"data")
    # Even then a bucket that is not throw-away is deleted only when it is empty.
    assert "Bucket 'engine-before' holds 1 object versions" in fail(project, "up", "--yes")
    found = version(client, "engine-before")
    client.delete_object(Bucket="engine-before", Key="precious", VersionId=found)
    succeed(project, "up", "--yes")
    left = {one["Name"] for one in client.list_buckets()["Buckets"]}
    assert left & {"engine-before", "engine-after"} == {"engine-after"}
    succeed(project, "destroy", "--yes")


def test_drift_shows_in_a_preview_and_is_repaired_by_up(
    project: Project, store: seaweedfs.Store
) -> None:
    client: Any = store.client()
    policy = {"Version": "2012-10-17", "Statement": [TLS_ONLY]}
    project.want(drifting={"bucket": "engine-drift", "lifecycle": LIFECYCLE, "policy": policy})
    succeed(project, "up", "--yes")
    bucket = {"Bucket": "engine-drift"}
    weaker = [LIFECYCLE[0] | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]

    client.delete_bucket_policy(**bucket)
    client.delete_bucket_encryption(**bucket)
    client.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    client.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": weaker})

    shown = succeed(project, "preview", "--refresh", "--diff")
    for setting in ("policy", "encryption", "versioning", "lifecycle"):
        assert setting in shown
    fail(project, "preview", "--refresh", "--expect-no-changes")
    assert client.get_bucket_versioning(**bucket)["Status"] == "Suspended"

    succeed(project, "up", "--yes", "--refresh")
    assert client.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert client.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert json.loads(client.get_bucket_policy(**bucket)["Policy"])["Statement"]
    (rule,) = client.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3}
    succeed(project, "preview", "--refresh", "--expect-no-changes")
    succeed(project, "destroy", "--yes")


def test_destroy_keeps_a_vault_with_locked_versions_and_removes_the_rest(
    project: Project, store: seaweedfs.Store
) -> None:
    client = store.client()
    throw_away = {"force_destroy": True}
    live = {"bucket": "engine-gone", **throw_away}
    project.want(live=live, vault={"bucket": "engine-sealed", "object_lock": True, **throw_away})
    succeed(project, "up", "--yes")
    client.put_object(Bucket="engine-gone", Key="scratch", Body=b"data")
    client.put_object(Bucket="engine-sealed", Key="free", Body=b"data")
    sealed = client.put_object(Bucket="engine-sealed", Key="sealed", Body=b"data")["VersionId"]
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    client.put_object_retention(
        Bucket="engine-sealed",
        Key="sealed",
        VersionId=sealed,
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until},
    )
    for _ in range(2):
        said = fail(project, "destroy", "--yes", "--continue-on-error")
        assert "Bucket 'engine-sealed' holds 1 locked object versions" in said
        assert f"until {until:%Y-%m-%dT%H:%M:%S}" in said
        left = {one["Name"] for one in client.list_buckets()["Buckets"]}
        assert left & {"engine-gone", "engine-sealed"} == {"engine-sealed"}
    body = client.get_object(Bucket="engine-sealed", Key="sealed", VersionId=sealed)["Body"]
    assert body.read() == b"data"
    client.delete_object(
        Bucket="engine-sealed", Key="sealed", VersionId=sealed, BypassGovernanceRetention=True
    )
    succeed(project, "destroy", "--yes")


def version(client: "S3Client", bucket: str) -> str:
    return client.list_object_versions(Bucket=bucket)["Versions"][0]["VersionId"]


def test_an_existing_bucket_is_refused_and_can_be_imported(
    project: Project, store: seaweedfs.Store
) -> None:
    client = store.client()
    client.create_bucket(Bucket="engine-old")
    project.want(old={"bucket": "engine-old"})
    said = fail(project, "up", "--yes")
    assert "exists already" in said
    assert "it differs from what is declared in versioning, encryption." in said
    provider = "store=urn:pulumi:trial::trial::pulumi:providers:objectstore::store"
    flags = ("--yes", "--generate-code=false", "--protect=false", "--provider", provider)
    succeed(project, "import", "objectstore:index:Bucket", "old", "engine-old", *flags)
    shown = succeed(project, "preview", "--diff")
    assert "versioning" in shown
    assert "encryption" in shown
    assert "Status" not in client.get_bucket_versioning(Bucket="engine-old")
    succeed(project, "up", "--yes")
    assert client.get_bucket_versioning(Bucket="engine-old")["Status"] == "Enabled"
    succeed(project, "destroy", "--yes")


def test_all_wrong_inputs_are_refused_before_anything_is_made(
    project: Project, store: seaweedfs.Store
) -> None:
    project.want(live={"bucket": "Live_Data", "versionning": True})
    said = fail(project, "preview")
    assert "not a valid bucket name" in said
    assert "did you mean 'versioning'?" in said


def test_the_state_on_disk_holds_no_credential(project: Project, store: seaweedfs.Store) -> None:
    files = [one for one in Path(project.folder).rglob("*") if one.is_file()]
    assert files
    for one in files:
        content = one.read_bytes()
        assert store.admin.secret_key.encode() not in content
        assert store.admin.access_key.encode() not in content
