"""Kubernetes objects that tests declare: class, inputs and options, as the project takes them."""

from typing import Any

IMAGE = "registry.local/busybox:1.35.0"
Resource = list[Any]


def config_map(metadata: dict[str, Any] | None = None, **data: Any) -> Resource:
    return ["core.v1.ConfigMap", {"metadata": metadata or {}, "data": data}, {}]


def pod_spec(*command: str, image: str = IMAGE, **more: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": image,
        "image_pull_policy": "IfNotPresent",
        "command": list(command) or ["sleep", "3600"],
    }
    return {"containers": [container], "termination_grace_period_seconds": 0, **more}


def deployment(spec: dict[str, Any], *, app: str = "web", **options: Any) -> Resource:
    inputs = {
        "spec": {
            "selector": {"match_labels": {"app": app}},
            "template": {"metadata": {"labels": {"app": app}}, "spec": spec},
        }
    }
    return ["apps.v1.Deployment", inputs, options]
