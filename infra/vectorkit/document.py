"""The stack document: what one environment is, in frozen types that accept nothing else.

What is omitted has the safe default. Every default is here and nowhere else.
"""

from typing import Annotated, Literal

from pydantic import Field

from vectorkit import sizing
from vectorkit.stores import Store
from vectorkit.strict import Found, Strict
from vectorkit.value_types import (
    Count,
    DnsLabel,
    ExactVersion,
    FilePath,
    Flag,
    ImageTag,
    NamespaceName,
    Network,
    Quantity,
    RootPath,
    Text,
    mebibytes,
)


class Cluster(Strict):
    """The Kubernetes cluster."""

    kubeconfig: FilePath
    context: Text
    """Named always: the kubeconfig's current context is whatever was used last."""


class Workload(Strict):
    """What Milvus has to hold; its size follows from it."""

    vectors: Count
    dimension: Annotated[int, Field(strict=True, ge=2, le=32768)]
    index: Literal["FLAT", "IVF_FLAT", "IVF_SQ8", "HNSW", "DISKANN", "BIN_FLAT", "BIN_IVF_FLAT"]
    metric: Literal["COSINE", "IP", "L2", "HAMMING", "JACCARD"]
    replicas: Count = 1

    @property
    def size(self) -> sizing.Sizing:
        """Memory and disk by Milvus's formulas."""
        return sizing.size(**self.model_dump(exclude={"metric"}))

    def contradictions(self) -> Found:
        binary = self.index in sizing.BINARY_INDEXES
        legal = ("HAMMING", "JACCARD") if binary else ("COSINE", "IP", "L2")
        if self.metric not in legal:
            yield "metric", f"{self.metric} does not go with {self.index}; choose {_any(legal)}."
        if binary and self.dimension % 8:
            yield (
                "dimension",
                f"{self.dimension} bits do not fill bytes; {self.index} needs a multiple of 8.",
            )


class Chart(Strict):
    """The Helm chart: a folder or .tgz at `path`, or `name` in a `repository` (https or oci)."""

    path: FilePath | None = None
    repository: Annotated[str, Field(pattern=r"^(https|oci)://[^/]+")] | None = None
    name: DnsLabel | None = None
    version: ExactVersion

    def contradictions(self) -> Found:
        remote = (self.repository is not None, self.name is not None)
        if remote != ((True, True) if self.path is None else (False, False)):
            yield "path", "give either path, or repository and name; one of the two, in full."


class Image(Strict):
    """A container image, pinned."""

    repository: Text
    tag: ImageTag


class EtcdImage(Image):
    """etcd's image; its chart wants the registry apart."""

    registry: Text


class Milvus(Strict):
    """How Milvus is installed."""

    chart: Chart
    image: Image
    etcd_image: EtcdImage
    mode: Literal["standalone"] = "standalone"
    wal: Literal["rocksmq", "woodpecker"]
    """Where writes go first: rocksmq on the volume, woodpecker (Milvus 2.6 on) in the store."""
    root_path: RootPath
    storage_class: Text | None = None
    """None: the cluster's default class."""
    memory: Quantity | None = None
    """None: what the workload needs."""
    disk: Quantity | None = None
    """None: what the workload needs."""
    ready_within_seconds: Annotated[int, Field(strict=True, ge=60, le=3600)] = 900


class Guardrails(Strict):
    """Limits of the namespace."""

    pod_security: Literal["restricted", "baseline"] = "restricted"
    """baseline only for images that must run as root."""


class Monitoring(Strict):
    """Who watches the environment, and what is told to whom."""

    namespace: DnsLabel | None = None
    """Where Prometheus runs: it alone may read port 9091, which is dangerous. None: nobody."""
    prometheus_operator: Flag = False
    """Declare PodMonitors and a PrometheusRule; the cluster must have the operator's types."""
    grafana_dashboard: Flag = False
    """Declare a ConfigMap with a dashboard, labelled for the sidecar of Grafana's chart."""

    def contradictions(self) -> Found:
        if self.prometheus_operator and self.namespace is None:
            yield (
                "namespace",
                "the operator's Prometheus is told whom to scrape and may reach nobody; name the "
                "namespace that it runs in.",
            )


class Access(Strict):
    """Who reaches Milvus. Without node_port it is only reachable inside the cluster."""

    node_port: Annotated[int, Field(strict=True, ge=30000, le=32767)] | None = None
    host: Text | None = None
    """A node's address or name, where node_port answers."""
    clients: tuple[Network, ...] = ()

    def contradictions(self) -> Found:
        if (self.node_port is None) != (self.host is None):
            yield "node_port", "node_port and host go together; set both or neither."
        if self.node_port is not None and not self.clients:
            yield "clients", "the node port serves nobody; list the networks of the clients."


class Document(Strict):
    """One environment."""

    durable: Flag = True
    """Protect data from deletion; say false only where it may be destroyed."""
    cluster: Cluster
    namespace: NamespaceName
    guardrails: Guardrails = Guardrails()
    monitoring: Monitoring = Monitoring()
    store: Store
    workload: Workload
    milvus: Milvus
    access: Access = Access()

    @property
    def memory_mib(self) -> int:
        """Milvus's memory: as declared, else what the workload needs."""
        return mebibytes(self.milvus.memory) if self.milvus.memory else self.workload.size.memory

    @property
    def memory_limit_mib(self) -> int:
        """Milvus's memory while an index is built."""
        return max(self.memory_mib, self.workload.size.memory_limit)

    @property
    def disk_mib(self) -> int:
        """Milvus's own volume: as declared, else what the workload needs."""
        return mebibytes(self.milvus.disk) if self.milvus.disk else self.workload.size.disk

    def contradictions(self) -> Found:
        if self.milvus.mode == "standalone" and self.workload.replicas > 1:
            yield (
                "workload.replicas",
                f"{self.workload.replicas} replicas need as many query nodes, and standalone has "
                "one; set 1.",
            )
        if not self.durable and self.store.vault.mode == "compliance":
            yield "durable", "false promises what compliance forbids; sealed copies stay."
        needed = self.workload.size
        yield from _too_small("milvus.memory", self.memory_mib, needed.memory)
        yield from _too_small("milvus.disk", self.disk_mib, needed.disk)


def _too_small(path: str, declared: int, needed: int) -> Found:
    if declared < needed:
        yield (
            path,
            f"{declared} MiB is too small: the workload needs {needed} MiB; set {needed}Mi or "
            "more, or leave the key out.",
        )


def _any(values: tuple[str, ...]) -> str:
    return ", ".join(values[:-1]) + f" or {values[-1]}"
