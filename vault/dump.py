"""Milvus's metadata as a file: gzip of one line of JSON for each pair."""

import base64
import errno
import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from vault.etcd import Pair
from vault.places import VaultError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Written:
    revision: int
    pairs: int


@contextmanager
def scratch() -> Iterator[IO[bytes]]:
    """A file for a dump that is gone after the block. Raises VaultError where its disk is full."""
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise VaultError(
            f"The dump of etcd passes through a temporary file: {error.strerror}. Make room in one "
            "of them, or set TMPDIR, then run the same command again."
        ) from None
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise VaultError(
            f"The disk of {folder!r} is full ({error.strerror}); the dump of etcd "
            "passes through a file there. Make room or set TMPDIR, then run the same command again."
        ) from None


def write(file: IO[bytes], revision: int, pairs: Iterable[Pair]) -> Written:
    """Replace the file's content by the pairs; a second attempt begins anew."""
    file.seek(0)
    file.truncate()
    count = 0
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
        for pair in pairs:
            line = {"key": _text(pair.key), "value": _text(pair.value)}
            packed.write(json.dumps(line).encode() + b"\n")
            count += 1
    return Written(revision, count)


def read(file: IO[bytes]) -> Iterator[Pair]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file, mode="rb") as packed:
        for line in packed:
            pair = json.loads(line)
            yield Pair(base64.b64decode(pair["key"]), base64.b64decode(pair["value"]))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
