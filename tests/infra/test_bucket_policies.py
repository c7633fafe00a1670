"""Bucket policies and lifecycle, against a real store: what each identity can and cannot do."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.stores import seaweedfs
from tests.stores.seaweedfs import Identity, Store
from vectorkit.decisions import access, lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIVE, VAULT = "policy-live", "policy-vault"
SCOPED = ("Read", "Write", "List", "Tagging")
MILVUS = Identity("milvus", tuple(f"{verb}:{LIVE}" for verb in SCOPED))
# More than the local store grants it, so that it is the policy that refuses.
INTRUDER = Identity("intruder", tuple(f"{verb}:{VAULT}" for verb in SCOPED))
WRITER = Identity("vault", tuple(f"{verb}:{VAULT}" for verb in SCOPED))
# Every right that the store can give, so that nothing but the policy refuses.
OPERATOR = Identity("operator", ("Admin",))
DEPLOYERS = ["admin*"]

pytestmark = pytest.mark.tools


@dataclass(frozen=True)
class Buckets:
    store: Store

    def client(self, identity: Identity | None = None) -> "S3Client":
        return self.store.client(identity)


@pytest.fixture(scope="module")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    folder = tmp_path_factory.mktemp("store")
    with seaweedfs.store(folder, identities=(MILVUS, INTRUDER, WRITER, OPERATOR)) as store:
        admin: Any = store.client()
        for bucket, policy, locked in (
            (LIVE, access.live_policy(LIVE, deployers=DEPLOYERS), False),
            (VAULT, access.vault_policy(VAULT, deployers=DEPLOYERS, writers=["vault*"]), True),
        ):
            admin.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
            admin.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
            admin.put_object(Bucket=bucket, Key="root/kept", Body=b"kept")
            admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        yield Buckets(store)


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)
    return False


def version(buckets: Buckets, bucket: str) -> str:
    listed = buckets.client().list_object_versions(Bucket=bucket, Prefix="root/kept")
    return listed["Versions"][0]["VersionId"]


def test_milvus_puts_gets_lists_and_deletes_in_its_bucket(buckets: Buckets) -> None:
    milvus = buckets.client(MILVUS)
    milvus.put_object(Bucket=LIVE, Key="root/segment", Body=b"data")
    assert milvus.get_object(Bucket=LIVE, Key="root/segment")["Body"].read() == b"data"
    assert milvus.list_objects_v2(Bucket=LIVE, Prefix="root/segment")["KeyCount"] == 1
    milvus.delete_object(Bucket=LIVE, Key="root/segment")
    assert milvus.list_objects_v2(Bucket=LIVE, Prefix="root/segment")["KeyCount"] == 0


def test_what_milvus_deletes_can_be_brought_back(buckets: Buckets) -> None:
    milvus = buckets.client(MILVUS)
    milvus.put_object(Bucket=LIVE, Key="root/lost", Body=b"data")
    milvus.delete_object(Bucket=LIVE, Key="root/lost")
    admin = buckets.client()
    kept = admin.list_object_versions(Bucket=LIVE, Prefix="root/lost")["Versions"]
    body = admin.get_object(Bucket=LIVE, Key="root/lost", VersionId=kept[0]["VersionId"])["Body"]
    assert body.read() == b"data"


def test_milvus_removes_no_version(buckets: Buckets) -> None:
    milvus, kept = buckets.client(MILVUS), version(buckets, LIVE)
    assert refused(milvus.delete_object, Bucket=LIVE, Key="root/kept", VersionId=kept)
    with suppress(ClientError):
        milvus.delete_objects(
            Bucket=LIVE, Delete={"Objects": [{"Key": "root/kept", "VersionId": kept}]}
        )
    assert version(buckets, LIVE) == kept


RULES = {"Rules": lifecycle.live_rules(1)}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    ("put_bucket_policy", {"Policy": json.dumps(access.live_policy(LIVE, deployers=["*"]))}),
    ("delete_bucket_policy", {}),
    ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": RULES}),
    ("delete_bucket_lifecycle", {}),
    ("put_bucket_encryption", {"ServerSideEncryptionConfiguration": ENCRYPTION}),
    ("delete_bucket_encryption", {}),
    ("put_bucket_acl", {"ACL": "public-read"}),
    (
        "put_object_lock_configuration",
        {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ),
    ("delete_bucket", {}),
]


@pytest.mark.parametrize(("change", "arguments"), CHANGES)
@pytest.mark.parametrize(
    ("bucket", "identity"), [(LIVE, MILVUS), (VAULT, WRITER), (LIVE, OPERATOR)]
)
def test_only_the_deployer_changes_a_bucket(
    buckets: Buckets, bucket: str, identity: Identity, change: str, arguments: dict[str, Any]
) -> None:
    call = getattr(buckets.client(identity), change)
    assert refused(call, Bucket=bucket, **arguments)


@pytest.mark.parametrize("identity", [MILVUS, INTRUDER], ids=lambda one: one.name)
def test_the_vault_is_closed_to_all_but_its_writer(buckets: Buckets, identity: Identity) -> None:
    other = buckets.client(identity)
    assert refused(other.put_object, Bucket=VAULT, Key="root/new", Body=b"x")
    assert refused(other.get_object, Bucket=VAULT, Key="root/kept")
    assert refused(other.list_objects_v2, Bucket=VAULT)
    assert refused(other.delete_object, Bucket=VAULT, Key="root/kept")


def test_the_vaults_writer_writes_but_removes_no_version(buckets: Buckets) -> None:
    writer = buckets.client(WRITER)
    writer.put_object(Bucket=VAULT, Key="sealed/one", Body=b"sealed")
    assert writer.get_object(Bucket=VAULT, Key="sealed/one")["Body"].read() == b"sealed"
    kept = version(buckets, VAULT)
    assert refused(writer.delete_object, Bucket=VAULT, Key="root/kept", VersionId=kept)


def test_the_deployer_still_changes_and_cleans_a_bucket(buckets: Buckets) -> None:
    admin: Any = buckets.client()
    admin.put_bucket_lifecycle_configuration(Bucket=LIVE, LifecycleConfiguration=RULES)
    written = admin.put_object(Bucket=LIVE, Key="root/old", Body=b"old")
    admin.delete_object(Bucket=LIVE, Key="root/old", VersionId=written["VersionId"])
    assert not admin.list_object_versions(Bucket=LIVE, Prefix="root/old").get("Versions")


@pytest.mark.parametrize("rules", [lifecycle.live_rules(3), lifecycle.vault_rules()])
def test_lifecycle_rules_are_read_back_as_written(
    buckets: Buckets, rules: list[dict[str, Any]]
) -> None:
    admin: Any = buckets.client()
    admin.put_bucket_lifecycle_configuration(Bucket=LIVE, LifecycleConfiguration={"Rules": rules})
    stored = admin.get_bucket_lifecycle_configuration(Bucket=LIVE)["Rules"]
    assert meaning(stored) == meaning(rules)


def meaning(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    actions = ("NoncurrentVersionExpiration", "Expiration", "AbortIncompleteMultipartUpload")
    return {rule["ID"]: {key: rule[key] for key in actions if key in rule} for rule in rules}
