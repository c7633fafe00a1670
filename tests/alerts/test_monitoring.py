"""What the Prometheus operator is told goes with the ports that are open and the pods that run."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.alerts import promtool
from tests.rendered import rendering
from vectorkit.decisions import monitoring_manifests, namespace_rules
from vectorkit.decisions.alert import Watched
from vectorkit.schema import certificates

TODAY = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(days: int) -> str:
    """A CA in PEM that ends so many days from TODAY."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ends in {days} days")])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(days)
        .not_valid_before(TODAY)
        .not_valid_after(TODAY + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    watched = Watched(
        namespace=promtool.NAMESPACE,
        milvus=(2, 6, 15),
        memory_limits_mib={"standalone": 1536},
        ca_expires=certificates.first_expiry(certificate(400) + certificate(90)),
    )
    return monitoring_manifests.for_operator(watched, labels={"team": "search"})


def monitors(objects: list[dict[str, Any]]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    for one in rendering.of_kind("PodMonitor", objects):
        (endpoint,) = one["spec"]["podMetricsEndpoints"]
        yield one["spec"]["selector"]["matchLabels"], endpoint


def scraped_port(endpoint: dict[str, Any]) -> int:
    """Where Prometheus goes, as its relabelling of the declared port says."""
    address = f"10.0.0.1:{endpoint['portNumber']}"
    for rule in endpoint.get("relabelings", []):
        assert rule["sourceLabels"] == [rule["targetLabel"]] == ["__address__"]
        replacement = rule["replacement"].replace("$1", r"\1")
        address = re.sub(f"^{rule['regex']}$", replacement, address)
    return int(address.rpartition(":")[2])


def test_the_first_certificate_that_ends_counts(objects: list[dict[str, Any]]) -> None:
    assert certificates.first_expiry(certificate(400) + certificate(90)) == TODAY + timedelta(90)
    (rule,) = rendering.of_kind("PrometheusRule", objects)
    (told,) = [
        one
        for one in rule["spec"]["groups"][0]["rules"]
        if one["alert"] == "StoreCertificateAuthorityExpires"
    ]
    assert told["expr"] == f"vector(time()) > {int((TODAY + timedelta(60)).timestamp())}"


def test_what_is_scraped_is_let_in_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    policies = namespace_rules.network_policies(
        store_networks=[], store_port=1, clients=[], monitoring_namespace="monitoring"
    )
    watcher = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    open_to_it = [
        (policy["podSelector"]["matchLabels"], port["port"])
        for policy in policies.values()
        for rule in policy.get("ingress", [])
        for port in rule["ports"]
        if {"namespaceSelector": watcher} in rule["from"]
    ]
    scraped = [(labels, scraped_port(endpoint)) for labels, endpoint in monitors(objects)]
    assert sorted(scraped, key=str) == sorted(open_to_it, key=str)


@pytest.mark.tools
def test_our_charts_pods_are_found_by_label_and_declared_port(
    objects: list[dict[str, Any]],
) -> None:
    rendered = rendering.manifests(rendering.OWN_CHART, rendering.values_of("local"))
    owners = rendering.of_kind("Deployment", rendered) + rendering.of_kind("StatefulSet", rendered)
    templates = [one["spec"]["template"] for one in owners]
    for labels, endpoint in monitors(objects):
        (pod,) = [one for one in templates if labels.items() <= one["metadata"]["labels"].items()]
        ports = [one["containerPort"] for one in pod["spec"]["containers"][0]["ports"]]
        assert endpoint["portNumber"] in ports


@pytest.mark.tools
def test_prometheus_takes_the_rules_as_they_are_declared(
    objects: list[dict[str, Any]], tmp_path: Path
) -> None:
    (rule,) = rendering.of_kind("PrometheusRule", objects)
    assert promtool.check(tmp_path, rule["spec"]) == ""
