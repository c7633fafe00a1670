"""Which input names a resource type has, as the package's own Python SDK declares them."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin

from pulumi._types import input_type_types, is_input_type, unwrap_type

from plugins.objectstore import schema as objectstore
from plugins.preflight import schema as preflight

ANYTHING = object()
"""A type whose inputs the SDK does not name, such as an instance of somebody's CRD."""


_OWN = {"objectstore": objectstore.schema, "preflight": preflight.schema}
"""Schemas of the project's own packages."""


def problems(token: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every input whose name the type does not have, by its path, with a sentence."""
    declared = _declared(token)
    if declared is None:
        yield "", f"The SDK that is installed has no resource {token!r}."
    elif declared is not ANYTHING:
        yield from _unknown(inputs, declared, "", token)


def provider_problems(package: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same for the settings of a package's provider."""
    own = {key: one for key, one in inputs.items() if key not in ("version", "pluginDownloadURL")}
    if package in _OWN:
        declared: Any = _OWN[package]().get("config", {}).get("variables", {})
    else:
        declared = _args(_module(f"pulumi_{package}"), "Provider")
    yield from _unknown(own, declared, "", f"pulumi:providers:{package}")


@cache
def _declared(token: str) -> Any:
    package, module, name = token.split(":")
    if package in _OWN:
        resource = _OWN[package]()["resources"].get(token)
        return resource["inputProperties"] if resource else None
    return _args(_sdk_module(package, module), name) or _unlisted(package, module)


def _sdk_module(package: str, module: str) -> ModuleType | None:
    if package == "aws":
        return _module(f"pulumi_aws.{module.partition('/')[0]}")
    group, _, version = module.partition("/")
    return _module(f"pulumi_kubernetes.{group.partition('.')[0]}.{version}")


def _unlisted(package: str, module: str) -> Any:
    """A CRD's instance has a group that the SDK does not know."""
    return ANYTHING if package == "kubernetes" and _sdk_module(package, module) is None else None


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def _args(module: ModuleType | None, name: str) -> Any:
    resource = getattr(module, name, None)
    if module is None or resource is None:
        return None
    home = importlib.import_module(resource.__module__)
    return getattr(home, f"{name}InitArgs", None) or getattr(home, f"{name}Args")


def _unknown(value: Any, declared: Any, path: str, what: str) -> Iterator[tuple[str, str]]:
    known = declared if isinstance(declared, Mapping) else input_type_types(declared)
    for key, one in value.items():
        place = f"{path}.{key}".lstrip(".")
        if key.startswith("__"):
            continue
        if key in known:
            yield from _inside(one, known[key], place, what)
        else:
            near = get_close_matches(key, known, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(sorted(known))}."
            yield place, f"{what} has no input {place!r}; {meant}"


def _inside(value: Any, declared: Any, path: str, what: str) -> Iterator[tuple[str, str]]:
    nested, is_list = _nested(declared)
    if (
        nested is not None
        and is_list
        and isinstance(value, Sequence)
        and not isinstance(value, str)
    ):
        for number, one in enumerate(value):
            if isinstance(one, Mapping):
                yield from _unknown(one, nested, f"{path}[{number}]", what)
    elif nested is not None and not is_list and isinstance(value, Mapping):
        yield from _unknown(value, nested, path, what)


def _nested(declared: Any) -> tuple[type | None, bool]:
    """The SDK's type for an object at this place, and whether there is a list of it."""
    if isinstance(declared, Mapping):
        return None, False
    plain = unwrap_type(declared)
    for one in _alternatives(plain):
        if get_origin(one) in (list, Sequence):
            inner, _ = _nested(get_args(one)[0])
            return inner, True
        if isinstance(one, type) and is_input_type(one) and not one.__name__.endswith("Dict"):
            return one, False
    return None, False


def _alternatives(declared: Any) -> Sequence[Any]:
    return get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
