"""What runs is pinned, and says what it needs."""

import re
from collections.abc import Iterator
from typing import Any

from vectorkit_policy.plan import UNKNOWN, Resource, at, mapping, walk
from vectorkit_policy.workloads import RELEASES, containers, is_milvus, values

CLUSTER_PARTS = ("proxy", "mixCoordinator", "queryNode", "dataNode", "streamingNode")
_EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_EXACT_TAG = re.compile(r"(?!.*latest).*\d+\.\d+\.\d+.*|.*@sha256:[0-9a-f]{64}")
_DIGEST = re.compile(r".*@sha256:[0-9a-f]{64}")


def pinned_chart(resource: Resource) -> Iterator[str]:
    """A release names one version of its chart."""
    version = resource.properties.get("version")
    if resource.type not in RELEASES or version is UNKNOWN:
        return
    if not isinstance(version, str) or not _EXACT_VERSION.fullmatch(version):
        yield (
            f"Helm release {resource.name!r} does not pin its chart: expected one exact version "
            f"such as 5.0.19, found {version!r}. Set `version`, so that the same program deploys "
            "the same chart tomorrow."
        )


def pinned_images(resource: Resource) -> Iterator[str]:
    """Every image is one image: by a full version, or by digest."""
    for container in containers(resource):
        image = container.get("image")
        if isinstance(image, str) and not _is_pinned(image):
            where = f"Container {container.get('name')!r} of {resource.name!r}"
            yield _unpinned(where, image)
    for path, part in walk(values(resource)):
        tag = at(part, "tag")
        named = isinstance(at(part, "repository"), str) or tag is not None
        if not named or tag is UNKNOWN or at(part, "digest"):
            continue
        if path.rpartition(".")[2] in ("image", "all") and not _EXACT_TAG.fullmatch(str(tag)):
            yield _unpinned(f"Value {path!r} of Helm release {resource.name!r}", tag)


def resources(resource: Resource) -> Iterator[str]:
    """Every container says what memory and processor it needs, and how much memory at most."""
    for container in containers(resource):
        if not _is_sized(container.get("resources")):
            where = f"Container {container.get('name')!r} of {resource.name!r}"
            yield _unsized(where, "resources")
    given = values(resource)
    if given is None or given is UNKNOWN:
        return
    if is_milvus(resource):
        for part in _milvus_parts(given):
            if not _is_sized(at(given, part, "resources")):
                yield _unsized(f"Helm release {resource.name!r}", f"{part}.resources")
    elif not any(_is_sized(at(part, "resources")) for _, part in walk(given)):
        yield _unsized(f"Helm release {resource.name!r}", "the resources of its containers")


def _milvus_parts(given: Any) -> Iterator[str]:
    """The components that the chart deploys with these values."""
    cluster = at(given, "cluster", "enabled") is True
    streaming = at(given, "streaming", "enabled") is not False
    for part in CLUSTER_PARTS if cluster else ("standalone",):
        if at(given, part, "enabled") is not False and (part != "streamingNode" or streaming):
            yield part
    if at(given, "etcd", "enabled") is not False:
        yield "etcd"


def _is_pinned(image: str) -> bool:
    if _DIGEST.fullmatch(image):
        return True
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return bool(colon) and _EXACT_TAG.fullmatch(tag) is not None


def _is_sized(block: Any) -> bool:
    if block is UNKNOWN:
        return True
    wanted = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
    return all(mapping(mapping(block).get(one)).get(what) for one, what in wanted)


def _unpinned(where: str, found: Any) -> str:
    return (
        f"{where} does not pin its image: expected a full version such as v2.6.15 or a digest, "
        f"found {found!r}. Name one, so that a restart runs what was tested."
    )


def _unsized(where: str, what: str) -> str:
    return (
        f"{where} runs without resources: expected requests for cpu and memory and a limit for "
        f"memory in {what}. Set them; without, one pod takes the node's memory from all others."
    )
