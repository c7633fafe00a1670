"""Looks for the environment's real secrets where they must not be."""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from smoke_tests.cluster import Cluster
from smoke_tests.credentials import ETCD_PASSWORD, Masked
from smoke_tests.errors import SmokeError

HELM_RELEASE = "helm.sh/release.v1"


def forms(secret: Masked) -> set[str]:
    """The ways in which a secret may be written: as it is, escaped, or inside base64."""
    plain = secret.reveal()
    found = {plain, quote(plain, safe=""), json.dumps(plain)[1:-1]}
    for shift in range(3):
        # Base64 packs three bytes at a time: where a secret starts decides how it looks. The first
        # and the last group mix with the neighbours, so they are left out.
        encoded = base64.b64encode(b"\0" * shift + plain.encode()).decode().rstrip("=")
        start, rest = (0 if shift == 0 else 4), (shift + len(plain.encode())) % 3
        inner = encoded[start : len(encoded) - (rest + 1 if rest else 0)]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def leaks(secrets: Mapping[str, Masked], places: Mapping[str, str]) -> list[str]:
    """`secret-name in place` for every secret found; the sentence holds no secret."""
    needles = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {place}"
        for place, text in places.items()
        for name, shapes in needles.items()
        if any(shape in text for shape in shapes)
    ]


def redact(secrets: Mapping[str, Masked], text: str) -> str:
    """The text with three stars in place of every form of every secret."""
    shapes = {shape for secret in secrets.values() for shape in forms(secret)}
    for shape in sorted(shapes, key=len, reverse=True):
        text = text.replace(shape, "***")
    return text


def config_maps(cluster: Cluster) -> dict[str, str]:
    """Every ConfigMap that may be listed, in all namespaces or at least in the environment's."""
    try:
        items = cluster.items("configmaps", "--all-namespaces")
    except SmokeError:
        items = cluster.items("configmaps")
    return {f"ConfigMap {_place(item)}": json.dumps(item, ensure_ascii=False) for item in items}


def helm_releases(cluster: Cluster) -> dict[str, str]:
    """The payload of every Helm release of the namespace: chart, values and manifest."""
    items = cluster.items("secrets", f"--field-selector=type={HELM_RELEASE}")
    return {f"Helm release {_place(item)}": helm_payload(item["data"]["release"]) for item in items}


def helm_payload(release: str) -> str:
    """Helm stores base64 of gzip of JSON; the Kubernetes API wraps it in base64 once more."""
    try:
        packed = base64.b64decode(base64.b64decode(release, validate=True), validate=True)
        text = gzip.decompress(packed).decode()
        json.loads(text)
        return text
    except (ValueError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SmokeError(
            f"A Helm release is not stored as expected ({type(error).__name__}): base64 of base64 "
            "of gzip. Look at what this version of Helm writes."
        ) from None


def logs(cluster: Cluster) -> dict[str, str]:
    """What every pod of the namespace has written."""
    return {f"log of pod {pod.name}": cluster.logs(pod) for pod in cluster.pods()}


def unlogged(secrets: Mapping[str, Masked]) -> dict[str, Masked]:
    """Those that no pod may log: all but etcd's password, which every Milvus 2 prints when it
    starts. A stack that has one says so (`milvus.accept_known_holes`)."""
    return {name: one for name, one in secrets.items() if not name.endswith(f"/{ETCD_PASSWORD}")}


def _place(item: dict[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
