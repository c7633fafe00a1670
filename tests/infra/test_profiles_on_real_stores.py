"""The rows of the profile table that are not S3's own ways, each against the store it is about."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from plugins.objectstore import bucket
from plugins.objectstore.check import with_defaults
from tests.infra.stack_document import MILVUS_26, settings
from tests.stores import minio, versitygw
from tests.stores.store import Store
from vectorkit.decisions import access, naming, rights
from vectorkit.decisions.decide import decide

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.tools


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)
    except BotoCoreError:
        # versitygw answers a PUT that it refuses before it has read it.
        return True
    return False


@pytest.fixture(scope="module")
def on_minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with minio.store(tmp_path_factory.mktemp("profiles") / "minio") as store:
        versioned(store)
        yield store


@pytest.fixture(scope="module")
def on_versitygw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with versitygw.store(tmp_path_factory.mktemp("profiles") / "versitygw") as store:
        versioned(store)
        yield store


def bucket_of(store: Store) -> str:
    """The bucket of the scoped identity; versitygw gives none."""
    return store.scoped_bucket or "profiles"


def versioned(store: Store) -> None:
    admin, name = store.client(), bucket_of(store)
    admin.create_bucket(Bucket=name)
    admin.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def kept(store: Store) -> dict[str, Any]:
    """The address of a version that nobody but the admin should be able to remove."""
    written = store.client().put_object(Bucket=bucket_of(store), Key="kept", Body=b"kept")
    return {"Bucket": bucket_of(store), "Key": "kept", "VersionId": written["VersionId"]}


def scoped_client(store: Store) -> "S3Client":
    assert store.scoped
    return store.client(store.scoped)


@contextmanager
def user_policy(store: Store, policy: access.Policy, file: Path) -> Iterator[None]:
    """Give the scoped user this policy of MinIO's user administration for a while."""
    assert store.scoped
    api = MinioAdmin(
        endpoint=store.endpoint.removeprefix("https://"),
        credentials=StaticProvider(store.admin.access_key, store.admin.secret_key),
        region=store.region,
        http_client=urllib3.PoolManager(ca_certs=str(store.ca_file)),
    )
    file.write_text(json.dumps(policy))
    api.policy_add("kit", str(file))
    api.policy_set("kit", user=store.scoped.access_key)
    try:
        yield
    finally:
        api.policy_set("scoped", user=store.scoped.access_key)


def uses_its_objects(store: Store) -> bool:
    client, name = scoped_client(store), bucket_of(store)
    client.put_object(Bucket=name, Key="own", Body=b"data")
    read = client.get_object(Bucket=name, Key="own")["Body"].read()
    client.delete_object(Bucket=name, Key="own")
    return read == b"data" and not client.list_objects_v2(Bucket=name, Prefix="own")["KeyCount"]


def changes_the_bucket(store: Store) -> list[str]:
    """Which settings of its bucket the scoped user can change."""
    suspended: Any = {"VersioningConfiguration": {"Status": "Suspended"}}
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("put_bucket_versioning", suspended),
        ("delete_bucket_policy", {}),
        ("delete_bucket", {}),
    ]
    client = scoped_client(store)
    return [
        call
        for call, arguments in attempts
        if not refused(getattr(client, call), Bucket=bucket_of(store), **arguments)
    ]


def test_a_bucket_policy_of_minio_binds_no_user(on_minio: Store) -> None:
    name, admin = bucket_of(on_minio), on_minio.client()
    closed = access.vault_policy(name, deployers=["admin*"], writers=["vault*"])
    admin.put_bucket_policy(Bucket=name, Policy=json.dumps(closed))
    try:
        assert not refused(scoped_client(on_minio).delete_object, **kept(on_minio))
        assert uses_its_objects(on_minio)
    finally:
        admin.delete_bucket_policy(Bucket=name)


def test_the_rights_of_the_kit_keep_a_user_of_minio_from_removing_versions(
    on_minio: Store, tmp_path: Path
) -> None:
    with user_policy(on_minio, rights.milvus(bucket_of(on_minio)), tmp_path / "policy.json"):
        assert uses_its_objects(on_minio)
        version = kept(on_minio)
        assert refused(scoped_client(on_minio).delete_object, **version)
        assert changes_the_bucket(on_minio) == []
        assert on_minio.client().get_object(**version)["Body"].read() == b"kept"


def test_the_same_rights_without_their_denials_do_not(on_minio: Store, tmp_path: Path) -> None:
    policy = rights.milvus(bucket_of(on_minio))
    allowed = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    with user_policy(on_minio, policy | {"Statement": allowed}, tmp_path / "policy.json"):
        assert not refused(scoped_client(on_minio).delete_object, **kept(on_minio))


