"""Milvus's metadata in etcd: read at one revision, written back into an etcd that has none."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import urllib3

from plugins.errors import Refusal
from smoke_tests.credentials import Masked

PAGE = 500
"""Keys in one answer; what bounds the memory, together with etcd's limit of 1.5 MiB a value."""
MOST_OPERATIONS = 100
"""etcd takes 128 operations in one transaction."""
MOST_BYTES = 512 * 1024
"""etcd takes 1.5 MiB in one request."""
MARK = b"vectorkit/restore"
USER = "root"
_OUT_OF_RANGE = 11
_NO_LOGIN, _NO_TOKEN = (3, "user name is empty"), (16, "invalid auth token")
_REMEDIES = {
    8: "Give it more room (--quota-backend-bytes, its disk), disarm its alarm with `etcdctl alarm "
    "disarm`, then run the same command again.",
}
"""By gRPC's number of the error."""
_Copy = TypeVar("_Copy")


class EtcdError(Refusal):
    """etcd cannot do what was asked; the sentence says why and what to do."""


class Compacted(EtcdError):
    """The revision being read is gone; a newer one can be read from the beginning."""


@dataclass(frozen=True)
class Pair:
    """One key and its value, both as etcd has them: bytes."""

    key: bytes
    value: bytes


class Etcd:
    """An etcd's keys below Milvus's root path, through etcd's own JSON gateway."""

    def __init__(self, address: str, root_path: str, password: Masked | None = None) -> None:
        """`address` is like http://127.0.0.1:2379; `root_path` is Milvus's etcd.rootPath.

        `password` is that of etcd's user root, who logs in when etcd asks for it."""
        if not root_path.strip("/"):
            raise EtcdError("Milvus's root path in etcd is empty; give the one Milvus is set to.")
        self.address = address.rstrip("/")
        self.root_path = root_path.rstrip("/")
        self._root = root_path.rstrip("/").encode() + b"/"
        self._end = root_path.rstrip("/").encode() + b"0"  # The byte after "/".
        # A transaction is repeated only when it was never sent.
        retries = urllib3.Retry(connect=3, read=0, other=0, backoff_factor=0.2)
        self._password = password
        self._headers: dict[str, str] = {}
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(30), retries=retries)

    def revision(self) -> int:
        """The newest revision."""
        answer = self._ask("range", {**self._range(self._root), "count_only": True})
        return int(answer["header"]["revision"])

    def read(self, revision: int, page: int = PAGE) -> Iterator[Pair]:
        """Every pair at this revision, without sessions; raises Compacted if it is gone."""
        start = self._root
        while True:
            query = {**self._range(start), "revision": str(revision), "limit": str(page)}
            answer = self._ask("range", query)
            pairs = [
                Pair(_bytes(one["key"]), _bytes(one.get("value", "")))
                for one in answer.get("kvs", [])
            ]
            yield from (pair for pair in pairs if not self._is_session(pair.key))
            if not answer.get("more"):
                return
            start = pairs[-1].key + b"\0"

    def copy(self, take: Callable[[int, Iterator[Pair]], _Copy], attempts: int = 3) -> _Copy:
        """What `take` makes of a revision and its pairs; started anew when it is compacted.

        `take` may see the beginning of a revision that it does not see the end of.
        """
        for _ in range(attempts - 1):
            try:
                revision = self.revision()
                return take(revision, self.read(revision))
            except Compacted:
                continue
        revision = self.revision()
        return take(revision, self.read(revision))

    def count(self) -> int:
        """Keys below the root path."""
        answer = self._ask("range", {**self._range(self._root), "count_only": True})
        return int(answer.get("count", 0))

    def write(self, pairs: Iterable[Pair], *, resume: bool = False) -> int:
        """Write the pairs, if there is no key below the root path yet; returns how many.

        With `resume` keys that hold the very value are left, those that hold another are refused.
        """
        there = dict(self._digests()) if resume else {}
        if not resume and (count := self.count()):
            raise EtcdError(
                f"etcd at {self.address} holds {count} keys below "
                f"{self._root.decode()!r}; expected none. Restore into a fresh etcd."
            )
        done = 0
        for batch in _batches(pair for pair in pairs if not self._is_session(pair.key)):
            found = {pair.key: there.pop(pair.key) for pair in batch if pair.key in there}
            for pair in batch:
                if found.get(pair.key, _digest(pair.value)) != _digest(pair.value):
                    self._refuse_someone_else()
            if missing := [pair for pair in batch if pair.key not in found]:
                self._write(missing)
            done += len(batch)
        if there:
            self._refuse_someone_else()
        return done

    def mark(self) -> str | None:
        """What `remark` has written last."""
        answer = self._ask("range", {"key": _text(MARK)})
        found = answer.get("kvs", [])
        return _bytes(found[0].get("value", "")).decode() if found else None

    def remark(self, before: str | None, after: str) -> None:
        """Replace the mark of this etcd, which is outside of Milvus's root path."""
        compare = {"target": "CREATE", "key": _text(MARK), "create_revision": "0"}
        if before is not None:
            compare = {"target": "VALUE", "key": _text(MARK), "value": _text(before.encode())}
        put = {"request_put": {"key": _text(MARK), "value": _text(after.encode())}}
        if not self._ask("txn", {"compare": [compare], "success": [put]}).get("succeeded"):
            # A request that was repeated meets its own first attempt.
            if self.mark() == after:
                return
            self._refuse_someone_else()

    def _digests(self) -> Iterator[tuple[bytes, bytes]]:
        for pair in self.read(self.revision()):
            yield pair.key, _digest(pair.value)

    def _refuse_someone_else(self) -> NoReturn:
        raise EtcdError(
            f"Someone else writes to etcd at {self.address} below {self._root.decode()!r}. "
            "Stop what uses it, and restore into a fresh etcd."
        )

    def _write(self, batch: list[Pair]) -> None:
        outside = [pair.key for pair in batch if not pair.key.startswith(self._root)]
        if outside:
            raise EtcdError(
                f"Key {outside[0]!r} is not below {self._root.decode()!r}; nothing of its batch "
                "was written. Restore under the root path that was sealed."
            )
        answer = self._ask(
            "txn",
            {
                "compare": [
                    {"target": "CREATE", "key": _text(pair.key), "create_revision": "0"}
                    for pair in batch
                ],
                "success": [
                    {"request_put": {"key": _text(pair.key), "value": _text(pair.value)}}
                    for pair in batch
                ],
            },
        )
        if not answer.get("succeeded"):
            self._refuse_someone_else()

    def _is_session(self, key: bytes) -> bool:
        """Whether the key belongs to a process that runs; the counter of ids is kept."""
        for folder in (self._root + b"session/", self._root + b"meta/session/"):
            if key.startswith(folder):
                return key != folder + b"id"
        return False

    def _range(self, start: bytes) -> dict[str, Any]:
        return {"key": _text(start), "range_end": _text(self._end)}

    def _ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        status, said = self._post(f"kv/{call}", body)
        if _is(said, _NO_LOGIN) or _is(said, _NO_TOKEN):
            self._log_in()
            status, said = self._post(f"kv/{call}", body)
        if status == 200:
            return said
        if said.get("code") == _OUT_OF_RANGE and "compacted" in said.get("message", ""):
            raise Compacted(
                f"etcd at {self.address} has compacted the revision while it was read. "
                "Read a newer one; if it happens again, compact less often."
            )
        remedy = _REMEDIES.get(said.get("code", 0), "Look into its log.")
        raise EtcdError(
            f"etcd at {self.address} refuses the request: {said.get('message', status)}. {remedy}"
        )

    def _log_in(self) -> None:
        if self._password is None:
            raise EtcdError(
                f"etcd at {self.address} asks for a password, and none is known; expected it in "
                "the environment's Secret. Deploy the stack again."
            )
        login = {"name": USER, "password": self._password.reveal()}
        status, said = self._post("auth/authenticate", login)
        if status != 200:
            raise EtcdError(
                f"etcd at {self.address} does not let {USER} in: {said.get('message', status)}. "
                "It keeps the password that it was started with; set that one in the stack."
            )
        self._headers = {"Authorization": said["token"]}

    def _post(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = f"{self.address}/v3/{call}"
        try:
            answer = self._http.request("POST", url, json=body, headers=self._headers)
            return answer.status, json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise EtcdError(
                f"etcd at {self.address} does not answer ({type(error).__name__}); expected its "
                "JSON gateway. Check the address and that etcd runs."
            ) from None


def _is(said: dict[str, Any], refusal: tuple[int, str]) -> bool:
    return said.get("code") == refusal[0] and refusal[1] in said.get("message", "")


def _batches(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    batch: list[Pair] = []
    size = 0
    for pair in pairs:
        bytes_ = len(pair.key) + len(pair.value)
        if batch and (len(batch) == MOST_OPERATIONS or size + bytes_ > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(pair)
        size += bytes_
    if batch:
        yield batch


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
