"""Every real server that the probe is run against, by name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.stores import minio, moto, seaweedfs, versitygw
from tests.stores.store import Store


@dataclass(frozen=True)
class Launcher:
    """How a store is started in an empty folder, and which version that is."""

    store: Callable[[Path], AbstractContextManager[Store]]
    version: Callable[[], str]


LAUNCHERS = {
    "seaweedfs": Launcher(seaweedfs.store, seaweedfs.version),
    "versitygw": Launcher(versitygw.store, versitygw.version),
    "minio": Launcher(minio.store, minio.version),
    "moto": Launcher(moto.store, moto.version),
}
