"""Objects as Pulumi keeps them, and as the API server takes and gives them."""

import base64
from collections.abc import Mapping
from typing import Any

from plugins.properties import UNKNOWN, has_unknown

_OF_PULUMI = ("__inputs", "__fieldManager", "__initialApiVersion", "status", "id")
_OF_SERVER = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation"),
    *("managedFields", "resourceVersion", "selfLink", "uid"),
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CONTROLLERS = (_LAST_APPLIED, "deployment.kubernetes.io/revision")
_DASHED = {
    key.replace("-", "_"): key
    for key in (
        *("x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"),
        *("x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"),
        *("x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"),
    )
}
_UNDERSCORED = {dashed: key for key, dashed in _DASHED.items()}


def normal(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with a Secret's stringData as the data that it becomes: of stringData the server
    would never take away a key that the program no longer has. Empty annotations are none, as the
    official plugin has it."""
    inputs = _without_empty_annotations(inputs)
    texts = inputs.get("stringData")
    if inputs.get("kind") != "Secret" or not isinstance(texts, Mapping) or has_unknown(inputs):
        return dict(inputs)
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    kept = {key: value for key, value in inputs.items() if key != "stringData"}
    return {**kept, "data": {**(inputs.get("data") or {}), **encoded}}


def _without_empty_annotations(inputs: Mapping[str, Any]) -> dict[str, Any]:
    metadata = inputs.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("annotations") != {}:
        return dict(inputs)
    return {**inputs, "metadata": {k: v for k, v in metadata.items() if k != "annotations"}}


def sent(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What is applied: the inputs without what only Pulumi or the server say."""
    kept = {key: value for key, value in inputs.items() if key not in _OF_PULUMI}
    metadata = {k: v for k, v in kept["metadata"].items() if k not in _OF_SERVER}
    renamed: dict[str, Any] = _renamed({**kept, "metadata": metadata}, _DASHED)
    return renamed


def outputs(live: Mapping[str, Any]) -> dict[str, Any]:
    """The live object as Pulumi keeps it. An old client's copy of the whole object is left out: it
    repeats a Secret's data."""
    metadata = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {k: v for k, v in annotations.items() if k != _LAST_APPLIED}
    renamed: dict[str, Any] = _renamed({**live, "metadata": metadata}, _UNDERSCORED)
    return renamed


def importable(found: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a live object stands for when nothing else is known."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in _OF_SERVER}
    if annotations := metadata.pop("annotations", None):
        metadata["annotations"] = {k: v for k, v in annotations.items() if k not in _CONTROLLERS}
    kept = {key: value for key, value in found.items() if key not in ("status", "metadata")}
    return {**kept, "metadata": metadata}


def foreseen(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a new object as far as a preview knows them."""
    metadata = inputs.get("metadata") or {}
    if metadata is UNKNOWN:
        return dict(inputs)
    unknown = dict.fromkeys(("creationTimestamp", "generation", "resourceVersion", "uid"), UNKNOWN)
    return {**inputs, "metadata": {**metadata, **unknown}, "status": UNKNOWN}


def changed(live: Any, old: Any, new: Any) -> Any:
    """The outputs of an object after its inputs change from `old` to `new`, as a preview guesses
    them: what the inputs never said stays as it is."""
    if not (isinstance(live, Mapping) and isinstance(new, Mapping)):
        return new
    before = old if isinstance(old, Mapping) else {}
    kept = {key: value for key, value in live.items() if key in new or key not in before}
    return {**kept, **{k: changed(live.get(k), before.get(k), v) for k, v in new.items()}}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {names.get(key, key): _renamed(one, names) for key, one in value.items()}
    return [_renamed(one, names) for one in value] if isinstance(value, list) else value
