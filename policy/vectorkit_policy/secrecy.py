"""Secrets stand in Secrets. Sentences here name where something stands, never what it is."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import yaml

from vectorkit_policy.plan import Findings, Plan, Resource, at, mapping, of_type, walk
from vectorkit_policy.workloads import RELEASES, containers, values

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
WHOLE, PART = 6, 12
"""From this many characters on, a secret is recognised as a whole value, or inside of one."""
_NAME = re.compile(
    r"(password|passwd|passphrase|secretkey|accesskey|accesskeyid|apikey|token|privatekey|"
    r"clientsecret)$"
)
_VALUE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b")
_REFERENCE = re.compile(r"\$[({].*[)}]|<.*>")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain_secrets(resource: Resource) -> Iterator[str]:
    """By its name or its looks, no secret is in a ConfigMap, in Helm values or in a pod's env."""
    for where, value in _readable(resource):
        for path in _telltales(value):
            place = ".".join(one for one in (where, path) if one)
            yield _misplaced(resource, place)


def copied_secrets(plan: Plan) -> Findings:
    """What a Secret of the stack holds stands nowhere else in it."""
    known = {one for secret in of_type(plan, SECRET) for one in _held_by(secret)}
    for resource in plan:
        for where, value in _readable(resource):
            for path, one in walk(value, where):
                if isinstance(one, str) and _holds(one, known):
                    yield resource, _misplaced(resource, path)


def _readable(resource: Resource) -> Iterator[tuple[str, Any]]:
    """The parts of a resource that whoever may list it can read."""
    if resource.type in RELEASES:
        yield "values", values(resource)
    if resource.type == CONFIG_MAP:
        yield "data", at(resource.properties, "data")
    for container in containers(resource):
        yield f"env of container {container.get('name')}", container.get("env")


def _telltales(value: Any) -> Iterator[str]:
    for path, one in walk(value):
        key = path.rpartition(".")[2]
        if isinstance(one, str) and (_is_secret(key, one) or _VALUE.search(one)):
            yield path
        elif isinstance(one, str) and "\n" in one.strip():
            yield from (f"{path}: {inner}" for inner in _telltales(_parsed(one)))
        name = at(one, "name")
        if isinstance(name, str) and _is_secret(name, at(one, "value")):
            yield f"{path} ({name})"


def _is_secret(name: str, value: Any) -> bool:
    """A setting that is called like a secret, and has a value of its own."""
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    return (
        _NAME.search(bare) is not None
        and isinstance(value, str)
        and bool(value.strip())
        and not _REFERENCE.fullmatch(value.strip())
    )


def _parsed(text: str) -> Any:
    """A file inside of a value, when it is YAML or JSON."""
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader, in C where it is there)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict | list) else None


def _held_by(secret: Resource) -> Iterator[str]:
    for value in mapping(secret.properties.get("stringData")).values():
        if isinstance(value, str):
            yield value
    for value in mapping(secret.properties.get("data")).values():
        if isinstance(value, str):
            try:
                yield base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                yield value


def _holds(text: str, known: set[str]) -> bool:
    return any(
        (len(one) >= WHOLE and text == one) or (len(one) >= PART and one in text) for one in known
    )


def _misplaced(resource: Resource, where: str) -> str:
    kind = resource.type.rpartition(":")[2]
    return (
        f"{kind} {resource.name!r} holds a secret in {where!r}: expected none outside of Secrets, "
        "because everybody who may read the object, or the release's history, reads it, too. Put "
        "it into a Secret and refer to that with secretKeyRef."
    )
