"""Where the environment's objects lie, and that they are encrypted."""

from typing import TYPE_CHECKING

from pymilvus import MilvusClient

from smoke_tests import engine, leftovers, objects
from smoke_tests.environment import Environment
from smoke_tests.leftovers import Bucket, Traces
from smoke_tests.library import Library
from smoke_tests.report import Report

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ENCRYPTED = {"AES256", "aws:kms", "aws:kms:dsse"}


def test_every_object_lies_under_the_root_path(
    library: Library, deployer: "S3Client", environment: Environment
) -> None:
    prefix = f"{environment.outputs.root_path}/"
    found = list(objects.keys(deployer, environment.outputs.live_bucket))
    assert found, f"Bucket {environment.outputs.live_bucket} is empty although rows were flushed."
    assert [key for key in found if not key.startswith(prefix)] == []


def test_segments_and_index_of_the_collection_are_in_the_live_bucket(
    client: MilvusClient, library: Library, deployer: "S3Client", environment: Environment
) -> None:
    described = client.describe_collection(library.name, timeout=engine.SECONDS)
    root = environment.outputs.root_path
    bucket = Bucket(deployer, environment.outputs.live_bucket, root)
    traces = Traces(root, int(described["collection_id"]))
    kinds = {
        key.removeprefix(f"{root}/").split("/", maxsplit=1)[0]
        for key in leftovers.current(bucket, traces)
    }
    assert kinds >= {"insert_log", "stats_log", "index_files"}


def test_every_object_is_encrypted(
    library: Library, deployer: "S3Client", environment: Environment, report: Report
) -> None:
    found = list(objects.keys(deployer, environment.outputs.live_bucket))
    told = objects.encryption(deployer, environment.outputs.live_bucket, found)
    assert told
    assert [key for key, algorithm in told.items() if algorithm not in ENCRYPTED] == []
    report.figures["objects in the live bucket, all encrypted"] = str(len(told))


def test_nothing_but_snapshots_is_in_the_vault(
    library: Library, deployer: "S3Client", environment: Environment
) -> None:
    found = objects.versions(deployer, environment.outputs.vault_bucket)
    assert objects.outside_of_snapshots(found, environment.outputs.root_path) == []
