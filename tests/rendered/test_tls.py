"""TLS on Milvus's own port: the certificate is where Milvus is told, and nowhere else."""

from typing import Any

import pytest

from tests.rendered import rendering
from tests.rendered.rendering import OWN_CHART, REQUIRES_UPSTREAM, Manifest, values_of

pytestmark = pytest.mark.tools

TLS = {"milvus.tls": {"secret": "milvus-tls"}}
CASES = [
    pytest.param("own", "local", "standalone", id="our chart"),
    pytest.param("upstream", "local", "standalone", id="standalone", marks=REQUIRES_UPSTREAM),
    pytest.param("upstream", "staging", "proxy", id="cluster", marks=REQUIRES_UPSTREAM),
]


def rendered(chart: str, values: dict[str, Any]) -> list[Manifest]:
    return rendering.manifests(OWN_CHART if chart == "own" else rendering.upstream(), values)


@pytest.mark.parametrize(("chart", "stack", "server"), CASES)
def test_the_certificate_is_mounted_where_clients_are_served_and_only_there(
    chart: str, stack: str, server: str
) -> None:
    manifests = rendered(chart, values_of(stack, TLS))
    holders = []
    for pod in rendering.pods(manifests):
        (container,) = pod["containers"]
        volumes = {
            one["name"]
            for one in pod.get("volumes") or []
            if one.get("secret", {}).get("secretName") == "milvus-tls"
        }
        for mount in container.get("volumeMounts") or []:
            if mount["name"] in volumes:
                holders.append((container["name"], mount["mountPath"]))
    assert holders == [(server, "/milvus/tls-of-clients")]


@pytest.mark.parametrize(("chart", "stack", "server"), CASES)
def test_milvus_is_told_of_the_certificate(chart: str, stack: str, server: str) -> None:
    manifests = rendered(chart, values_of(stack, TLS))
    config = rendering.strictly(rendering.configuration(manifests)["user.yaml"])
    assert config["common"]["security"] == {"authorizationEnabled": True, "tlsMode": 1}
    assert config["tls"]["serverPemPath"] == "/milvus/tls-of-clients/tls.crt"
    assert config["tls"]["serverKeyPath"] == "/milvus/tls-of-clients/tls.key"
    names = {one["name"] for pod in rendering.pods(manifests) for one in pod["containers"]}
    assert server in names


def test_without_a_certificate_nothing_is_said_of_tls() -> None:
    values = values_of("local")
    assert "tls" not in values["extraConfigFiles"]["user.yaml"]
    assert "tls" not in str(values["volumes"])


@REQUIRES_UPSTREAM
def test_the_chart_makes_no_secret_of_a_key_in_its_values() -> None:
    assert rendering.of_kind("Secret", rendered("upstream", values_of("staging"))) == []
