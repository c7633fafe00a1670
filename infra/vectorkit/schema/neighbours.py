"""What two environments may not share, since each takes all that is in it for its own."""

from collections.abc import Iterator, Mapping

from vectorkit.schema.document import Cluster, Document
from vectorkit.schema.milvus_document import Milvus
from vectorkit.schema.stores import AwsStore, Store
from vectorkit.schema.strict import Found


def clashes(own: Document, others: Mapping[str, Document]) -> Found:
    """What `own` claims that one of the others, by name, claims too."""
    for name, other in others.items():
        taken = set(_buckets(other.store).values())
        for path, place in _buckets(own.store).items():
            if place in taken:
                yield (
                    path,
                    f"{place[1]!r} is a bucket of stack {name!r} too: Milvus deletes what it does "
                    "not know, which there is the other's data. Name a bucket that only this stack "
                    "has.",
                )
        if own.namespace == other.namespace and _is_same(own.cluster, other.cluster):
            yield (
                "namespace",
                f"{own.namespace!r} is the namespace of stack {name!r} too, in the same cluster; "
                "name one that only this stack has.",
            )
        queues = dict(_queues(other.milvus))
        for topics, path in _queues(own.milvus):
            if topics in queues:
                yield (
                    path,
                    f"{topics} is the queue of stack {name!r} too, and every Milvus gives its "
                    "topics the same names. Take another one; of a Pulsar, another tenant or "
                    "namespace will do.",
                )
                break


def _buckets(store: Store) -> dict[str, tuple[str, str]]:
    # AWS has a bucket's name once, in whatever region and account.
    at = "AWS" if isinstance(store, AwsStore) else f"{store.host}:{store.port}"
    return {
        "store.live.bucket": (at, store.live.bucket),
        "store.vault.bucket": (at, store.vault.bucket),
    }


def _is_same(one: Cluster, other: Cluster) -> bool:
    if one.uid and other.uid:
        return one.uid == other.uid
    return (one.kubeconfig, one.context) == (other.kubeconfig, other.context)


def _queues(milvus: Milvus) -> Iterator[tuple[str, str]]:
    """Each place where topics are, and the path that names it."""
    if pulsar := milvus.pulsar:
        place = f"{pulsar.host}:{pulsar.port}/{pulsar.tenant}/{pulsar.namespace}"
        yield place.lower(), "milvus.pulsar.host"
    if milvus.kafka:
        for broker in milvus.kafka.brokers:
            yield broker.lower(), "milvus.kafka.brokers"
