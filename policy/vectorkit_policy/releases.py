"""What runs is pinned, and says what it needs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from vectorkit_policy.plan import UNKNOWN, Resource, at, items, mapping, walk
from vectorkit_policy.workloads import RELEASES, containers, is_milvus, values

CLUSTER_PARTS = ("proxy", "mixCoordinator", "queryNode", "dataNode", "streamingNode")
_EXACT_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_EXACT_TAG = re.compile(r"(?!.*latest).*\d+\.\d+\.\d+.*|.*@sha256:[0-9a-f]{64}")
_IN_AN_IMAGE = re.compile(r"images?(\W|$)", re.IGNORECASE)
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
    """Every image is one image: by a full version, or by digest.

    Of a chart, only what the values name is judged: the rest is pinned with the chart.
    """
    for container in containers(resource):
        image = container.get("image")
        if isinstance(image, str) and not _is_pinned(image):
            where = f"Container {container.get('name')!r} of {resource.name!r}"
            yield _unpinned(where, image)
    for path, part in walk(values(resource)):
        where = f"Value {path!r} of Helm release {resource.name!r}"
        image = at(part, "image")
        tag = at(part, "imageTag") if at(part, "tag") is None else at(part, "tag")
        if tag is UNKNOWN or at(part, "digest"):
            continue
        if _is_image(path, mapping(part)) and not _EXACT_TAG.fullmatch(str(tag)):
            yield _unpinned(where, tag)
        elif isinstance(image, str) and image and tag is None and not _is_pinned(image):
            yield _unpinned(where, image)


def readable_values(resource: Resource) -> Iterator[str]:
    """A release's values stand in the program, where the other rules can read them."""
    if resource.type in RELEASES and items(resource.properties.get("valueYamlFiles")):
        yield (
            f"Helm release {resource.name!r} takes values from files, which no rule can read: "
            "expected all of them in `values`. Load the files in the program, and leave "
            "valueYamlFiles out."
        )


def resources(resource: Resource) -> Iterator[str]:
    """Every container says what memory and processor it needs, and how much memory at most.

    Of charts other than Milvus's, the values must say so once, and wherever they say anything
    about resources; a container that they do not mention cannot be seen.
    """
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
        return
    blocks = {path: one for path, one in walk(given) if _is_of_a_container(path, one)}
    if not blocks:
        yield _unsized(f"Helm release {resource.name!r}", "the resources of its containers")
    for path, block in blocks.items():
        if not _is_sized(block):
            yield _unsized(f"Helm release {resource.name!r}", path)


def _milvus_parts(given: Any) -> Iterator[str]:
    """The components that the chart deploys with these values."""
    cluster = at(given, "cluster", "enabled") is True
    streaming = at(given, "streaming", "enabled") is not False
    for part in CLUSTER_PARTS if cluster else ("standalone",):
        if at(given, part, "enabled") is not False and (part != "streamingNode" or streaming):
            yield part
    if at(given, "etcd", "enabled") is not False:
        yield "etcd"


def _is_image(path: str, part: Mapping[str, Any]) -> bool:
    """A mapping in values that names an image: by what it says, or by where it stands."""
    tagged, sourced = part.keys() & {"tag", "imageTag"}, part.keys() & {"image", "repository"}
    in_an_image = _IN_AN_IMAGE.search(path) is not None
    return bool(tagged and sourced) or (in_an_image and bool(tagged or "repository" in part))


def _is_of_a_container(path: str, block: Any) -> bool:
    """Of a volume there would be storage, and of RBAC a list."""
    is_block = path.rpartition(".")[2] == "resources" and not isinstance(block, list | tuple)
    return is_block and "storage" not in mapping(mapping(block).get("requests"))


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
