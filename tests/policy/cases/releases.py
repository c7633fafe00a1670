"""What is pinned, sized and readable."""

from typing import Any

from tests.policy.sample import (
    DELETED,
    IN,
    SIZED,
    Bad,
    Declared,
    added,
    changed,
    good,
    pods,
    release,
)

CRON_JOB = "kubernetes:batch/v1:CronJob"


def clustered(*parts: str, **settings: Any) -> Declared:
    """The plan with Milvus as a cluster, of which these parts have resources."""
    values = {**good()["release"][1]["values"], "cluster": {"enabled": True}}
    sized = {part: {"resources": SIZED} for part in parts}
    return changed("release", "values", {**values, **sized, **settings})


def nightly(**container: Any) -> Declared:
    """The plan with a CronJob of one container."""
    pod = {"spec": {"containers": [{"name": "main", **container}]}}
    spec = {"jobTemplate": {"spec": {"template": pod}}}
    return added(CRON_JOB, {"metadata": IN, "spec": spec})


PARTS = ("proxy", "mixCoordinator", "queryNode", "dataNode")
OFF = {"enabled": False}

GOOD: dict[str, Declared] = {
    "an image by digest": pods(image="registry.example/nginx@sha256:" + "0" * 64),
    "a tag in values beside a digest": release(
        {"image": {"repository": "nginx", "tag": "stable", "digest": "sha256:" + "0" * 64}}
        | {"resources": SIZED}
    ),
    "an image and its tag as two texts": release(
        {"image": "nginx", "imageTag": "1.27.1", "resources": SIZED}
    ),
    "a tag that is of no image": release({"tag": "blue", "resources": SIZED}),
    "a volume beside sized containers": release(
        {"resources": SIZED, "persistence": {"resources": {"requests": {"storage": "1Gi"}}}}
    ),
    "rights in values, which are called resources, too": release(
        {"resources": SIZED, "rbac": {"rules": [{"resources": ["pods"]}]}}
    ),
    "parts of Milvus that are off": clustered(*PARTS[1:], proxy=OFF, streaming=OFF, etcd=OFF),
    "every part of Milvus": clustered(*PARTS, "streamingNode"),
    "a sized CronJob": nightly(image="nginx:1.27.1", resources=SIZED),
    "another chart of Milvus's makers": release({"resources": SIZED}, chart="milvus-operator"),
}
BAD: dict[str, Bad] = {
    "no version of a chart": ("pinned-chart", changed("release", "version", DELETED), "found None"),
    "a range of versions": ("pinned-chart", changed("release", "version", "5.0"), "found '5.0'"),
    "an image without a tag": ("pinned-image", pods(image="host:5000/nginx"), "Container 'main'"),
    "a moving tag": ("pinned-image", pods(image="nginx:1.27"), "'nginx:1.27'"),
    "a tool's moving tag": (
        "pinned-image",
        changed("release", "values.image.tools", {"repository": "tools", "tag": "latest"}),
        "Value 'image.tools'",
    ),
    "an image as text in values": (
        "pinned-image",
        changed("release", "values.sidecars", [{"name": "a", "image": "busybox"}]),
        "Value 'sidecars[0]' of Helm release 'release' does not pin its image",
    ),
    "a repository and a moving tag anywhere": (
        "pinned-image",
        release({"web": {"repository": "nginx", "tag": "stable"}, "resources": SIZED}),
        "Value 'web'",
    ),
    "values in a file": (
        "readable-values",
        changed("release", "valueYamlFiles", ["values.yaml"]),
        "takes values from files",
    ),
    "a container without resources": ("resources", pods(resources={}), "Container 'main'"),
    "a container without a limit": (
        "resources",
        pods(resources={"requests": SIZED["requests"]}),
        "Container 'main'",
    ),
    "a chart without resources": ("resources", release({}), "the resources of its containers"),
    "a chart with one part sized": (
        "resources",
        release({"web": {"resources": SIZED}, "worker": {"resources": {}}}),
        "in worker.resources",
    ),
    "a part of Milvus without resources": (
        "resources",
        clustered(*PARTS),
        "streamingNode.resources",
    ),
    "a proxy without resources": (
        "resources",
        clustered(*PARTS[1:], "streamingNode"),
        "in proxy.resources",
    ),
    "etcd without resources": ("resources", clustered(*PARTS, streaming=OFF, etcd={}), "etcd.res"),
    "a CronJob without resources": (
        "resources",
        nightly(image="nginx:1.27.1"),
        "Container 'main' of 'added'",
    ),
    "a repository without a tag": (
        "pinned-image",
        release({"image": {"repository": "nginx"}, "resources": SIZED}),
        "found None",
    ),
}
