"""Remembers which deployment the smoke tests have proven: an unchanged one is not proven again."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from local.engine import Engine
from local.layout import CLONE

SOURCES = ("smoke_tests",)


def fingerprint(engine: Engine) -> str:
    """Changes with every resource of the stack, with the smoke tests, and with every start of a
    node or of the store."""
    exported = json.loads(engine.pulumi("stack", "export", what="Reading the stack's state"))
    resources = exported["deployment"].get("resources", [])
    digest = hashlib.sha256(json.dumps(lasting(resources), sort_keys=True).encode())
    for folder in SOURCES:
        for source in sorted((CLONE / folder).rglob("*.*")):
            if source.is_file() and "__pycache__" not in source.parts:
                digest.update(source.read_bytes())
    for name in engine.platform.supervised:
        digest.update(str(engine.platform.supervisor.process(name)).encode())
    return digest.hexdigest()


def remember(path: Path, proven: str) -> None:
    """Record that the smoke tests passed just now."""
    path.write_text(json.dumps({"fingerprint": proven, "at": time.strftime("%Y-%m-%d %H:%M:%S")}))


def proven_at(path: Path, wanted: str) -> str | None:
    """When the smoke tests passed on exactly this deployment; None when they did not yet."""
    if not path.exists():
        return None
    proof: dict[str, str] = json.loads(path.read_text())
    return proof["at"] if proof["fingerprint"] == wanted else None


def lasting(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """What each resource is asked to be and what it is: without the order, times and places that
    every run writes anew."""
    return {
        resource["urn"]: [_readable(resource.get(part)) for part in ("inputs", "outputs")]
        for resource in resources
    }


def _readable(value: Any) -> Any:
    """The value without ciphertexts: the same secret is encrypted anew by every run. A changed one
    still shows, by its digest in an annotation of the release."""
    if isinstance(value, dict):
        return {key: _readable(one) for key, one in value.items() if key != "ciphertext"}
    if isinstance(value, list):
        return [_readable(one) for one in value]
    return value
