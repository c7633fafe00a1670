"""The provider's Pulumi schema."""

from typing import Any

VERSION = "0.1.0"
CLUSTER = "preflight:index:Cluster"

_TEXT = {"type": "string"}
_MAP = {"type": "object", "additionalProperties": _TEXT}
_RIGHT = {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}

INPUTS: dict[str, Any] = {
    "kubeconfig": _TEXT | {"description": "Path of the kubeconfig."},
    "context": _TEXT | {"description": "The context in it."},
    "uid": _TEXT
    | {
        "description": "Of namespace kube-system in the cluster that is meant; default: that of "
        "the last deployment."
    },
    "namespace": _TEXT | {"description": "Of the environment."},
    "labels": _MAP | {"description": "By which the environment knows its namespace."},
    "rights": {
        "type": "array",
        "items": _RIGHT,
        "description": "What the deployer must be allowed: {group, resource, verbs, namespaced}.",
    },
    "chart": _MAP
    | {"description": "{chart, version, repo} as helm takes them; repo only where it needs one."},
}
OPTIONAL = ("uid",)
FOUND: dict[str, Any] = {
    "cluster_uid": _TEXT | {"description": "Of namespace kube-system, when this was asked."}
}


def schema() -> dict[str, Any]:
    """Package schema as Pulumi defines it."""
    return {
        "name": "preflight",
        "version": VERSION,
        "resources": {
            CLUSTER: {
                "description": "Fails a preview, and a deployment before it makes anything, when "
                "the cluster is not the one that is meant, not reachable, or does not let the "
                "deployer do what is declared. Nothing of it exists anywhere.",
                "inputProperties": INPUTS,
                "requiredInputs": [key for key in INPUTS if key not in OPTIONAL],
                "properties": {**INPUTS, **FOUND},
                "required": ["namespace", "cluster_uid"],
            }
        },
    }
