"""A bucket's settings: their defaults, and when two values of one mean the same.

Stores answer with another order, with defaults filled in and with one-element lists as scalars;
settings are therefore compared by meaning. Pure functions on plain data.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from plugins.unknown import has_unknown

CREATING_TAG = "objectstore:creating"
"""Marks a bucket whose creation has not finished; its value tells which resource began it."""

DEFAULTS: dict[str, Any] = {
    "object_lock": False,
    "versioning": True,
    "encryption": {"algorithm": "AES256"},
    "lifecycle": [],
    "tags": {},
    "force_destroy": False,
}

REPLACING = ("bucket", "object_lock")
"""Settings that only exist at creation."""

WRITTEN = ("default_retention", "versioning", "encryption", "lifecycle", "policy", "tags")
"""Settings that are written to the store, in this order. The policy comes late because it may
forbid the others; the tags come last because they remove CREATING_TAG."""

UNREAD = ("force_destroy", "keeps")
"""Settings that only the program and its state know: no store can be asked for them."""

SETTINGS = ("bucket", "object_lock", *WRITTEN, *UNREAD)


def same(setting: str, desired: Any, live: Any) -> bool:
    """Whether the store's value means what was asked for."""
    if has_unknown(desired) or has_unknown(live):
        return False
    if setting == "encryption" and desired and live and "kms_key_id" not in desired:
        # The store names its default key where none was asked for.
        live = {key: value for key, value in live.items() if key != "kms_key_id"}
    canonical = _CANONICAL.get(setting, _as_is)
    return bool(canonical(desired) == canonical(live))


def differences(desired: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """Names of the settings in which live differs from desired, in writing order."""
    return [one for one in SETTINGS if not same(one, desired.get(one), live.get(one))]


def settled(previous: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The live settings, in the words of `previous` wherever they mean the same."""
    kept = {
        one: previous[one] if one in previous and same(one, previous[one], live.get(one)) else value
        for one, value in live.items()
    }
    return {one: value for one, value in kept.items() if value is not None}


def unread(source: Mapping[str, Any]) -> dict[str, Any]:
    """Those settings of `source` that a read of the store cannot bring."""
    return {one: source[one] for one in UNREAD if one in source}


def _as_is(value: Any) -> Any:
    return value or None


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _lifecycle(rules: Any) -> list[str]:
    return sorted(_text(_rule(rule)) for rule in rules or [])


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with its old-style Prefix as a Filter, and without empty or false parts."""
    canonical = {key: _pruned(value) for key, value in rule.items() if key != "Prefix"}
    prefix = rule.get("Prefix") or (rule.get("Filter") or {}).get("Prefix")
    if prefix and set(rule.get("Filter") or {}) <= {"Prefix"}:
        canonical["Filter"] = {"Prefix": prefix}
    return {key: value for key, value in canonical.items() if value not in (None, {}, [])}


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        # S3 knows only midnight UTC, which stores write in several ways.
        parts = {k: str(v)[:10] if k == "Date" else _pruned(v) for k, v in value.items()}
        return {key: one for key, one in parts.items() if one not in (None, False, "", {}, [])}
    if isinstance(value, list):
        return sorted((_pruned(one) for one in value), key=_text)
    return value


def _policy(policy: Any) -> Any:
    document = json.loads(policy) if isinstance(policy, str) else policy
    if not document:
        return None
    statements = document.get("Statement") or []
    if isinstance(statements, Mapping):
        statements = [statements]
    return document.get("Version"), sorted(_text(_statement(one)) for one in statements)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    canonical = {key: _as_set(value) for key, value in statement.items() if value != ""}
    for key in ("Principal", "NotPrincipal"):
        principal = statement.get(key)
        if isinstance(principal, Mapping):
            canonical[key] = {kind: _as_set(who) for kind, who in principal.items()}
        elif principal:
            canonical[key] = {"AWS": _as_set(principal)}
    canonical["Condition"] = {
        operator: {key.lower(): _as_set(value) for key, value in tests.items()}
        for operator, tests in (statement.get("Condition") or {}).items()
    }
    return canonical


def _as_set(value: Any) -> Any:
    """A scalar or list as the sorted list of its texts; policies know no other values."""
    if isinstance(value, Mapping):
        return value
    values = value if isinstance(value, list) else [value]
    return sorted(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


_CANONICAL: dict[str, Callable[[Any], Any]] = {"lifecycle": _lifecycle, "policy": _policy}
