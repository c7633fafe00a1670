"""The write-ahead log in the upstream chart: exactly one, in both modes, and no secret with it."""

from typing import Any

import pytest
import yaml

from tests.infra.stack_document import KAFKA, PULSAR, QUEUES
from tests.rendered import rendering
from tests.rendered.rendering import REQUIRES_UPSTREAM, Manifest, values_of, without
from vectorkit.decisions import naming

pytestmark = [pytest.mark.tools, REQUIRES_UPSTREAM]

MODES = {"standalone": "dev", "cluster": "prod-aws"}


def rendered(values: dict[str, Any]) -> list[Manifest]:
    return rendering.manifests(rendering.upstream(), values)


def default_file(values: dict[str, Any]) -> str:
    return rendering.configuration(rendered(values))["default.yaml"]


def secrets(values: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What every container of Milvus takes from the queue's own Secret."""
    (found,) = {
        tuple(
            (one["name"], reference["name"], reference["key"])
            for one in container["env"]
            if (reference := one.get("valueFrom", {}).get("secretKeyRef"))
            and reference["name"] not in (naming.CREDENTIALS_SECRET, naming.ETCD_CREDENTIALS)
        )
        for pod in rendering.pods(rendered(values))
        for container in pod["containers"]
        if container["name"] != "etcd"
    }
    return {name: (secret, key) for name, secret, key in found}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("queue", QUEUES)
def test_exactly_the_queue_of_the_stack_is_named_and_none_is_started(queue: str, mode: str) -> None:
    values = values_of(MODES[mode], QUEUES[queue])
    manifests = rendered(values)
    default = rendering.strictly(default_file(values))
    # Of Woodpecker inside a cluster's own pods the chart says nothing; our file does.
    assert default.get("mq", {"type": queue}) == {"type": queue}
    user = yaml.safe_load(rendering.configuration(manifests)["user.yaml"])
    assert user["mq"] == {"type": queue}
    sets = [one["metadata"]["name"] for one in rendering.of_kind("StatefulSet", manifests)]
    assert sets == ["milvus-etcd"]


@pytest.mark.parametrize("queue", ["pulsar", "kafka"])
def test_without_our_value_standalone_names_a_second_queue(queue: str) -> None:
    careless = without(values_of("dev", QUEUES[queue]), "standalone.messageQueue")
    with pytest.raises(yaml.constructor.ConstructorError, match="'mq'"):
        rendering.strictly(default_file(careless))


@pytest.mark.parametrize("mode", MODES)
def test_without_our_value_kafka_gets_a_pulsar_beside_it(mode: str) -> None:
    careless = without(values_of(MODES[mode], KAFKA), "pulsarv3")
    with pytest.raises(yaml.constructor.ConstructorError, match="'mq'"):
        rendering.strictly(default_file(careless))


def test_without_our_value_a_cluster_has_pulsar_instead_of_woodpecker() -> None:
    careless = without(values_of("prod-aws"), "pulsarv3")
    assert rendering.strictly(default_file(careless))["mq"] == {"type": "pulsar"}


@pytest.mark.parametrize("mode", MODES)
def test_pulsar_is_spoken_to_over_tls_with_a_token_from_the_secret(mode: str) -> None:
    values = values_of(MODES[mode], PULSAR)
    config = rendering.strictly(default_file(values))["pulsar"]
    assert config["address"] == "pulsar+ssl://pulsar.example:6651"
    assert (config["authPlugin"], config["authParams"]) == ("token", None)
    assert secrets(values) == {"PULSAR_AUTHPARAMS": ("pulsar-login", "auth-params")}


@pytest.mark.parametrize("mode", MODES)
def test_kafka_is_spoken_to_over_tls_with_a_user_from_the_secret(mode: str) -> None:
    values = values_of(MODES[mode], KAFKA)
    config = rendering.strictly(default_file(values))["kafka"]
    assert config == {
        "brokerList": "kafka-0.example:9093,kafka-1.example:9093",
        "securityProtocol": "SASL_SSL",
        "saslMechanisms": "SCRAM-SHA-512",
    }
    assert secrets(values) == {
        "KAFKA_SASLUSERNAME": ("kafka-login", "username"),
        "KAFKA_SASLPASSWORD": ("kafka-login", "password"),
    }
