"""What the deployer must be allowed in the cluster and is not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugins.preflight.cluster import Cluster

Right = Mapping[str, Any]
"""{group, resource, verbs, namespaced}"""


def missing(cluster: Cluster, namespace: str, rights: Sequence[Right]) -> list[str]:
    """Each resource with the verbs that are refused, as `create, patch secrets`.

    What a rule grants needs no question of its own, so that one request does for most users. A
    rule's absence proves nothing: other authorizers do not tell theirs.
    """
    rules = cluster.rules(namespace)
    asked = [
        (one, verb) for one in rights for verb in one["verbs"] if not _granted(one, verb, rules)
    ]
    answers = cluster.allowed([_attributes(one, verb, namespace) for one, verb in asked])
    refused = [pair for pair, allowed in zip(asked, answers, strict=True) if not allowed]
    return list(_told(rights, refused))


def _granted(right: Right, verb: str, rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a rule grants it. Those of a namespace tell nothing of the whole cluster."""
    return right["namespaced"] and any(
        not rule.get("resourceNames")
        and _covers(rule.get("verbs"), verb)
        and _covers(rule.get("apiGroups"), right["group"])
        and _covers(rule.get("resources"), right["resource"])
        for rule in rules
    )


def _covers(listed: Sequence[str] | None, wanted: str) -> bool:
    return any(one in ("*", wanted) for one in listed or ())


def _attributes(right: Right, verb: str, namespace: str) -> dict[str, str]:
    inside = {"namespace": namespace} if right["namespaced"] else {}
    return {"group": right["group"], "resource": right["resource"], "verb": verb, **inside}


def _told(rights: Sequence[Right], refused: Sequence[tuple[Right, str]]) -> Iterator[str]:
    for right in rights:
        verbs = [verb for one, verb in refused if one is right]
        if verbs:
            group = f".{right['group']}" if right["group"] else ""
            yield f"{', '.join(verbs)} {right['resource']}{group}"
