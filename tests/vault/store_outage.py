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
from vault.patience import PATIENT
from vault.places import Bucket
from vault.restore import restore
from vault.verify import verify

pytestmark = pytest.mark.tools
OUTAGE_SECONDS = 30


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
    """Ends the store before it is sent one of the objects, and starts it half a minute later."""

    start: Callable[[], AbstractContextManager[None]]
    server: Server
    before: str = ""
    """The key whose PUT comes to nobody."""
    refused: list[object] = field(default_factory=list)
    """Requests that nobody answered."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _back: threading.Timer | None = None

    def stop(self) -> None:
        """For good; the store may be another process than at the beginning."""
        self.server.stop()

    def patient(self, store: Store, who: Identity) -> Any:
        """A client as the commands have it."""
        config = StoreConfig(
            endpoint=store.endpoint, region=store.region, ca_file=str(store.ca_file)
        )
        keys = Credentials(access_key_id=who.access_key, secret_access_key=who.secret_key)
        client = connect(config, credentials=keys, options=PATIENT, content_md5=False)
        client.meta.events.register("before-send.s3.PutObject", self._before)
        client.meta.events.register("needs-retry.s3", self._note)
        return client

    def over(self) -> None:
        """There was one, and the store is there again."""
        assert self._back
        self._back.join()
        assert self.server.is_up.wait(60)
        assert self.refused
        self.refused.clear()
        self._back = None

    def _before(self, request: Any, **_: Any) -> None:
        with self._lock:
            if self._back is None and request.url.endswith(self.before):
                self.server.stop()
                self._back = threading.Timer(OUTAGE_SECONDS, self._again)
                self._back.start()

    def _again(self) -> None:
        self.server = Server(self.start)

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
        outage.before = f"/objects/{ROOT}/insert_log/3"
        live, vault = (
            Bucket(client=outage.patient(store, who), bucket=place.bucket, root_path=ROOT)
            for place, who in ((made.live, store.admin), (made.vault, SEALER))
        )
        Scene(**vars(made) | {"live": live, "vault": vault}).seal(threads=2)
        outage.over()
        assert verify(vault).ok
        assert len({key for key, _ in made.vault_versions()}) == len(bodies)

        empty = make_live(store, f"live-{secrets.token_hex(4)}")
        target = Bucket(
            client=outage.patient(store, store.admin), bucket=empty.bucket, root_path=ROOT
        )
        outage.before = f"{empty.bucket}/{ROOT}/insert_log/3"
        given: dict[str, Any] = {"milvus_version": "2.3.5", "start": Answers, "threads": 2}
        restored = restore(vault, target, Etcd(fresh, ETCD_ROOT), answer_seconds=0, **given)
        outage.over()
        assert restored.ok
        assert Target(made, empty, fresh, Answers()).objects() == bodies
