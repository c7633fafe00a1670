"""The tracked stack documents, as the tests vary them."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from vectorkit.settings import Settings, parse

REPOSITORY = Path(__file__).resolve().parents[2]
ABSENT = object()
STACKS = sorted(one.stem.partition(".")[2] for one in (REPOSITORY / "stacks").glob("Pulumi.*.yaml"))
"""All that are tracked."""
MILVUS_26: dict[str, Any] = {
    "milvus.image.tag": "v2.6.15",
    "milvus.accept_known_holes": [],
}
"""Changes of a stack to a Milvus without known holes, which has Woodpecker."""
CA = """\
-----BEGIN CERTIFICATE-----
MIIBDTCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcN
MjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARXtU6AjiEvYlt6Krlh75PqqDVbdzXN
ponAEuQ7dF9RUDsGeTPsXGlhm8KqXBWxqwSP5Qr9AvoLvmAt77QaGcVEMAoGCCqG
SM49BAMCA0kAMEYCIQDtpxfG0LnolqgHXUysREIegc4wGIZL+0r2QjiADb16lAIh
APXp/uFey1zyFNFupsLetYfOCCSZmQ9H9BVkdwJ1FYru
-----END CERTIFICATE-----
"""
"""Nobody has its key; it ends in 2126."""

PULSAR: dict[str, Any] = {
    "milvus.wal": "pulsar",
    "sovereignty": {},
    "milvus.pulsar": {
        "host": "pulsar.example",
        "networks": ["10.9.0.0/24"],
        "auth_plugin": "token",
        "credentials_secret": "pulsar-login",
    },
}
KAFKA: dict[str, Any] = {
    "milvus.wal": "kafka",
    "sovereignty": {},
    "milvus.kafka": {
        "brokers": ["kafka-0.example:9093", "kafka-1.example:9093"],
        "networks": ["10.9.0.0/24"],
        "credentials_secret": "kafka-login",
    },
}
QUEUES: dict[str, dict[str, Any]] = {
    "woodpecker": {"milvus.wal": "woodpecker"},
    "pulsar": PULSAR,
    "kafka": KAFKA,
}
"""Changes that choose a write-ahead log, wherever it is."""


SEALED_BY_A_JOB = {
    "store.vault.mode": "governance",
    "store.vault.retention_days": 30,
    "store.vault.schedule": "17 */6 * * *",
    "store.vault.rpo": "12h",
    "store.vault.image": {
        "repository": "registry.example/vault",
        "tag": "0.1.0@sha256:" + "0" * 64,
    },
}
"""Changes that give a stack a vault, and the job that seals in it."""


def local(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document of `local` with changes."""
    return tracked("local", changes)


def tracked(stack: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A stack's tracked document with changes by dotted path; ABSENT removes a key."""
    text = (REPOSITORY / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    document = copy.deepcopy(yaml.safe_load(text)["config"]["vectorkit:environment"])
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        place = document
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is ABSENT:
            del place[last]
        else:
            place[last] = copy.deepcopy(value)
    return dict(document)


def settings(changes: Mapping[str, Any] | None = None, *, stack: str = "local") -> Settings:
    """The parsed document of a stack with changes."""
    return parse(tracked(stack, changes), stack)
