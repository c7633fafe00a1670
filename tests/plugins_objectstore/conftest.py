from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from plugins.objectstore.check import with_defaults
from plugins.objectstore.s3_client import StoreConfig, connect
from tests.stores import seaweedfs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Store]:
    with seaweedfs.store(tmp_path_factory.mktemp("store") / "s3") as running:
        yield running


@pytest.fixture
def client(store: seaweedfs.Store, monkeypatch: pytest.MonkeyPatch) -> "S3Client":
    """The provider's own client, with the admin's credentials from the environment."""
    return connect_to(store, monkeypatch)


@pytest.fixture(scope="session")
def settings() -> Callable[..., dict[str, Any]]:
    """Settings of a bucket with a name of its own, defaults filled in."""
    numbers = count()
    return lambda **given: with_defaults({"bucket": f"trial-{next(numbers)}", **given})


def connect_to(store: seaweedfs.Store, monkeypatch: pytest.MonkeyPatch) -> "S3Client":
    for name, value in store.environment().items():
        monkeypatch.setenv(name, value)
    return connect(
        StoreConfig(endpoint=store.endpoint, region=store.region, ca_file=str(store.ca_file))
    )
