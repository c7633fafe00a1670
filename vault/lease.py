"""One seal at a time: an object that says who seals, written only over what was read.

The writer cannot delete, so the lock is given back by writing that it is free. Who was killed
loses it after LEASE by the store's clock, and at once where it can be seen that nobody runs. What
was written stays as versions, a hundred bytes for each HEARTBEAT: no rule of the vault expires any.
"""

import json
import os
import secrets
import socket
import threading
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from plugins.objectstore.errors import code_of, explained
from vault.copying import Wanted, put
from vault.places import Bucket, VaultError

LEASE = timedelta(seconds=120)
HEARTBEAT = 30.0
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_UNCONDITIONAL = ("NotImplemented", "InvalidArgument", "501")


class Busy(VaultError):
    """Somebody else seals this environment."""


class Lease:
    """Held while the block runs; `check` says so."""

    def __init__(self, vault: Bucket, heartbeat: float = HEARTBEAT) -> None:
        self._vault = vault
        self.key = f"{vault.root_path}/lock"
        self._heartbeat = heartbeat
        self._mine = {
            "host": _host(),
            "pid": os.getpid(),
            "token": secrets.token_hex(8),
            "state": "held",
        }
        self._etag = ""
        self.version_id = ""
        """A version of the lock object that this process wrote."""
        self._stop = threading.Event()
        self._lost = ""
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Self:
        with explained(self._vault.attempt("take the lock of sealing")):
            self._write(self._free())
            if not self._is_mine():
                raise Busy(self._busy("another seal took the lock at the same moment"))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._mine["state"] = "free"
        try:
            self._write({"IfMatch": self._etag})
        except (ClientError, BotoCoreError, Busy):
            # It ends by itself, and what ended the block must be seen.
            return

    def check(self) -> None:
        """Raises Busy when the lock was lost meanwhile."""
        if self._lost:
            raise Busy(self._busy(self._lost))

    def _free(self) -> dict[str, str]:
        """The condition under which the lock may be written; raises Busy when it is held."""
        try:
            found, answer = self._read()
        except ClientError as error:
            if code_of(error) not in ("NoSuchKey", "404"):
                raise
            return {"IfNoneMatch": "*"}
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        held = found.get("state") == "held" and now - answer["LastModified"] < LEASE
        if held and not _is_dead(found):
            raise Busy(
                self._busy(f"{found.get('host')} (process {found.get('pid')}) seals at this moment")
            )
        return {"IfMatch": answer["ETag"]}

    def _read(self) -> tuple[dict[str, Any], Any]:
        answer: Any = self._vault.client.get_object(Bucket=self._vault.bucket, Key=self.key)
        try:
            found = json.loads(answer["Body"].read())
        except ValueError:
            found = {}
        self._etag = answer["ETag"]
        self.version_id = answer.get("VersionId", "null")
        return found if isinstance(found, dict) else {}, answer

    def _is_mine(self) -> bool:
        found, _ = self._read()
        return all(found.get(name) == value for name, value in self._mine.items())

    def _write(self, condition: dict[str, str]) -> None:
        body, wanted = json.dumps(self._mine).encode(), Wanted(key=self.key)
        try:
            put(self._vault, wanted, body, **condition)
        except ClientError as error:
            # A request that was repeated meets its own first attempt.
            if code_of(error) in _CHANGED and not self._is_mine():
                raise Busy(self._busy("another seal took the lock at the same moment")) from None
            if code_of(error) in _UNCONDITIONAL:
                # A store without conditional writes: what is read back afterwards decides.
                put(self._vault, wanted, body)
            elif code_of(error) not in _CHANGED:
                raise

    def _renew(self) -> None:
        while not self._stop.wait(self._heartbeat):
            try:
                found, _ = self._read()
                if found.get("token") != self._mine["token"]:
                    raise Busy(f"{found.get('host')} has taken the lock over")
                self._write({"IfMatch": self._etag})
                self._read()
            except Busy as busy:
                self._lost = str(busy)
                return
            except (ClientError, BotoCoreError):
                continue  # The store is asked again; whoever takes over is seen above.

    def _busy(self, why: str) -> str:
        return (
            f"Cannot seal into bucket {self._vault.bucket!r} below {self._vault.root_path!r}: "
            f"{why}. One seal runs at a time; wait until it has ended. After a seal was killed "
            f"elsewhere the lock is free {LEASE.seconds} s after its last sign of life."
        )


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = "unknown"
    return f"{socket.gethostname()}/{boot}"


def _is_dead(found: dict[str, Any]) -> bool:
    """Whether the holder ran on this machine and runs no more."""
    if found.get("host") != _host() or not isinstance(found.get("pid"), int):
        return False
    try:
        os.kill(found["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
