"""IAM's policy documents: their statements, and what these cover."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from vectorkit_policy.plan import UNKNOWN, has_unknown, items, mapping

IDENTITY_KEYS = ("aws:principalarn", "aws:userid", "aws:username")
_EXCEPTING = ("StringNotLike", "StringNotEquals", "ArnNotLike", "ArnNotEquals")
_NARROWING = ("StringLike", "StringEquals", "ArnLike", "ArnEquals", "IpAddress")
_ORIGIN_KEYS = (
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
)
_ANYBODY = re.compile(r"[*?].*|A(R(OA?)?|I(DA?)?)?[*?].*|.*/0")
"""Anything, every role (AROA) or user (AIDA) on AWS, every address."""
_ANY_OF_A_KIND = re.compile(r"([\w-]+[/:])?[*?].*")


def statements(document: Any) -> list[Mapping[str, Any]] | None:
    """The statements of a document, given as an object or as JSON; None: not known yet."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if document is UNKNOWN:
        return None
    found = mapping(document).get("Statement")
    return None if found is UNKNOWN else [mapping(one) for one in items(found)]


def denies(
    statement: Mapping[str, Any], action: str, resource: str, *, plain_http: bool = False
) -> bool:
    """Whether everybody but named identities is denied the action on the resource.

    With `plain_http`: everybody, and only when the request comes without TLS.
    """
    return (
        statement.get("Effect") == "Deny"
        and _everybody(statement)
        and covers(statement.get("Action"), action)
        and covers(statement.get("Resource"), resource)
        and (_is_plain_http if plain_http else _only_excepts)(statement.get("Condition"))
    )


def covers(patterns: Any, wanted: str) -> bool:
    """Whether one of the patterns matches; one that is not known yet does."""
    return has_unknown(patterns) or any(
        fnmatchcase(wanted.lower(), str(one).lower()) for one in items(patterns)
    )


def everybody(principal: Any) -> bool:
    """Whether a principal is anyone at all."""
    return "*" in items(principal) or any("*" in items(one) for one in mapping(principal).values())


def narrows(condition: Any) -> bool:
    """Whether a condition says who may ask, or from where; TLS or a date do not."""
    return has_unknown(condition) or any(
        operator in _NARROWING
        and key.lower() in (*IDENTITY_KEYS, *_ORIGIN_KEYS)
        and all(_names_somebody(str(one)) for one in items(values))
        for operator, key, values in _tests(condition)
    )


def _everybody(statement: Mapping[str, Any]) -> bool:
    spared = statement.get("NotPrincipal")
    return everybody(statement.get("Principal")) or bool(spared and not everybody(spared))


def _is_plain_http(condition: Any) -> bool:
    return [
        (operator, key.lower(), [str(one).lower() for one in items(values)])
        for operator, key, values in _tests(condition)
    ] == [("Bool", "aws:securetransport", ["false"])]


def _only_excepts(condition: Any) -> bool:
    """Nothing narrows the denial but named identities."""
    return all(
        operator in _EXCEPTING
        and key.lower() in IDENTITY_KEYS
        and all(_names_somebody(str(one)) for one in items(values))
        for operator, key, values in _tests(condition)
    )


def _names_somebody(pattern: str) -> bool:
    """Whether a pattern may stand for a few; of an ARN, account and name count."""
    if not pattern.startswith("arn:"):
        return not _ANYBODY.fullmatch(pattern)
    *_, account, name = ("*", "*", *pattern.split(":", 5)[4:])
    return "*" not in account and not _ANY_OF_A_KIND.fullmatch(name)


def _tests(condition: Any) -> Iterator[tuple[str, str, Any]]:
    for operator, keys in mapping(condition).items():
        for key, values in mapping(keys).items():
            yield operator, key, values
