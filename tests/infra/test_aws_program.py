"""An environment on AWS: the same program, other buckets, and an identity instead of a key."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pulumi import RunError

from tests.infra.chart_paths import unknown_paths
from tests.infra.conftest import Program
from tests.infra.stack_document import ABSENT, settings, tracked
from tests.infra.test_program import DATABASE, NAMESPACE, RELEASE, SECRET
from vectorkit.decisions import milvus_values

Run = Callable[..., Program]
STORE = "vectorkit:index:ObjectStore"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
ROLE = "arn:aws:iam::123456789012:role/local-object-store-milvus"
OF_THE_STORE = ("aws:", "objectstore:", "pulumi:providers:")
DATA = ("aws:s3/bucket:Bucket", "aws:kms/key:Key")


@pytest.fixture(scope="module")
def pair(run: Run) -> tuple[Program, Program]:
    """The same environment on an S3-compatible store, and on AWS."""
    # The other one seals nothing by a job.
    job = dict.fromkeys(("store.vault.schedule", "store.vault.rpo", "store.vault.image"), ABSENT)
    return run(), run({"store": on_aws({"store.vault.bucket": "vectorkit-local-vault", **job})})


def on_aws(changes: dict[str, Any]) -> dict[str, Any]:
    """The store of prod-aws for another stack, which has buckets of its own."""
    own = {"store.live.bucket": "vectorkit-local-live"}
    store: dict[str, Any] = tracked("prod-aws", own | changes)["store"]
    return store


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Paths at which two inputs differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
    elif one != other:
        yield path


def test_both_kinds_of_store_have_the_same_outputs_of_the_same_types(
    pair: tuple[Program, Program],
) -> None:
    first, second = (
        {name: type(value) for name, value in one.outputs[STORE].items()} for one in pair
    )
    assert first == second
    assert set(first) == {
        "live_bucket",
        "vault_bucket",
        "endpoint",
        "region",
        "milvus_annotations",
        "vault_writer_annotations",
    }
    assert set(pair[0].exports) == set(pair[1].exports)


def test_the_rest_of_the_program_cannot_tell_them_apart(pair: tuple[Program, Program]) -> None:
    s3, aws = (
        {
            (one.type, one.name): one
            for one in program.resources
            if not one.type.startswith(OF_THE_STORE)
        }
        for program in pair
    )
    # The private CA of the local store is its own affair.
    bundle = [key for key in s3 if key[0] == "kubernetes:core/v1:ConfigMap"]
    assert s3.keys() - aws.keys() == set(bundle)
    assert aws.keys() <= s3.keys()
    different = {key: list(differences(s3[key].inputs, aws[key].inputs)) for key in aws}
    assert {key[0]: paths for key, paths in different.items() if paths} == {
        ACCOUNT: ["metadata.annotations.eks.amazonaws.com/role-arn"],
        "kubernetes:networking.k8s.io/v1:NetworkPolicy": ["spec.egress"],
        SECRET: ["stringData.secret.access-key-id", "stringData.secret.secret-access-key"],
        RELEASE: [
            "values.annotations.vectorkit/secret-hash",
            "values.annotations.vectorkit/store-ca-hash",
            *(f"values.externalS3.{key}" for key in ("host", "port", "region", "useIAM")),
            "values.standalone.extraEnv",
            "values.volumeMounts",
            "values.volumes",
        ],
    }


def test_milvus_takes_its_role_by_its_service_account_and_etcd_takes_none(
    pair: tuple[Program, Program],
) -> None:
    names = ("guardrails-account", "etcd-account")
    milvus, etcd = (pair[1].one(ACCOUNT, name).inputs for name in names)
    assert milvus["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": ROLE}
    assert "annotations" not in etcd["metadata"]
    assert milvus["metadata"]["name"] != etcd["metadata"]["name"]
    values = pair[1].one(RELEASE).inputs["values"]
    assert values["serviceAccount"]["name"] == milvus["metadata"]["name"]
    assert values["etcd"]["serviceAccount"]["name"] == etcd["metadata"]["name"]


def test_there_is_no_s3_key_anywhere(pair: tuple[Program, Program]) -> None:
    (secret,) = pair[1].of(SECRET)
    assert list(secret.inputs["stringData"]["secret"]) == ["root-password"]
    told = str([one.inputs for one in pair[1].resources])
    assert "canary-access-key" not in told
    assert "canary-secret-key" not in told
    assert "MINIO_ACCESS" not in told
    assert "MINIO_SECRET" not in told


def test_a_key_for_a_store_that_takes_none_is_refused_and_not_repeated(run: Run) -> None:
    with pytest.raises(RunError, match=r"s3AccessKeyId is set, but.*pulumi config rm") as refused:
        run(stack_name="prod-aws", keys=True)
    assert "canary" not in str(refused.value)


def test_milvus_speaks_to_the_regions_own_s3_by_its_role() -> None:
    values = milvus_values.values(settings(stack="prod-aws"), ca_bundle=None)
    assert values["externalS3"] == {
        "enabled": True,
        "host": "s3.eu-central-1.amazonaws.com",
        "port": "443",
        "accessKey": "",
        "secretKey": "",
        "useSSL": True,
        "bucketName": "vectorkit-prod-live",
        "rootPath": "vectorkit-prod",
        "cloudProvider": "aws",
        "useIAM": True,
        "region": "eu-central-1",
    }
    assert unknown_paths(values, settings(stack="prod-aws").milvus.chart) == []


def test_the_production_stack_declares_two_buckets_and_protects_them(run: Run) -> None:
    program = run(stack_name="prod-aws")
    assert sorted(one.inputs["bucket"] for one in program.of(DATA[0])) == [
        "vectorkit-prod-live",
        "vectorkit-prod-vault",
    ]
    of_aws = [one for one in program.resources if one.type.startswith("aws:")]
    assert all("::prod-aws-store::" in one.provider for one in of_aws)
    assert all(one.protect for one in of_aws)
    assert all(one.retained for one in of_aws if one.type in DATA)
    assert not any(one.inputs["forceDestroy"] for one in program.of(DATA[0]))
    release = program.one(RELEASE).inputs
    assert (release["chart"], release["version"]) == ("milvus", "5.0.19")
    assert program.exports["store_endpoint"] == "https://s3.eu-central-1.amazonaws.com"
    assert program.of("objectstore:index:Bucket") == []


def test_the_lifecycle_rules_are_those_of_every_other_store(run: Run) -> None:
    kind = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    program = run(stack_name="prod-aws")
    abandoned = {
        "id": "abort-abandoned-uploads",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
    }
    assert program.one(kind, "-vault").inputs["rules"] == [abandoned]
    rules = program.one(kind, "-live").inputs["rules"]
    assert {
        one["filter"]["prefix"]: one["noncurrentVersionExpiration"]
        for one in rules
        if "noncurrentVersionExpiration" in one
    } == {"": {"noncurrentDays": 14}, "vectorkit-prod/wp/": {"noncurrentDays": 3}}
    assert abandoned in rules
    assert [one["expiration"] for one in rules if "expiration" in one] == [
        {"expiredObjectDeleteMarker": True}
    ]


def test_credentials_of_another_account_are_refused_by_the_provider(run: Run) -> None:
    provider = run(stack_name="prod-aws").one("pulumi:providers:aws").inputs
    assert "123456789012" in provider["allowedAccountIds"]
    assert provider["region"] == "eu-central-1"


def test_milvus_waits_for_its_rights_and_for_the_buckets_settings(run: Run) -> None:
    program = run(stack_name="prod-aws")
    needed = program.one(DATABASE).dependencies
    for one in program.resources:
        if one.type.startswith("aws:") or one.type == NAMESPACE:
            assert any(urn.endswith(f"::{one.name}") for urn in needed), one.name


@pytest.mark.parametrize("purpose", ["live", "vault"])
def test_a_bucket_that_a_destroy_cannot_delete_keeps_its_key(run: Run, purpose: str) -> None:
    needed = run(stack_name="prod-aws").one(DATA[0], f"-{purpose}").dependencies
    assert any(urn.endswith(f"-{purpose}-key") for urn in needed)


@pytest.mark.parametrize(("mode", "emptied"), [("none", True), ("governance", False)])
def test_a_throw_away_vault_is_emptied_only_when_nothing_in_it_is_sealed(
    run: Run, mode: str, emptied: bool
) -> None:
    vault: dict[str, Any] = {"bucket": "vectorkit-local-vault", "mode": mode}
    if mode != "none":
        vault["retention_days"] = 7
    program = run({"store": on_aws({"store.vault": vault})})
    live, kept = (
        program.one(DATA[0], f"-{purpose}").inputs["forceDestroy"] for purpose in ("live", "vault")
    )
    assert (live, kept) == (True, emptied)
    assert not any(one.protect or one.retained for one in program.resources)


def test_without_a_log_bucket_nothing_is_logged(run: Run) -> None:
    program = run({"store.access_log_bucket": ABSENT}, stack_name="prod-aws")
    assert program.of("aws:s3/bucketLogging:BucketLogging") == []
