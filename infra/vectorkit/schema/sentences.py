"""What pydantic finds wrong with a stack document, in sentences at the document's own paths."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vectorkit.schema.document import Document
from vectorkit.schema.problems import Problems

PROTECTION = ("protect", "force_destroy", "retain_on_delete")
"""Pulumi's words for what a document calls durable."""


def of(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Every problem by its path in the document, with a sentence for its writer."""
    for one in error.errors(include_url=False):
        place, models = _place(one["loc"])
        path = ".".join(place)
        cause = one.get("ctx", {}).get("error")
        if isinstance(cause, Problems):
            yield from ((f"{path}.{inner}".lstrip("."), why) for inner, why in cause.found)
        elif one["type"] == "extra_forbidden":
            yield path, _unknown_key(place[-1], models)
        elif one["type"] == "union_tag_invalid":
            known = str(one["ctx"]["expected_tags"]).replace(", ", " or ")
            yield f"{path}.kind", f"Input should be {known}, not {one['ctx']['tag']!r}."
        else:
            yield path or "environment", _sentence(one)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "is missing; it has no default."
    given = error["input"]
    told = f", not {given!r}" if isinstance(given, bool | int | float | str) else ""
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return f"must be a mapping with keys of its own{told}; docs/settings.md lists them."
    reason = error["msg"].removeprefix("Value error, ")
    return reason if error["type"] == "value_error" else f"{reason}{told}."


def _unknown_key(key: str, models: Sequence[type[BaseModel]]) -> str:
    """What was probably meant. The value is not repeated: it may be a misplaced secret."""
    known = sorted({name for model in models for name in model.model_fields})
    if key in PROTECTION:
        return "is not a key: durable, at the top, decides what is protected; remove this."
    near = get_close_matches(key, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}."
    return f"is not a known key; {meant}"


def _place(location: tuple[int | str, ...]) -> tuple[list[str], Sequence[type[BaseModel]]]:
    """The document's own path to a location, and the models in which its last key was looked up.

    A location also names which model of a union was taken, by its `kind`; a document does not.
    """
    path: list[str] = []
    models: Sequence[type[BaseModel]] = (Document,)
    within = models
    for part in map(str, location):
        of_kind = [one for one in models if part in get_args(_annotation(one, "kind"))]
        if of_kind and len(models) > 1:
            models = of_kind
            continue
        path.append(part)
        within, models = models, _models(models, part)
    return path, within


def _models(models: Sequence[type[BaseModel]], field: str) -> Sequence[type[BaseModel]]:
    annotations = [_annotation(model, field) for model in models]
    candidates = [one for each in annotations for one in (each, *get_args(each))]
    return [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]


def _annotation(model: type[BaseModel], field: str) -> Any:
    known = model.model_fields.get(field)
    return known.annotation if known else None
