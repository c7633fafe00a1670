"""Secrets stand in Secrets. Sentences here name where something stands, never what it is."""

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml

from vectorkit_policy.plan import Findings, Plan, Resource, at, mapping, of_type, walk
from vectorkit_policy.workloads import RELEASES, containers, pod, values

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
WHOLE, PART = 8, 12
"""From this many characters on, a secret is recognised as a whole value, or inside of one."""
_NAME = re.compile(
    r"(password|passwd|passphrase|secretkey|accesskey|accesskeyid|apikey|token|privatekey|"
    r"clientsecret)$"
)
_VALUE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b")
_NO_SECRET = re.compile(r"|true|false|null|~|\$[({].*[)}]|\$\w+|<.*>|\{\{.*\}\}", re.DOTALL)
"""Nothing, a switch, or a reference to where the value comes from."""
_PUBLIC_NAME = re.compile(
    r"(user|username|id|(?<!secret)accesskey|crt|host|port|endpoint|region|bucket)$"
)
_CERTIFICATE = "-----BEGIN CERTIFICATE"
_SETTINGS = re.compile(r"env|.*\.(env|properties|ini|conf|cfg|toml)|.*\[\d+\]")
"""Where name=value is looked for: in files of that kind, and in arguments."""
_ASSIGNMENT = re.compile(
    r"""^\s*(?:export\s+)?([\w.-]+)\s*=\s*["']?(?![$<`{("'])(\S.*)$""", re.MULTILINE
)
# Without types, a password of digits is text, too.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def plain_secrets(resource: Resource) -> Iterator[str]:
    """By name or looks, no secret is in a ConfigMap, a chart's values, a pod or an annotation.

    Files inside of these are read when they are YAML, JSON, or called like settings (.env,
    .properties, .ini, .conf, .cfg, .toml). Not judged: scripts, and custom resources.
    """
    for where, value in _readable(resource):
        for path in _telltales(value):
            place = ".".join(one for one in (where, path) if one)
            yield _misplaced(resource, place)


def copied_secrets(plan: Plan) -> Findings:
    """What a Secret of the stack holds stands nowhere else in it.

    Left alone: certificates, keys of a Secret called like something public (user, id, crt, host,
    port, endpoint, region, bucket), values of fewer than eight characters.
    """
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
        binary = mapping(at(resource.properties, "binaryData"))
        yield "binaryData", {key: _decoded(one) for key, one in binary.items()}
    for owner in (resource.properties, pod(resource)):
        yield "metadata.annotations", at(owner, "metadata", "annotations")
    for container in containers(resource):
        for key in ("env", "args", "command"):
            yield f"{key} of container {container.get('name')}", container.get(key)


def _telltales(value: Any) -> Iterator[str]:
    for path, one in walk(value):
        if isinstance(one, str):
            if _is_secret(path.rpartition(".")[2], one) or _VALUE.search(one):
                yield path
            else:
                yield from (f"{path}: {inner}" for inner in _inside(path, one))
        elif isinstance(one, list):
            yield from (f"{path} ({flag})" for flag, given in pairwise(one) if _sets(flag, given))
        name = at(one, "name")
        if isinstance(name, str) and _is_secret(name, at(one, "value")):
            yield f"{path} ({name})"


def _is_secret(name: str, value: Any) -> bool:
    """A setting that is called like a secret, and has a value of its own."""
    return (
        _NAME.search(_bare(name)) is not None
        and isinstance(value, str)
        and not _NO_SECRET.fullmatch(value.strip().strip("\"'"))
    )


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _sets(flag: Any, given: Any) -> bool:
    """Two arguments of a command, of which the first says what the second is."""
    is_flag = isinstance(flag, str) and flag.startswith("-")
    return is_flag and not str(given).startswith("-") and _is_secret(flag, given)


def _inside(path: str, text: str) -> Iterator[str]:
    """Telltales of a file inside of a value."""
    if ":" in text:
        yield from _telltales(_parsed(text))
    if _SETTINGS.fullmatch(path):
        yield from (name for name, one in _ASSIGNMENT.findall(text) if _is_secret(name, one))


def _parsed(text: str) -> Any:
    """The text's content, when it is YAML or JSON."""
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 (makes texts, lists and mappings only)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict | list) else None


def _held_by(secret: Resource) -> Iterator[str]:
    encoded = mapping(secret.properties.get("data"))
    held = {key: _decoded(one) for key, one in encoded.items()}
    for key, value in {**held, **mapping(secret.properties.get("stringData"))}.items():
        public = _PUBLIC_NAME.search(_bare(key)) or str(value).startswith(_CERTIFICATE)
        if isinstance(value, str) and not public:
            yield value


def _decoded(value: Any) -> Any:
    """What base64 says; what is none, or no text, as it is."""
    try:
        return base64.b64decode(value, validate=True).decode() if isinstance(value, str) else value
    except (binascii.Error, UnicodeDecodeError):
        return value


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
