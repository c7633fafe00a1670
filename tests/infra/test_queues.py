"""The write-ahead log: which may be chosen, what it needs, and who may reach it."""

from typing import Any

import pytest

from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import ABSENT, KAFKA, PULSAR, QUEUES, settings, tracked
from vectorkit.decisions import milvus_values
from vectorkit.decisions.decide import decide
from vectorkit.decisions.store_needs import needs
from vectorkit.schema.problems import Problems
from vectorkit.settings import parse

CONDITIONAL = "put-if-none-match-versioned"


def problems(changes: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Problems) as refused:
        parse(tracked("local", changes), "local")
    return dict(refused.value.found)


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"milvus.wal": "pulsar"}, "milvus.pulsar", "say where it is"),
        ({"milvus.wal": "kafka"}, "milvus.kafka", "say where it is"),
        (PULSAR | {"milvus.wal": "rocksmq"}, "milvus.pulsar", "wal is rocksmq; remove this key"),
        ({"milvus.wal": "natsmq"}, "milvus.wal", "'woodpecker'"),
        (PULSAR | {"milvus.pulsar.host": "pulsar://p"}, "milvus.pulsar.host", "match pattern"),
        (
            PULSAR | {"milvus.pulsar.credentials_secret": ABSENT},
            "milvus.pulsar.credentials_secret",
            "set both or neither",
        ),
        (PULSAR | {"milvus.pulsar.networks": []}, "milvus.pulsar.networks", "at least 1"),
        (
            PULSAR | {"milvus.pulsar.networks": ["0.0.0.0/0", "10.9.0.0/24"]},
            "milvus.pulsar.networks.0",
            "everyone",
        ),
        (
            KAFKA | {"milvus.kafka.brokers": ["k:70000", "k:9093"]},
            "milvus.kafka.brokers.0",
            "host:port",
        ),
        (KAFKA | {"milvus.kafka.password": "x"}, "milvus.kafka.password", "not a known key"),
    ],
)
def test_a_queue_that_cannot_be_used_is_refused(
    changes: dict[str, Any], path: str, says: str
) -> None:
    found = problems(changes)
    assert list(found) == [path]
    assert says in found[path]


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("stack", ["dev", "prod-aws"])
def test_every_queue_is_set_at_paths_that_the_chart_has(queue: str, stack: str) -> None:
    one = settings(QUEUES[queue], stack=stack)
    assert unknown_paths(milvus_values.values(one, ca_bundle=None), one.milvus.chart) == []


@pytest.mark.parametrize("queue", QUEUES)
def test_conditional_writes_are_needed_by_woodpecker_alone(queue: str) -> None:
    assert (CONDITIONAL in needs(settings(QUEUES[queue], stack="dev"))) == (queue == "woodpecker")


@pytest.mark.parametrize(("changes", "port"), [(PULSAR, 6651), (KAFKA, 9093)])
def test_milvus_alone_may_reach_the_queue_and_only_in_its_networks(
    changes: dict[str, Any], port: int
) -> None:
    policies = decide(settings(changes), ca_bundle=None).network_policies
    rule = {
        "to": [{"ipBlock": {"cidr": "10.9.0.0/24"}}],
        "ports": [{"port": port, "protocol": "TCP"}],
    }
    assert [name for name, one in policies.items() if rule in one.get("egress", [])] == [
        "allow-milvus"
    ]
    without = decide(settings(), ca_bundle=None).network_policies["allow-milvus"]
    assert len(without["egress"]) + 1 == len(policies["allow-milvus"]["egress"])
