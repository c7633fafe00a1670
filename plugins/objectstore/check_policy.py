"""Refuses a bucket policy that can never be meant: malformed, open to everybody, or final."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from plugins.objectstore.problem import Problem
from plugins.properties import has_unknown

_TO_MEND = "s3:PutBucketPolicy"


def policy_problems(policy: Any) -> Iterator[Problem]:
    """Everything that is wrong with a policy, given as an object or as JSON text."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError as error:
            yield Problem("policy", f"The policy is not valid JSON: {error}.")
            return
    statements = policy.get("Statement") if isinstance(policy, Mapping) else None
    if has_unknown(statements):
        return
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        yield Problem("policy", "A policy needs a non-empty list `Statement`.")
        return
    for number, statement in enumerate(statements):
        yield from _statement(f"policy.Statement[{number}]", statement)


def _statement(path: str, statement: Any) -> Iterator[Problem]:
    effect = statement.get("Effect") if isinstance(statement, Mapping) else None
    if effect not in ("Allow", "Deny"):
        yield Problem(f"{path}.Effect", f"Expected Allow or Deny, not {effect!r}.")
        return
    if statement.get("Condition") or not _everybody(statement.get("Principal")):
        return
    if effect == "Allow":
        yield Problem(
            f"{path}.Principal",
            "This allows everybody, without any condition: the bucket would be public. Name the "
            "identities that need access.",
        )
    elif _covers(statement.get("Action"), _TO_MEND):
        yield Problem(
            f"{path}.Action",
            f"This denies {_TO_MEND} to everybody, the deployer too: nobody could mend the bucket "
            "again. Except the deployer by a condition.",
        )


def _everybody(principal: Any) -> bool:
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return named == "*" or (isinstance(named, list) and "*" in named)


def _covers(actions: Any, action: str) -> bool:
    patterns = actions if isinstance(actions, list) else [actions]
    return any(fnmatchcase(action.lower(), str(one).lower()) for one in patterns)
