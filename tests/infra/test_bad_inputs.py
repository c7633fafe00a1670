"""What nobody means to write is refused at its path, with what was probably meant."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from tests.infra.conftest import CANARY, Program
from tests.infra.stack_document import settings, tracked
from vectorkit.decisions import milvus_values
from vectorkit.schema.problems import Problems
from vectorkit.settings import parse

LOCAL, CLUSTER, AWS = "local", "prod-onprem", "prod-aws"


def refused(document: dict[str, Any], stack: str) -> dict[str, str]:
    with pytest.raises(Problems) as raised:
        parse(document, stack)
    return dict(raised.value.found)


@pytest.mark.parametrize(
    ("stack", "path", "meant"),
    [
        (LOCAL, "store.vault.retentionDay", "retention_days"),
        (LOCAL, "milvus.chart.versoin", "version"),
        (LOCAL, "access.nodeport", "node_port"),
        (LOCAL, "guardrails.podsecurity", "pod_security"),
        (CLUSTER, "milvus.scale.querynodes", "query_nodes"),
        (CLUSTER, "milvus.tls.clusterissuer", "cluster_issuer"),
        (CLUSTER, "store.deployer_ids", "deployer_user_ids"),
        (AWS, "store.deployer", "deployers"),
        (AWS, "store.vault.mod", "mode"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest_of_its_own_part(
    stack: str, path: str, meant: str
) -> None:
    found = refused(tracked(stack, {path: "planted-canary"}), stack)
    assert found == {path: f"is not a known key; did you mean {meant!r}?"}


def test_a_key_of_the_other_kind_of_store_is_answered_with_those_of_this_one() -> None:
    sentence = refused(tracked(AWS, {"store.endpoint": "https://s3.example"}), AWS)
    assert list(sentence) == ["store.endpoint"]
    assert "account_id" in sentence["store.endpoint"]
    assert "milvus_user_ids" not in sentence["store.endpoint"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("store.live.bucket", "10.1.2.3", "not a usable bucket name"),
        ("store.live.bucket", "xn--abc", "not a usable bucket name"),
        ("store.live.bucket", "abc-s3alias", "not a usable bucket name"),
        ("store.live.bucket", "a" * 64, "not a usable bucket name"),
        ("namespace", "a.b", "not a DNS label"),
        ("namespace", "a" * 64, "not a DNS label"),
        ("workload.replicas", 0, "greater than or equal to 1, not 0"),
        ("milvus.root_path", "local/", "not a root path"),
        ("store", None, "must be a mapping"),
        ("store", [], "must be a mapping"),
        ("milvus", "v2.6.15", "must be a mapping with keys of its own, not 'v2.6.15'"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_at_its_path(
    path: str, value: object, says: str
) -> None:
    found = refused(tracked(LOCAL, {path: value}), LOCAL)
    assert list(found) == [path]
    assert says in found[path]


@pytest.mark.parametrize("endpoint", ["https://s3.example", "https://s3.example/"])
def test_an_endpoint_without_a_port_means_that_of_https_and_a_last_slash_means_nothing(
    endpoint: str,
) -> None:
    changes = {"store.endpoint": endpoint, "store.networks": ["192.0.2.10/32"]}
    found = settings(changes)
    assert (found.store.endpoint, found.store.port) == ("https://s3.example", 443)
    values = milvus_values.values(found, ca_bundle=None)["externalS3"]
    assert (values["host"], values["port"], values["useSSL"]) == ("s3.example", "443", True)


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("http://s3.example", "'http' will not do: the store is only spoken to over TLS"),
        ("s3.example:9000", "write https://host or https://host:port"),
        ("https://s3.example/bucket", "must end after the port"),
    ],
)
def test_an_endpoint_that_could_mean_something_else_is_refused(endpoint: str, says: str) -> None:
    found = refused(tracked(LOCAL, {"store.endpoint": endpoint}), LOCAL)
    assert list(found) == ["store.endpoint"]
    assert says in found["store.endpoint"]


@pytest.mark.parametrize("key", sorted(CANARY))
def test_a_secret_in_plain_text_is_refused_and_not_repeated(
    run: Callable[..., Program], key: str
) -> None:
    made: list[str] = []
    with pytest.raises(pulumi.RunError, match=f"{key} stands in the stack file in plain") as raised:
        run(stack_name=CLUSTER, plain=[key], made=made)
    assert CANARY[key] not in str(raised.value)
    assert [one for one in made if not one.startswith(("pulumi:", "vectorkit:"))] == []
