"""What the suite and the sample do with Milvus."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import grpc  # type: ignore[import-untyped]
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException
from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

from smoke_tests.credentials import Masked
from smoke_tests.errors import DimensionError, LoginRefusedError, ServerDownError
from smoke_tests.outputs import Outputs

if TYPE_CHECKING:
    # Who connects needs no embeddings.
    from smoke_tests.embedding import Vectors

USER = "root"
VECTOR = "vector"
SECONDS = 120
"""The longest that any one call may take."""
BATCH = 1000
INDEX = {"M": 16, "efConstruction": 200}
EF = 256


@dataclass(frozen=True)
class Hit:
    """One answer of a search."""

    id: str
    similarity: float
    fields: dict[str, Any]


@dataclass(frozen=True)
class Certificate:
    """How the server proves who it is."""

    name: str
    ca_file: str | None

    @classmethod
    def of_stack(cls, outputs: Outputs) -> "Certificate | None":
        """The one that a stack gave to its server; None: the server has none."""
        name = outputs.milvus_server_name
        return cls(name, outputs.milvus_ca_file) if name else None


def connect(
    uri: str,
    password: Masked,
    *,
    seconds: float = 10,
    certificate: Certificate | None = None,
    database: str = "default",
) -> MilvusClient:
    """Raises ServerDownError or LoginRefusedError; the client's own error does not tell which."""
    _log_in(uri, password, seconds, certificate)
    known = {"db_name": database}
    if certificate:
        known |= {"server_name": certificate.name}
        known |= {"server_pem_path": certificate.ca_file} if certificate.ca_file else {}
    try:
        return MilvusClient(uri, user=USER, password=password.reveal(), timeout=seconds, **known)
    except MilvusException as error:
        raise ServerDownError(
            f"Milvus at {uri} stopped answering right after the login: {error.message}. "
            "Check its pods with `kubectl get pods`."
        ) from None


def create(client: MilvusClient, name: str, *, dimension: int, description: str) -> None:
    """An empty collection with strong consistency: what is written is seen by the next call."""
    schema = client.create_schema(
        auto_id=False, enable_dynamic_field=False, description=description
    )
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field("topic", DataType.VARCHAR, max_length=64)
    schema.add_field("text", DataType.VARCHAR, max_length=4000)
    schema.add_field("length", DataType.INT64)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    client.create_collection(name, schema=schema, consistency_level="Strong", timeout=SECONDS)


def write(client: MilvusClient, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or replace those with the same id."""
    for start in range(0, len(rows), BATCH):
        batch = list(rows[start : start + BATCH])
        refuse_other_dimension(client, name, [len(row[VECTOR]) for row in batch])
        client.upsert(name, batch, timeout=SECONDS)


def insert(client: MilvusClient, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose ids are new."""
    for start in range(0, len(rows), BATCH):
        batch = list(rows[start : start + BATCH])
        refuse_other_dimension(client, name, [len(row[VECTOR]) for row in batch])
        client.insert(name, batch, timeout=SECONDS)


def serve(client: MilvusClient, name: str) -> None:
    """Flush to the object store, build the HNSW index and load."""
    client.flush(name, timeout=SECONDS)
    index = client.prepare_index_params()
    index.add_index(VECTOR, index_type="HNSW", metric_type="COSINE", params=INDEX)
    client.create_index(name, index, timeout=SECONDS)
    client.load_collection(name, timeout=SECONDS)


def count(client: MilvusClient, name: str) -> int:
    """The exact number of rows."""
    rows = client.query(name, filter="", output_fields=["count(*)"], timeout=SECONDS)
    return int(rows[0]["count(*)"])


def search(
    client: MilvusClient, name: str, vectors: "Vectors", *, limit: int, where: str = ""
) -> list[list[Hit]]:
    """For every vector the rows nearest to it, nearest first."""
    refuse_other_dimension(client, name, [vectors.shape[1]])
    answers = client.search(
        name,
        data=vectors.tolist(),
        filter=where,
        limit=limit,
        output_fields=["topic", "text", "length"],
        search_params={"metric_type": "COSINE", "params": {"ef": EF}},
        consistency_level="Strong",
        timeout=SECONDS,
    )
    return [[Hit(a["id"], a["distance"], dict(a["entity"])) for a in answer] for answer in answers]


def refuse_other_dimension(client: MilvusClient, name: str, lengths: Sequence[int]) -> None:
    """Raises DimensionError: the server's own message does not name the collection."""
    fields = client.describe_collection(name, timeout=SECONDS)["fields"]
    expected = next(f["params"]["dim"] for f in fields if f["name"] == VECTOR)
    others = sorted({length for length in lengths if length != expected})
    if others:
        raise DimensionError(
            f"Collection {name!r} takes vectors of {expected} dimensions and was given "
            f"{others[0]}. Embed with the model that the collection was made with."
        )


def _log_in(uri: str, password: Masked, seconds: float, certificate: Certificate | None) -> None:
    parts = urlparse(uri)
    target = f"{parts.hostname}:{parts.port or 19530}"
    token = base64.b64encode(f"{USER}:{password.reveal()}".encode()).decode()
    channel = _channel(target, certificate, encrypted=parts.scheme == "https")
    with channel:
        server = milvus_pb2_grpc.MilvusServiceStub(channel)
        metadata = [("authorization", token)]
        try:
            server.GetVersion(milvus_pb2.GetVersionRequest(), metadata=metadata, timeout=seconds)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                raise LoginRefusedError(
                    f"Milvus at {uri} refused the user {USER!r} with this password. Expected the "
                    "one in the environment's Secret; deploy the stack again if it was changed."
                ) from None
            raise ServerDownError(
                f"Milvus at {uri} does not answer ({error.code().name}: {error.details()}). "
                "Check its pods with `kubectl get pods`, and that this machine may reach it."
            ) from None


def _channel(target: str, certificate: Certificate | None, *, encrypted: bool) -> grpc.Channel:
    options: list[tuple[str, Any]] = [("grpc.enable_http_proxy", 0)]
    if not encrypted:
        return grpc.insecure_channel(target, options)
    roots = None
    if certificate:
        options.append(("grpc.ssl_target_name_override", certificate.name))
        roots = Path(certificate.ca_file).read_bytes() if certificate.ca_file else None
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)
