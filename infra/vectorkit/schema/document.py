"""The stack document: what one environment is, in frozen types that accept nothing else.

What is omitted has the safe default. Every default is here and nowhere else.
"""

from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from vectorkit.schema import cluster_sizing, sizing
from vectorkit.schema.milvus_document import Gpu, Milvus
from vectorkit.schema.sovereignty import Sovereignty
from vectorkit.schema.stores import Store
from vectorkit.schema.strict import Found, Strict
from vectorkit.schema.value_types import (
    ClusterUid,
    Count,
    DnsLabel,
    FilePath,
    Flag,
    NamespaceName,
    Network,
    Text,
    mebibytes,
)


class Cluster(Strict):
    """The Kubernetes cluster."""

    kubeconfig: FilePath
    context: Text
    """Named always: the kubeconfig's current context is whatever was used last."""
    uid: ClusterUid | None = None
    """Of namespace kube-system, which no other cluster has: `kubectl get namespace kube-system -o
    jsonpath={.metadata.uid}`. Another cluster is refused. None: the one that the stack is deployed
    to, and before that whatever the context leads to."""


class Workload(Strict):
    """What Milvus has to hold; its size follows from it."""

    vectors: Count
    dimension: Annotated[int, Field(strict=True, ge=2, le=32768)]
    index: Literal[
        "FLAT",
        "IVF_FLAT",
        "IVF_SQ8",
        "HNSW",
        "DISKANN",
        "GPU_CAGRA",
        "BIN_FLAT",
        "BIN_IVF_FLAT",
    ]
    metric: Literal["COSINE", "IP", "L2", "HAMMING", "JACCARD"]
    payload_bytes: Annotated[int, Field(strict=True, ge=0)] = 1024
    """Mean size of all other fields of a row: its text, its key, what it is filtered by. They are
    stored, logged and sealed with the vector, and loaded into memory beside the index. Default: a
    passage of 200 to 250 tokens; 0 only where rows have nothing but a vector."""
    replicas: Count = 1
    """Copies of the loaded index, which answer side by side; each needs query nodes of its own."""
    rows_per_second: Count = 100
    """What is written at the busiest time; data and streaming nodes follow from it."""

    @property
    def size(self) -> sizing.Sizing:
        """Memory and disk of one replica by Milvus's formulas."""
        return sizing.size(
            vectors=self.vectors,
            dimension=self.dimension,
            index=self.index,
            payload_bytes=self.payload_bytes,
        )

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
    labels: dict[str, Text] = Field(default_factory=dict)
    """Of both, for an operator that selects what it reads: kube-prometheus-stack, unless told
    otherwise, wants `release` with the name of its own Helm release. Empty: it reads all."""
    grafana_dashboard: Flag = False
    """Declare a ConfigMap with a dashboard, labelled for the sidecar of Grafana's chart."""

    def contradictions(self) -> Found:
        if self.prometheus_operator and self.namespace is None:
            yield (
                "namespace",
                "the operator's Prometheus is told whom to scrape and may reach nobody; name the "
                "namespace that it runs in.",
            )
        if self.labels and not self.prometheus_operator:
            yield "labels", "are of objects that prometheus_operator declares; set it, or remove."


class ExternalSecrets(Strict):
    """Credentials that the External Secrets operator brings, instead of the stack's own secrets.

    It looks for other values every hour. Another key to the store reaches Milvus when its pods are
    restarted (`kubectl rollout restart deployment`), the next seal by itself. The passwords of
    Milvus and etcd are those of their first start; nothing refuses another one here."""

    cluster_secret_store: DnsLabel
    root_password: Text
    """Where the store keeps Milvus's root password."""
    etcd_password: Text | None = None
    """Where it keeps that of etcd, if etcd asks for one: 16 to 72 letters, digits, '.', '_', '~'
    and '-'."""
    access_key_id: Text | None = None
    secret_access_key: Text | None = None
    """Where it keeps Milvus's key to the live bucket; not in AWS, where Milvus takes a role."""
    vault_access_key_id: Text | None = None
    vault_secret_access_key: Text | None = None
    """Where it keeps the key of the vault's writer, for a vault with a schedule; not in AWS."""


