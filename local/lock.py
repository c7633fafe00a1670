"""One command at a time may change the platform."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from local.errors import Refusal


@contextlib.contextmanager
def hold(path: Path, command: str) -> Iterator[None]:
    """Hold the platform's lock while the block runs; the lock ends with the process.

    Raises Refusal naming the holder when another command has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise Refusal(
                f"The platform is in use: {holder} holds {path}. Wait for its end, then try again."
            ) from None
        file.truncate(0)
        since = time.strftime("%H:%M:%S")
        file.write(f"`{command}` (process {os.getpid()}, since {since})")
        file.flush()
        yield
        file.truncate(0)
