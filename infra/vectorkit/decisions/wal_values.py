"""Helm values and variables of the log that takes Milvus's writes first."""

from typing import Any

from vectorkit.schema.milvus_document import Kafka, Milvus, Pulsar

Values = dict[str, Any]

_OFF: Values = {"enabled": False}


def values(milvus: Milvus) -> Values:
    """Each log that the chart could start or name, switched on or off: two of them on at once
    would stand in one file under the same key."""
    return {
        # Woodpecker runs inside Milvus; this block would start a service of it.
        "woodpecker": _OFF,
        "pulsarv3": _OFF,
        "kafka": _OFF,
        "streaming": {"enabled": milvus.wal == "woodpecker" or milvus.mode == "cluster"},
        "externalPulsar": _pulsar(milvus.pulsar) if milvus.pulsar else _OFF,
        "externalKafka": _kafka(milvus.kafka) if milvus.kafka else _OFF,
    }


def variables(milvus: Milvus) -> dict[str, tuple[str, str]]:
    """Environment variables of Milvus, each with the Secret and the key that it comes from."""
    if milvus.pulsar and milvus.pulsar.credentials_secret:
        return {"PULSAR_AUTHPARAMS": (milvus.pulsar.credentials_secret, "auth-params")}
    if milvus.kafka:
        secret = milvus.kafka.credentials_secret
        return {
            "KAFKA_SASLUSERNAME": (secret, "username"),
            "KAFKA_SASLPASSWORD": (secret, "password"),
        }
    return {}


def _pulsar(pulsar: Pulsar) -> Values:
    return {
        "enabled": True,
        # An address with a scheme is taken as it is; without one Milvus speaks plain text.
        "host": f"pulsar+ssl://{pulsar.host}:{pulsar.port}",
        "port": pulsar.port,
        "tenant": pulsar.tenant,
        "namespace": pulsar.namespace,
        "authPlugin": pulsar.auth_plugin or "",
        # Whatever stands here ends in a ConfigMap; it comes from a Secret.
        "authParams": "",
    }


def _kafka(kafka: Kafka) -> Values:
    return {
        "enabled": True,
        "brokerList": ",".join(kafka.brokers),
        "securityProtocol": "SASL_SSL",
        # As above.
        "sasl": {"mechanisms": kafka.mechanism, "username": "", "password": ""},
    }
