"""Validates what the program asks for, without a network: pure functions on plain data.

A value that a preview does not know yet passes here and is judged when it is known.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from plugins.objectstore.check_policy import policy_problems
from plugins.objectstore.problem import Problem, unknown_key
from plugins.objectstore.protection import MODES
from plugins.objectstore.settings import CREATING_TAG, DEFAULTS
from plugins.properties import UNKNOWN

MOST_TAGS = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_DEFAULT_RETENTION_INPUTS = ("default_retention", "retention", "object_lock_configuration")
_RULE: dict[str, tuple[str, ...]] = {
    "ID": (),
    "Status": (),
    "Prefix": (),
    "Filter": ("Prefix", "Tag", "And", "ObjectSizeGreaterThan", "ObjectSizeLessThan"),
    "Expiration": ("Days", "Date", "ExpiredObjectDeleteMarker"),
    "Transitions": (),
    "NoncurrentVersionExpiration": ("NoncurrentDays", "NewerNoncurrentVersions"),
    "NoncurrentVersionTransitions": (),
    "AbortIncompleteMultipartUpload": ("DaysAfterInitiation",),
}


def with_defaults(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with every omitted setting at its (safe) default."""
    return {**DEFAULTS, **inputs}


def problems(inputs: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with a bucket's inputs (defaults filled in), at once."""
    found = list(_unknown_inputs(inputs))
    for setting, judge in _JUDGES.items():
        value = inputs.get(setting)
        if value is not UNKNOWN and setting in inputs:
            found += judge(value)
    if "bucket" not in inputs:
        found.append(Problem("bucket", "A bucket needs a name: set `bucket`."))
    if inputs.get("object_lock") is True and inputs.get("versioning") is False:
        found.append(
            Problem(
                "versioning",
                "Object Lock needs versioning, and a locked bucket can never suspend it: "
                "leave `versioning` out or set it to true.",
            )
        )
    return found


def _unknown_inputs(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    for key in inputs:
        if key in _DEFAULT_RETENTION_INPUTS:
            yield Problem(
                key,
                "A default retention on the bucket is refused: writers that send no checksum "
                "(Milvus, milvus-backup) fail on it. Create the bucket with `object_lock` and "
                "put the retention on each object version.",
            )
        elif key not in _JUDGES and not key.startswith("__"):
            yield unknown_key(key, key, _JUDGES)


def _bucket(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str):
        yield Problem("bucket", f"The bucket's name must be text, not {name!r}.")
    elif (
        not _NAME.fullmatch(name)
        or _ADDRESS.fullmatch(name)
        or ".." in name
        or name.startswith("xn--")
        or name.endswith(("-s3alias", "--ol-s3"))
    ):
        yield Problem(
            "bucket",
            f"{name!r} is not a valid bucket name: 3 to 63 characters, lower-case letters, "
            "digits, hyphens and single dots, beginning and ending with a letter or digit, "
            "not an IP address.",
        )


def _flag(setting: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(setting, f"{setting!r} must be true or false, not {value!r}.")


def _encryption(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem("encryption", "Encryption must be {algorithm, kms_key_id}.")
        return
    for key in value.keys() - {"algorithm", "kms_key_id"}:
        yield unknown_key(f"encryption.{key}", key, ("algorithm", "kms_key_id"))
    algorithm = value.get("algorithm")
    if algorithm not in ("AES256", "aws:kms", UNKNOWN):
        yield Problem("encryption.algorithm", f"Expected 'AES256' or 'aws:kms', not {algorithm!r}.")
    if "kms_key_id" in value and algorithm == "AES256":
        yield Problem(
            "encryption.kms_key_id",
            "A key is only used by algorithm 'aws:kms'; remove it or change the algorithm.",
        )


def _lifecycle(rules: Any) -> Iterator[Problem]:
    if not isinstance(rules, list):
        yield Problem("lifecycle", "Lifecycle must be a list of rules.")
        return
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        path = f"lifecycle[{number}]"
        if rule is UNKNOWN:
            continue
        if not isinstance(rule, Mapping):
            yield Problem(path, "A lifecycle rule must be an object with ID and Status.")
            continue
        yield from _rule(path, rule)
        identity = rule.get("ID")
        if isinstance(identity, str) and identity in seen:
            yield Problem(f"{path}.ID", f"Two rules have the ID {identity!r}; make it unique.")
        seen.add(str(identity))


def _rule(path: str, rule: Mapping[str, Any]) -> Iterator[Problem]:
    if not rule.get("ID"):
        # Stores make an ID up when there is none, and a read-back could then not be compared.
        yield Problem(f"{path}.ID", "Every lifecycle rule needs an ID.")
    if rule.get("Status") not in ("Enabled", "Disabled", UNKNOWN):
        yield Problem(f"{path}.Status", "Status must be 'Enabled' or 'Disabled'.")
    for key, value in rule.items():
        if key not in _RULE:
            yield unknown_key(f"{path}.{key}", key, _RULE)
        elif _RULE[key] and isinstance(value, Mapping):
            for inner in value.keys() - set(_RULE[key]):
                yield unknown_key(f"{path}.{key}.{inner}", inner, _RULE[key])


def _tags(tags: Any) -> Iterator[Problem]:
    if not isinstance(tags, Mapping):
        yield Problem("tags", "Tags must be an object of text values.")
        return
    if len(tags) > MOST_TAGS:
        yield Problem("tags", f"A bucket holds at most {MOST_TAGS} tags, not {len(tags)}.")
    for key, value in tags.items():
        if not isinstance(value, str) and value is not UNKNOWN:
            yield Problem(f"tags.{key}", "A tag's value must be text.")
        if key.startswith("aws:") or key == CREATING_TAG:
            yield Problem(f"tags.{key}", "This tag's name is reserved; choose another one.")


def _keeps(setting: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(setting, f"{setting!r} must be an object with mode and days, not {value!r}.")
        return
    for key in value.keys() - {"mode", "days"}:
        yield unknown_key(f"{setting}.{key}", key, ("mode", "days"))
    mode, days = value.get("mode"), value.get("days", 0)
    if mode not in MODES:
        expected = ", ".join(MODES)
        yield Problem(f"{setting}.mode", f"Expected one of {expected}; not {mode!r}.")
    elif isinstance(days, bool) or not isinstance(days, int) or (days < 1) != (mode == "none"):
        yield Problem(
            f"{setting}.days",
            f"Mode {mode!r} goes with {'no days' if mode == 'none' else 'one day or more'}, "
            f"not with {days!r}.",
        )


def _allow_destroy_bucket(value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(
            "allow_destroy_bucket",
            f"This must be the name of the bucket that may be destroyed, not {value!r}.",
        )


_JUDGES: dict[str, Any] = {
    "bucket": _bucket,
    "object_lock": lambda value: _flag("object_lock", value),
    "versioning": lambda value: _flag("versioning", value),
    "encryption": _encryption,
    "lifecycle": _lifecycle,
    "policy": policy_problems,
    "tags": _tags,
    "force_destroy": lambda value: _flag("force_destroy", value),
    "keeps": lambda value: _keeps("keeps", value),
    "allow_destroy_bucket": _allow_destroy_bucket,
    "allow_weaker_than": lambda value: _keeps("allow_weaker_than", value),
}