def test_both_buckets_are_made_on_minio_as_the_kit_declares_them(on_minio: Store) -> None:
    changes = {
        "store.profile": "minio",
        "store.vault.kms_key_id": "tests",
        "store.lifecycle_left_out": ["abort-abandoned-uploads"],
        "milvus.wal": "woodpecker",
        **MILVUS_26,
        "store.live.undelete_days": 7,
    }
    stack, client = settings(changes), on_minio.client()
    decisions = decide(stack, ca_bundle="")
    made = {}
    for purpose, declared, rules in (
        ("live", stack.store.live, decisions.live_lifecycle),
        ("vault", stack.store.vault, decisions.vault_lifecycle),
    ):
        desired = with_defaults(
            {
                "bucket": declared.bucket,
                "object_lock": purpose == "vault",
                "lifecycle": rules,
                "tags": naming.tags(stack.environment, purpose),
                "keeps": declared.keeps,
            }
        )
        if declared.kms_key_id:
            desired["encryption"] = {"algorithm": "aws:kms", "kms_key_id": declared.kms_key_id}
        made[purpose] = bucket.create(client, desired, "the tests of profiles")
        bucket.delete(client, declared.bucket, force_destroy=False)
    assert made["live"]["lifecycle"] == decisions.live_lifecycle
    assert made["vault"]["encryption"]["kms_key_id"] == "tests"
    assert made["vault"]["object_lock"]


def test_a_condition_in_a_policy_of_versitygw_excepts_nobody_by_name(on_versitygw: Store) -> None:
    assert on_versitygw.scoped
    name, admin = bucket_of(on_versitygw), on_versitygw.client()
    user = on_versitygw.scoped.principal
    everything = {
        "Effect": "Allow",
        "Principal": {"AWS": [user]},
        "Action": ["s3:*"],
        "Resource": [f"arn:aws:s3:::{name}/*"],
    }
    open_policy = {"Version": "2012-10-17", "Statement": [everything]}
    excepting = access.live_policy(name, deployers=[user])
    excepting["Statement"].append(everything)
    for policy, is_refused in ((open_policy, False), (excepting, True)):
        admin.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        version = kept(on_versitygw)
        assert refused(scoped_client(on_versitygw).delete_object, **version) is is_refused
    admin.delete_bucket_policy(Bucket=name)


def test_what_the_kit_grants_on_versitygw_is_enough_for_milvus_and_no_more(
    on_versitygw: Store,
) -> None:
    assert on_versitygw.scoped
    name, admin = bucket_of(on_versitygw), on_versitygw.client()
    assert refused(scoped_client(on_versitygw).list_objects_v2, Bucket=name)
    policy = rights.granted(name, (rights.milvus(name), [on_versitygw.scoped.principal]))
    admin.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    assert uses_its_objects(on_versitygw)
    version = kept(on_versitygw)
    assert refused(scoped_client(on_versitygw).delete_object, **version)
    assert changes_the_bucket(on_versitygw) == []
    assert admin.get_object(**version)["Body"].read() == b"kept"


def test_what_the_kit_grants_on_versitygw_lets_the_vaults_writer_read_the_live_bucket_alone(
    on_versitygw: Store,
) -> None:
    assert on_versitygw.scoped
    name, admin = bucket_of(on_versitygw), on_versitygw.client()
    policy = rights.granted(name, (rights.live_reader(name), [on_versitygw.scoped.principal]))
    admin.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    reads_every_version_and_writes_nothing(on_versitygw)


def test_the_vaults_writer_reads_the_live_bucket_of_minio_alone(
    on_minio: Store, tmp_path: Path
) -> None:
    with user_policy(on_minio, rights.live_reader(bucket_of(on_minio)), tmp_path / "policy.json"):
        reads_every_version_and_writes_nothing(on_minio)


def reads_every_version_and_writes_nothing(store: Store) -> None:
    client, version, name = scoped_client(store), kept(store), bucket_of(store)
    store.client().delete_object(Bucket=name, Key="kept")
    listed = client.list_object_versions(Bucket=name)["Versions"]
    assert version["VersionId"] in {one["VersionId"] for one in listed}
    assert client.get_object(**version)["Body"].read() == b"kept"
    assert refused(client.put_object, Bucket=name, Key="forged", Body=b"forged")
    assert refused(client.delete_object, Bucket=name, Key="kept")
    assert refused(client.delete_object, **version)
    assert changes_the_bucket(store) == []
