"""The running Milvus: flushed before it is sealed, and asked the same questions ever after."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests.credentials import Masked
from smoke_tests.engine import Certificate, connect
from vault.manifest import Canary
from vault.places import VaultError

Clients = Callable[[str], MilvusClient]
"""By the name of the database."""
DEFAULT = "default"
FLUSH_SECONDS = 300.0
ANSWER_SECONDS = 60.0
VECTORS = 3
"""Questions to each collection."""
NEIGHBOURS = 10
_SEARCHED = ("FLOAT_VECTOR",)
_GONE = (
    *("can't find collection", "collection not found", "CollectionNotExists"),
    *("database not found", "DatabaseNotExist"),
)
_RELEASED = ("not loaded", "not fully loaded", "has not been loaded", "released")
_BUSY = ("rate limit", "too many requests", "RateLimit")
_WIDTH = {"HNSW": {"ef": 256}, "IVF_FLAT": {"nprobe": 256}, "IVF_SQ8": {"nprobe": 256}}
"""Search wide, so that a segment that was indexed meanwhile answers the same."""


class RunningMilvus:
    """Every database of one instance, as root."""

    def __init__(
        self,
        uri: str,
        password: Masked,
        *,
        certificate: Certificate | None = None,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """`certificate` says how the server is trusted where the address is https."""
        self._uri, self._password, self._certificate = uri, password, certificate
        self._flush_seconds = flush_seconds

    def version(self) -> str:
        with self._clients() as clients:
            return str(clients(DEFAULT).get_server_version()).removeprefix("v")

    def flush(self) -> None:
        """Flush every collection; one that is dropped meanwhile is no failure."""
        deadline = time.monotonic() + self._flush_seconds
        with self._clients() as clients:
            for database, name in _collections(clients):
                self._flush(clients(database), name, deadline)

    def canaries(self) -> tuple[Canary, ...]:
        """Every collection with its rows; of loaded ones also what is near some of its vectors."""
        with self._clients() as clients:
            return tuple(
                _answer(clients(database), question)
                for database, name in _collections(clients)
                for question in _questions(clients(database), database, name)
            )

    def answers(self, canaries: Sequence[Canary]) -> tuple[Canary, ...]:
        with self._clients() as clients:
            return tuple(_answer(clients(one.database), one) for one in canaries)

    def _flush(self, client: MilvusClient, name: str, deadline: float) -> None:
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
                        f"Collection {name!r} was not flushed within {self._flush_seconds:.0f} s "
                        f"({error.message}). Nothing was sealed; look at Milvus's log, or allow "
                        "more time."
                    ) from None
                time.sleep(1)

    @contextmanager
    def _clients(self) -> Iterator[Clients]:
        """A client for each database, made when it is asked for: `use_database` needs a newer
        Milvus than 2.3."""
        known: dict[str, MilvusClient] = {}

        def client(database: str) -> MilvusClient:
            if database not in known:
                known[database] = connect(
                    self._uri, self._password, certificate=self._certificate, database=database
                )
            return known[database]

        try:
            yield client
        except (MilvusException, grpc.RpcError) as error:
            said = error.message if isinstance(error, MilvusException) else error.code().name
            raise VaultError(
                f"Milvus at {self._uri} refuses what was asked ({said}). Check its pods, then run "
                "the same command again."
            ) from None
        finally:
            for one in known.values():
                one.close()


def _collections(clients: Clients) -> Iterator[tuple[str, str]]:
    for database in clients(DEFAULT).list_databases():
        for name in clients(database).list_collections():
            yield database, name


def _questions(client: MilvusClient, database: str, name: str) -> Iterator[Canary]:
    plain = Canary(collection=name, database=database)
    try:
        field = _vector_field(client, name)
        vectors = _some_vectors(client, name, field) if field else []
    except MilvusException as error:
        if _says(error, _GONE):
            return
        raise
    if not vectors:
        yield plain
    for vector in vectors:
        yield plain.model_copy(update={"field": field, "vector": vector})


def _some_vectors(client: MilvusClient, name: str, field: str) -> list[tuple[float, ...]]:
    """None where the collection is not loaded, or is released at this moment."""
    if not _is_loaded(client, name):
        return []
    try:
        rows = client.query(
            name, filter="", limit=VECTORS, output_fields=[field], timeout=ANSWER_SECONDS
        )
        return [tuple(float(number) for number in row[field]) for row in rows]
    except MilvusException as error:
        if _says(error, _RELEASED):
            return []
        raise


def _answer(client: MilvusClient, asked: Canary) -> Canary:
    """Its rows, and what is near its vector; that it does not exist where it is gone."""
    unknown = {"exists": True, "is_loaded": False, "ids": (), "distances": (), "row_count": None}
    name = asked.collection
    try:
        if _is_loaded(client, name):
            try:
                return asked.model_copy(update=unknown | _loaded_answer(client, asked))
            except MilvusException as error:
                if not _says(error, _RELEASED):
                    raise
        counted = client.get_collection_stats(name, timeout=ANSWER_SECONDS)
    except MilvusException as error:
        if _says(error, _GONE):
            return asked.model_copy(update=unknown | {"exists": False})
        raise
    return asked.model_copy(update=unknown | {"row_count": int(counted["row_count"])})


def _loaded_answer(client: MilvusClient, asked: Canary) -> dict[str, Any]:
    counted = client.query(
        asked.collection,
        filter="",
        output_fields=["count(*)"],
        consistency_level="Strong",
        timeout=ANSWER_SECONDS,
    )
    hits = _search(client, asked) if asked.vector else []
    return {
        "is_loaded": True,
        "row_count": int(counted[0]["count(*)"]),
        "ids": tuple(hit["id"] for hit in hits),
        "distances": tuple(float(hit["distance"]) for hit in hits),
    }


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
