"""Milvus's metadata as a file: gzip of one line of JSON for each pair."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from vault.etcd import Pair


@dataclass(frozen=True)
class Written:
    revision: int
    pairs: int


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
