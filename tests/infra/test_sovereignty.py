"""A store outside of the places where data may lie is refused."""

from typing import Any

import pytest

from tests.infra.stack_document import settings
from vectorkit.problems import Problems

REGIONS, HOSTS = "sovereignty.regions", "sovereignty.hosts"


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("prod-aws", {REGIONS: ["eu-central-1"]}),
        ("prod-aws", {HOSTS: ["s3.eu-central-1.amazonaws.com"]}),
        ("prod-onprem", {HOSTS: ["other.example", "s3.example.com"]}),
        ("prod-onprem", {HOSTS: [".example.com"], REGIONS: ["us-east-1"]}),
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
