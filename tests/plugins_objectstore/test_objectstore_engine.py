"""The provider under the real Pulumi engine, against a real store."""

from pathlib import Path

import pytest

from tests.plugins_objectstore.engine import Project
from tests.stores import seaweedfs

pytestmark = pytest.mark.tools

LIFECYCLE = [
    {
        "ID": "undelete",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
    }
]


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

    client.put_object(Bucket="engine-live", Key="precious", Body=b"data")
    project.want(live=live | {"object_lock": True}, vault=vault)
    for command in ("up", "destroy"):
        said = fail(project, command, "--yes")
        assert "Bucket 'engine-live' holds 1 object versions" in said
        assert "Unexpected" not in said
    assert client.get_object(Bucket="engine-live", Key="precious")["Body"].read() == b"data"

    project.want(live=live | {"force_destroy": True}, vault=vault)
    succeed(project, "up", "--yes")
    succeed(project, "destroy", "--yes")
    left = {one["Name"] for one in client.list_buckets()["Buckets"]}
    assert not left & {"engine-live", "engine-vault"}


def test_an_existing_bucket_is_refused_and_can_be_imported(
    project: Project, store: seaweedfs.Store
) -> None:
    client = store.client()
    client.create_bucket(Bucket="engine-old")
    project.want(old={"bucket": "engine-old"})
    assert "exists already" in fail(project, "up", "--yes")
    provider = "store=urn:pulumi:trial::trial::pulumi:providers:objectstore::store"
    flags = ("--yes", "--generate-code=false", "--protect=false", "--provider", provider)
    succeed(project, "import", "objectstore:index:Bucket", "old", "engine-old", *flags)
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
