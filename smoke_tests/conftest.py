"""One environment per run, and a collection of the suite's own in it.

An environment that cannot be used fails every test with the same sentence; nothing is skipped.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pymilvus import MilvusClient

from smoke_tests import credentials, dataset, leftovers, objects, outputs
from smoke_tests.dataset import Dataset
from smoke_tests.environment import Environment, open_stack
from smoke_tests.errors import SmokeError
from smoke_tests.library import Library
from smoke_tests.report import Report
from smoke_tests.reporter import Reporter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAME = "vectorkit-smoke"


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(NAME):
        config.pluginmanager.register(Reporter(config), NAME)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    """Where tests leave their figures."""
    reporter: Reporter = pytestconfig.pluginmanager.getplugin(NAME)
    return reporter.report


@pytest.fixture(scope="session")
def environment(report: Report) -> Iterator[Environment]:
    problem = ""
    try:
        report.stack = outputs.stack_name()
        with open_stack(report.stack) as found:
            report.secrets = credentials.known(found.cluster)
            found.connect().close()
            yield found
    except SmokeError as error:
        problem = report.problem = str(error)
    # Outside of the handler, or pytest shows the sentence twice.
    if problem:
        pytest.fail(problem, pytrace=False)


@pytest.fixture
def client(environment: Environment) -> Iterator[MilvusClient]:
    """A connection of the test's own: one that outlived the pod would hide a bad restart."""
    found = environment.connect()
    yield found
    found.close()


@pytest.fixture(scope="session")
def deployer(environment: Environment) -> "S3Client":
    return objects.deployer(environment.outputs)


@pytest.fixture(scope="session")
def milvus_store(environment: Environment) -> "S3Client":
    return objects.milvus(environment.outputs, environment.store_key())


@pytest.fixture(scope="session")
def nobody(environment: Environment) -> "S3Client":
    return objects.anonymous(environment.outputs)


@pytest.fixture(scope="session")
def data() -> Dataset:
    return dataset.build()


@pytest.fixture(scope="session")
def library(
    environment: Environment, milvus_store: "S3Client", data: Dataset, report: Report
) -> Iterator[Library]:
    """The suite's collection, loaded with the whole dataset; gone when the run ends."""
    name = leftovers.new_name()
    bucket = leftovers.Bucket(
        milvus_store, environment.outputs.live_bucket, environment.outputs.root_path
    )
    stale = leftovers.remove_stale(environment.connect(), bucket)
    if stale:
        report.figures["collections of earlier runs removed"] = str(len(stale))
    try:
        yield Library.make(environment.connect(), name, data, report)
    finally:
        environment.address.renew()
        removed = leftovers.remove(environment.connect(), bucket, name)
        report.figures["objects removed with the collection"] = str(removed)
