"""The running Milvus: flushed before it is sealed, and asked the same questions ever after."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests.credentials import Masked
from smoke_tests.engine import connect
from vault.manifest import Canary
from vault.places import VaultError

FLUSH_SECONDS = 300.0
ANSWER_SECONDS = 60.0
VECTORS = 3
"""Questions to each collection."""
NEIGHBOURS = 10
_SEARCHED = ("FLOAT_VECTOR",)
_GONE = ("can't find collection", "collection not found", "CollectionNotExists")
_BUSY = ("rate limit", "too many requests", "RateLimit")
_WIDTH = {"HNSW": {"ef": 256}, "IVF_FLAT": {"nprobe": 256}, "IVF_SQ8": {"nprobe": 256}}
"""Search wide, so that a segment that was indexed meanwhile answers the same."""


class RunningMilvus:
    """Every database of one instance, as root."""

    def __init__(self, uri: str, password: Masked, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._uri, self._password = uri, password
        self._flush_seconds = flush_seconds

    def version(self) -> str:
        with self._client() as client:
            return str(client.get_server_version()).removeprefix("v")

    def flush(self) -> None:
        """Flush every collection; one that is dropped meanwhile is no failure."""
        deadline = time.monotonic() + self._flush_seconds
        for client, database, name in self._collections():
            self._flush(client, f"{database}.{name}", name, deadline)

    def canaries(self) -> tuple[Canary, ...]:
        """Some vectors of every loaded collection, and what Milvus finds near them."""
        asked = tuple(
            question
            for client, database, name in self._collections()
            for question in _questions(client, database, name)
        )
        return self.answers(asked)

    def answers(self, canaries: Sequence[Canary]) -> tuple[Canary, ...]:
        with self._client() as client:
            return tuple(_answer(client, one) for one in canaries)

    def _flush(self, client: MilvusClient, told: str, name: str, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            try:
                client.flush(name, timeout=max(left, 0.1))
                return
            except MilvusException as error:
                if _says(error, _GONE):
                    return
                if left <= 1 or not _says(error, _BUSY):
                    raise VaultError(
                        f"Collection {told!r} was not flushed within {self._flush_seconds:.0f} s "
                        f"({error.message}). Nothing was sealed; look at Milvus's log, or allow "
                        "more time."
                    ) from None
                time.sleep(1)

    def _collections(self) -> Iterator[tuple[MilvusClient, str, str]]:
        with self._client() as client:
            for database in client.list_databases():
                client.use_database(database)
                for name in client.list_collections():
                    yield client, database, name

    @contextmanager
    def _client(self) -> Iterator[MilvusClient]:
        client = connect(self._uri, self._password)
        try:
            yield client
        except MilvusException as error:
            raise VaultError(
                f"Milvus at {self._uri} refuses what was asked ({error.message}). Check its pods, "
                "then run the same command again."
            ) from None
        finally:
            client.close()


def _questions(client: MilvusClient, database: str, name: str) -> Iterator[Canary]:
    plain = Canary(collection=name, database=database)
    try:
        field = _vector_field(client, name)
        if field is None or not _is_loaded(client, name):
            yield plain
            return
        rows = client.query(
            name, filter="", limit=VECTORS, output_fields=[field], timeout=ANSWER_SECONDS
        )
    except MilvusException as error:
        if _says(error, _GONE):
            return
        raise
    if not rows:
        yield plain.model_copy(update={"field": field})
    for row in rows:
        vector = tuple(float(number) for number in row[field])
        yield plain.model_copy(update={"field": field, "vector": vector})


def _answer(client: MilvusClient, asked: Canary) -> Canary:
    """With its row count; without both where the collection is gone or not loaded."""
    empty = asked.model_copy(update={"ids": (), "distances": (), "row_count": None})
    try:
        client.use_database(asked.database)
        if not asked.field or not _is_loaded(client, asked.collection):
            return empty
        counted = client.query(
            asked.collection,
            filter="",
            output_fields=["count(*)"],
            consistency_level="Strong",
            timeout=ANSWER_SECONDS,
        )
        hits = _search(client, asked) if asked.vector else []
    except MilvusException as error:
        if _says(error, _GONE):
            return empty
        raise
    return asked.model_copy(
        update={
            "row_count": int(counted[0]["count(*)"]),
            "ids": tuple(hit["id"] for hit in hits),
            "distances": tuple(float(hit["distance"]) for hit in hits),
        }
    )


def _search(client: MilvusClient, asked: Canary) -> list[dict[str, Any]]:
    kind = client.describe_index(asked.collection, asked.field) or {}
    found = client.search(
        asked.collection,
        data=[list(asked.vector)],
        anns_field=asked.field,
        limit=NEIGHBOURS,
        search_params={"params": _WIDTH.get(str(kind.get("index_type")), {})},
        consistency_level="Strong",
        timeout=ANSWER_SECONDS,
    )
    return [{"id": hit[_key(hit)], "distance": hit["distance"]} for hit in found[0]]


def _key(hit: Any) -> str:
    """The name under which a hit has its primary key."""
    return "id" if "id" in hit else next(name for name in hit if name not in ("distance", "entity"))


def _vector_field(client: MilvusClient, name: str) -> str | None:
    fields = client.describe_collection(name)["fields"]
    return next((f["name"] for f in fields if f["type"].name in _SEARCHED), None)


def _is_loaded(client: MilvusClient, name: str) -> bool:
    state = client.get_load_state(name).get("state")
    return getattr(state, "name", str(state)) == "Loaded"


def _says(error: MilvusException, words: Sequence[str]) -> bool:
    return any(word.lower() in str(error.message).lower() for word in words)
