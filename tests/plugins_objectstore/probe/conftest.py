from collections.abc import Iterator

import pytest

from plugins.objectstore.probe import Report, probe
from tests.stores import seaweedfs
from tests.stores.store import Store
from tests.stores.target import target

OTHERS = "vectorkit-probe-of-somebody-else"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seaweedfs.store(tmp_path_factory.mktemp("probed") / "s3") as running:
        yield running


@pytest.fixture(scope="session")
def others(store: Store) -> str:
    """A bucket which is not the probe's, though its name begins like one of its."""
    client = store.client()
    client.create_bucket(Bucket=OTHERS)
    client.put_bucket_versioning(Bucket=OTHERS, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=OTHERS, Key="kept", Body=b"kept")
    return OTHERS


@pytest.fixture(scope="session")
def report(store: Store, others: str) -> Report:
    """The whole probe, with measurements."""
    return probe(target(store))