class Access(Strict):
    """Who reaches Milvus. Without node_port it is only reachable inside the cluster."""

    node_port: Annotated[int, Field(strict=True, ge=30000, le=32767)] | None = None
    host: Text | None = None
    """A node's address or name, where node_port answers."""
    clients: tuple[Network, ...] = ()
    """Whose addresses Milvus's pods answer. A node that passes a connection of node_port on to
    another node shows its own address there: where the nodes are more than one, `host` is the one
    that Milvus runs on, or a balancer before such nodes, and no node's address is in these
    networks."""
    namespaces: tuple[DnsLabel, ...] = ()
    """Whose pods may speak to Milvus, and to nothing else here; its own namespace's may anyway."""

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
    sovereignty: Sovereignty = Sovereignty()
    external_secrets: ExternalSecrets | None = None
    """None: the stack's configuration holds them, encrypted."""

    @property
    def shape(self) -> cluster_sizing.Shape | None:
        """How many pods of each component, and how large; None: standalone."""
        if self.milvus.mode == "standalone":
            return None
        workload = self.workload
        return cluster_sizing.shape(
            workload.size,
            replicas=workload.replicas,
            rows_per_second=workload.rows_per_second,
            scale=self.milvus.scale,
        )

    @property
    def etcd(self) -> cluster_sizing.Pods:
        """Its members."""
        return cluster_sizing.ETCD if self.shape else cluster_sizing.ETCD_OF_STANDALONE

    @property
    def memory_mib(self) -> int:
        """Standalone's memory: as declared, else what the workload needs."""
        return mebibytes(self.milvus.memory) if self.milvus.memory else self.workload.size.memory

    @property
    def memory_limit_mib(self) -> int:
        """Standalone's memory while an index is built."""
        return max(self.memory_mib, self.workload.size.memory_limit)

    @property
    def memory_limits_mib(self) -> dict[str, int]:
        """What each of Milvus's containers may take, by name."""
        if self.shape is None:
            return {"standalone": self.memory_limit_mib}
        return {name: pods.memory_mib for name, pods in self.shape.components.items()}

    @property
    def disk_mib(self) -> int:
        """Standalone's own volume: as declared, else what the workload needs."""
        return mebibytes(self.milvus.disk) if self.milvus.disk else self.workload.size.disk

    def contradictions(self) -> Found:
        yield from self._mode_and_workload()
        yield from self._index_and_hardware()
        if not self.durable and self.store.vault.mode == "compliance":
            yield "durable", "false promises what compliance forbids; sealed copies stay."
        yield from self.sovereignty.refusals(self.store, self.milvus.queue_hosts)
        yield from self._credentials()
        if self.durable and self.milvus.tls is None and not self.milvus.allow_plaintext:
            yield (
                "milvus.tls",
                "is missing: a durable environment's data and passwords do not travel in the "
                "clear. Name a Secret with a certificate, or write allow_plaintext: true.",
            )

    def _credentials(self) -> Found:
        given = self.external_secrets
        if given is None:
            return
        sealed = self.store.vault.schedule is not None and not self.store.uses_iam
        wanted = {
            "access_key_id": (not self.store.uses_iam, "a key of Milvus to this store"),
            "vault_access_key_id": (sealed, "a key of the vault's writer for a job that seals"),
            "etcd_password": (not self.milvus.allow_anonymous_etcd, "a password of etcd"),
        }
        wanted["secret_access_key"] = wanted["access_key_id"]
        wanted["vault_secret_access_key"] = wanted["vault_access_key_id"]
        for key, (needed, what) in wanted.items():
            if (getattr(given, key) is not None) != needed:
                yield (
                    f"external_secrets.{key}",
                    f"is missing: this environment has {what}."
                    if needed
                    else f"this environment has no {what.removeprefix('a ')}; remove this.",
                )

    def _mode_and_workload(self) -> Found:
        needed, milvus = self.workload.size, self.milvus
        if milvus.mode == "standalone":
            if self.workload.replicas > 1:
                yield (
                    "workload.replicas",
                    f"{self.workload.replicas} replicas need as many query nodes, and standalone "
                    "has one; set 1, or milvus.mode cluster.",
                )
            yield from _too_small("milvus.memory", self.memory_mib, needed.memory)
            yield from _too_small("milvus.disk", self.disk_mib, needed.disk)
        elif self.shape:
            yield from cluster_sizing.too_small(self.shape, milvus.scale)

    def _index_and_hardware(self) -> Found:
        index, milvus = self.workload.index, self.milvus
        if (index == "GPU_CAGRA") != (milvus.gpu is not None):
            yield (
                "milvus.gpu",
                "GPU_CAGRA needs GPUs; say how many a pod takes, and by which runtime class."
                if milvus.gpu is None
                else f"index {index} uses no GPU; remove this key.",
            )
        if index == "GPU_CAGRA" and milvus.gpu is not None:
            yield from self._gpu_memory(milvus.gpu)
        if index == "DISKANN" and milvus.mode == "standalone" and milvus.storage_class is None:
            yield (
                "milvus.storage_class",
                "DISKANN searches on the volume; name a class of local NVMe, for the default one "
                "may be anything.",
            )
        if index == "DISKANN" and milvus.mode == "cluster" and not milvus.node_selector:
            yield (
                "milvus.node_selector",
                "DISKANN searches on the disk of the query nodes' own machines; select those "
                "whose kubelet lies on local NVMe.",
            )

    def _gpu_memory(self, gpu: Gpu) -> Found:
        """Each replica is held by the GPUs of query nodes of its own, or of standalone."""
        pods = self.shape.query_nodes_of_a_replica if self.shape else 1
        held = pods * gpu.count * mebibytes(gpu.memory)
        needed = ceil(sizing.HEADROOM * self.workload.size.index)
        if held < needed:
            lost = " that are left to a replica when one is lost" if self.shape else ""
            yield (
                "milvus.gpu.count",
                f"{pods} pods{lost}, with {gpu.count} GPUs of {gpu.memory} each, hold {held} MiB, "
                f"and the index needs {needed} MiB; take more or larger GPUs, or more query nodes.",
            )


def _too_small(path: str, declared: int, needed: int) -> Found:
    if declared < needed:
        yield (
            path,
            f"{declared} MiB is too small: the workload needs {needed} MiB; set {needed}Mi or "
            "more, or leave the key out.",
        )


def _any(values: tuple[str, ...]) -> str:
    return ", ".join(values[:-1]) + f" or {values[-1]}"
