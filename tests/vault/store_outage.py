"""A real store that ends while it is sealed into or restored from, and comes back.

Run by test_processes.py, in a network of its own, where nobody takes its ports meanwhile.
"""

import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugins.objectstore.s3_client import Credentials, StoreConfig, connect
from tests.stores import seaweedfs
from tests.stores.store import Identity, Store
from tests.vault import real_etcd
from tests.vault import scene as scenes
from tests.vault.conftest import SEALER
from tests.vault.scene import ETCD_ROOT, ROOT, Answers, Scene, make_live
from tests.vault.test_restore import Target
from vault.etcd import Etcd
from vault.places import PATIENT, Bucket
from vault.restore import restore

pytestmark = pytest.mark.tools


class Server(threading.Thread):
    """The store, until it is stopped: it would end with the thread that has started it."""

    def __init__(self, start: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(daemon=True)
        self._start_store, self._end, self.is_up = start, threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        with self._start_store():
            self.is_up.set()
            self._end.wait()

    def stop(self) -> None:
        self._end.set()
        self.join()


@dataclass
class Outage:
    """Ends the store at a step of the progress, and starts it half a minute later."""

    start: Callable[[], AbstractContextManager[None]]
    server: Server
    at: str = ""
    refused: list[object] = field(default_factory=list)
    """Requests that nobody answered."""
    _back: threading.Timer | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        if f"{step} {done}" == self.at:
            self.server.stop()
            self._back = threading.Timer(30, self._again)
            self._back.start()

    def stop(self) -> None:
        """For good; the store may be another process than at the beginning."""
        self.server.stop()

    def _again(self) -> None:
        self.server = Server(self.start)

    def patient(self, store: Store, who: Identity) -> Any:
        """A client as the commands have it."""
        config = StoreConfig(
            endpoint=store.endpoint, region=store.region, ca_file=str(store.ca_file)
        )
        keys = Credentials(access_key_id=who.access_key, secret_access_key=who.secret_key)
        client = connect(config, credentials=keys, options=PATIENT, content_md5=False)
        client.meta.events.register("needs-retry.s3", self._note)
        return client

    def over(self) -> None:
        """There was one, and the store is there again."""
        assert self._back
        self._back.join()
        assert self.server.is_up.wait(60)
        assert self.refused
        self.refused.clear()

    def _note(self, response: object, **_: Any) -> None:
        if response is None:
            self.refused.append(response)


def test_a_store_that_is_down_for_half_a_minute_fails_neither_seal_nor_restore(
    tmp_path: Path,
) -> None:
    store, start = seaweedfs.prepared(tmp_path / "s3", (SEALER,))
    with (
        real_etcd.running(tmp_path / "source") as source,
        real_etcd.running(tmp_path / "target") as fresh,
        ExitStack() as ended,
    ):
        outage = Outage(start, Server(start))
        ended.callback(outage.stop)
        assert outage.server.is_up.wait(60)
        made = scenes.make(store, SEALER, source)
        bodies = made.fill(12)
        outage.at = "seal objects 2"
        places = {
            purpose: Bucket(client=outage.patient(store, who), bucket=place.bucket, root_path=ROOT)
            for purpose, place, who in (
                ("live", made.live, store.admin),
                ("vault", made.vault, SEALER),
            )
        }
        patient = Scene(**{**vars(made), **places})
        patient.seal(outage, threads=2)
        outage.over()
        assert len(made.vault_versions()) == 12

        outage.at = "restore objects 2"
        empty = make_live(store, f"live-{secrets.token_hex(4)}")
        live = Bucket(
            client=outage.patient(store, store.admin), bucket=empty.bucket, root_path=ROOT
        )
        etcd = Etcd(fresh, ETCD_ROOT)
        given: dict[str, Any] = {"milvus_version": "2.3.5", "start": Answers, "threads": 2}
        assert restore(places["vault"], live, etcd, progress=outage, answer_seconds=0, **given).ok
        outage.over()
        assert Target(made, empty, fresh, Answers()).objects() == bodies
