"""How many pods of each component a workload needs in cluster mode, and how large each is."""

from dataclasses import dataclass
from math import ceil

from vectorkit.schema import sizing
from vectorkit.schema.milvus_document import Scale
from vectorkit.schema.strict import Found
from vectorkit.schema.value_types import mebibytes

AVAILABLE = 2
"""Of what answers clients or takes writes: one may be lost or moved."""
BUILD_MIB_PER_CPU_SECOND = 0.2
"""Vectors that one core indexes: VectorDBBench's 10 million of 768 dimensions took 16 cores
8,564 s (May 2025, HNSW_SQ8)."""
DATA_NODE_CPUS = 4
BUILD_SEGMENTS = 3
"""As much as a segment and what is made of it take on a data node: its vectors, and an index that
is up to twice as large."""
WAL_MIB_PER_SECOND = 35
"""Half of what Milvus publishes for Woodpecker on a small store (71 MB/s), for what comes in
bursts."""
GROWING_SEGMENTS = 4
"""That a streaming node holds until they are sealed."""


@dataclass(frozen=True, kw_only=True)
class Pods:
    """One component."""

    count: int
    most: int
    """While it is scaled out."""
    cpu_millis: int
    memory_mib: int
    disk_mib: int = 0
    """On the machine's own disk."""


ETCD = Pods(count=3, most=3, cpu_millis=2000, memory_mib=4096)
"""A quorum survives one. Each as Milvus's sizing tool answers for a cluster, and as large as its
quota, for it maps its whole database."""
ETCD_OF_STANDALONE = Pods(count=1, most=1, cpu_millis=100, memory_mib=512)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All components, by the names that the chart's labels give them."""

    proxy: Pods
    mixcoord: Pods
    querynode: Pods
    datanode: Pods
    streamingnode: Pods
    query_nodes_of_a_replica: int
    """As many hold each replica when one of all is lost: Milvus deals nodes out evenly, and no
    node serves two replicas of a collection."""
    needed_query_nodes: int
    """The fewest that hold every replica, each with query_node_memory, when one is lost."""
    needed_data_nodes: int
    needed_streaming_nodes: int

    @property
    def components(self) -> dict[str, Pods]:
        """By label."""
        return {
            "proxy": self.proxy,
            "mixcoord": self.mixcoord,
            "querynode": self.querynode,
            "datanode": self.datanode,
            "streamingnode": self.streamingnode,
        }

    @property
    def memory_mib(self) -> int:
        """Of all pods at most, with one more of each while a new version takes over."""
        return sum((one.most + 1) * one.memory_mib for one in self.components.values())

    @property
    def pods(self) -> int:
        """At most, as memory_mib."""
        return sum(one.most + 1 for one in self.components.values())


def shape(size: sizing.Sizing, *, replicas: int, rows_per_second: int, scale: Scale) -> Shape:
    """The pods for a workload; what `scale` leaves open follows from the workload."""
    largest = mebibytes(scale.query_node_memory)
    loaded = ceil(sizing.HEADROOM * size.loaded)
    # One more than the replicas fill: what a lost node held must find room in the others.
    needed = replicas * ceil(loaded / (largest - sizing.PROCESS_MIB)) + 1
    query_nodes = scale.query_nodes or needed
    of_a_replica = max((query_nodes - 1) // replicas, 1)
    indexed = rows_per_second * size.vector_bytes / 1024**2
    written = rows_per_second * size.row_bytes / 1024**2
    builders = max(AVAILABLE, ceil(indexed / (BUILD_MIB_PER_CPU_SECOND * DATA_NODE_CPUS)))
    loggers = max(AVAILABLE, ceil(written / WAL_MIB_PER_SECOND))
    return Shape(
        proxy=Pods(count=scale.proxies, most=scale.most_proxies, cpu_millis=1000, memory_mib=2048),
        # The second one stands by, and takes over when the first is lost.
        mixcoord=_fixed(AVAILABLE, cpu_millis=1000, memory_mib=2048),
        querynode=_fixed(
            query_nodes,
            cpu_millis=4000,
            memory_mib=min(_step(sizing.PROCESS_MIB + loaded / of_a_replica), largest),
            disk_mib=_step(size.node_disk / of_a_replica),
        ),
        datanode=_fixed(
            scale.data_nodes or builders,
            cpu_millis=DATA_NODE_CPUS * 1000,
            memory_mib=sizing.PROCESS_MIB + BUILD_SEGMENTS * size.segment,
            disk_mib=BUILD_SEGMENTS * size.segment,
        ),
        streamingnode=_fixed(
            scale.streaming_nodes or loggers,
            cpu_millis=2000,
            memory_mib=sizing.PROCESS_MIB + GROWING_SEGMENTS * size.segment,
        ),
        query_nodes_of_a_replica=of_a_replica,
        needed_query_nodes=needed,
        needed_data_nodes=builders,
        needed_streaming_nodes=loggers,
    )


def too_small(found: Shape, scale: Scale) -> Found:
    """What was declared and does not carry the workload, with both numbers."""
    for key, pods, needed in (
        ("query_nodes", found.querynode, found.needed_query_nodes),
        ("data_nodes", found.datanode, found.needed_data_nodes),
        ("streaming_nodes", found.streamingnode, found.needed_streaming_nodes),
    ):
        if pods.count < needed:
            more = f" of {scale.query_node_memory} each" if key == "query_nodes" else ""
            yield (
                f"milvus.scale.{key}",
                f"{pods.count} is too few: the workload needs {needed}{more}; set {needed} or "
                "more, or leave the key out.",
            )


def _fixed(count: int, *, cpu_millis: int, memory_mib: int, disk_mib: int = 0) -> Pods:
    return Pods(
        count=count, most=count, cpu_millis=cpu_millis, memory_mib=memory_mib, disk_mib=disk_mib
    )


def _step(mib: float) -> int:
    return ceil(mib / sizing.STEP_MIB) * sizing.STEP_MIB
