"""A store outside of the places where data may lie is refused."""

from typing import Any

import pytest

from tests.infra.stack_document import KAFKA, PULSAR, settings
from vectorkit.schema.problems import Problems

REGIONS, HOSTS = "sovereignty.regions", "sovereignty.hosts"
AWS_S3 = "s3.eu-central-1.amazonaws.com"
KAFKA_HOSTS = ["kafka-0.example", "kafka-1.example"]


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("prod-aws", {REGIONS: ["eu-central-1"]}),
        ("prod-aws", {HOSTS: ["s3.eu-central-1.amazonaws.com"]}),
        ("prod-onprem", {HOSTS: ["other.example", "s3.example.com"]}),
        ("prod-onprem", {HOSTS: [".example.com"], REGIONS: ["us-east-1"]}),
        ("prod-onprem", {**PULSAR, HOSTS: [".example.com", "pulsar.example"]}),
        ("prod-aws", {**KAFKA, REGIONS: ["eu-central-1"], HOSTS: [AWS_S3, *KAFKA_HOSTS]}),
    ],
)
def test_a_store_within_the_lists_is_taken(stack: str, changes: dict[str, Any]) -> None:
    assert settings(changes, stack=stack).store


@pytest.mark.parametrize(
    ("stack", "changes", "path", "says"),
    [
        ("prod-aws", {REGIONS: ["eu-north-1"]}, "store.region", "allows: eu-north-1"),
        ("prod-aws", {HOSTS: ["s3.eu-north-1.amazonaws.com"]}, "store.region", "s3.eu-central-1"),
        ("prod-onprem", {HOSTS: ["s3.example.com.evil.example"]}, "store.endpoint", "not among"),
        ("prod-onprem", {HOSTS: ["example.com"]}, "store.endpoint", "not among"),
        ("prod-onprem", {HOSTS: [], REGIONS: ["us-east-1"]}, HOSTS, "region as it likes"),
        (
            "prod-onprem",
            {**PULSAR, HOSTS: [".example.com"]},
            "milvus.pulsar.host",
            "pulsar.example is not among",
        ),
        (
            "prod-onprem",
            {**KAFKA, HOSTS: [".example.com", KAFKA_HOSTS[0]]},
            "milvus.kafka.brokers.1",
            "kafka-1.example is not among",
        ),
        ("prod-aws", {**KAFKA, REGIONS: ["eu-central-1"]}, HOSTS, "nobody knows in which region"),
        ("prod-onprem", {"sovereignty.host": ["x"]}, "sovereignty.host", "mean 'hosts'"),
    ],
)
def test_a_store_outside_of_the_lists_is_refused_where_it_is_named(
    stack: str, changes: dict[str, Any], path: str, says: str
) -> None:
    with pytest.raises(Problems) as raised:
        settings(changes, stack=stack)
    found = dict(raised.value.found)
    assert list(found) == [path]
    assert says in found[path]
