"""The two scratch environments of a drill, derived from the document of the stack that is drilled.

Same cluster, store, chart and images, so that what holds there holds here; standalone and small.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.places import VaultError

Document = Mapping[str, Any]
SCRATCH = "drill"
"""With this the name of every environment begins that a drill may take away."""
SUFFIX, RESTORED_SUFFIX = "-drill", "-drill-restored"
LONGEST_NAME = 63
"""Of a bucket and of a namespace."""
VECTORS, DIMENSION = 1000, 256
"""More than the sample has."""
NEVER = "0 0 29 2 *"
"""The drill starts the job itself; a schedule has to have a time that comes."""
_USERS = ("vault_user_ids", "milvus_user_ids")
_SAME = ("cluster", "guardrails", "sovereignty")
_SAME_OF_MILVUS = (
    *("chart", "image", "etcd_image", "mirror", "pull_secrets"),
    *("accept_known_holes", "allow_anonymous_etcd"),
    *("root_path", "storage_class", "node_selector", "ready_within_seconds"),
)


@dataclass(frozen=True)
class Scratch:
    """An environment that is thrown away: its name, and its document."""

    name: str
    document: dict[str, Any]


def attacked(stack: str, document: Document) -> Scratch:
    """The one that is filled, sealed and attacked.

    Its vault is locked by governance, whatever the stack's own is: what compliance keeps could not
    be thrown away. Where a job seals the stack, the same job seals here. Raises VaultError where
    no scratch environment can be made of the stack.
    """
    _refuse_aws(stack, document)
    vault = {"mode": "governance", "retention_days": 1} | _job(document["store"]["vault"])
    return Scratch(f"{SCRATCH}-{stack}", _derived(document, SUFFIX, vault))


def restored(stack: str, document: Document) -> Scratch:
    """The one that the snapshot is brought back into; its Milvus waits for that."""
    derived = _derived(document, RESTORED_SUFFIX, {"mode": "none"})
    derived["milvus"]["awaits_restore"] = True
    return Scratch(f"{SCRATCH}-{stack}-restored", derived)


def bucket(name: str, suffix: str) -> str:
    """Of a scratch environment, by the name of the stack's own."""
    return _named(name, suffix, "bucket")


def _job(vault: Document) -> dict[str, Any]:
    if "schedule" not in vault:
        return {}
    return {"schedule": NEVER, "rpo": "1d", "image": vault["image"]}


def _derived(document: Document, suffix: str, vault: dict[str, Any]) -> dict[str, Any]:
    given = copy.deepcopy(dict(document))
    store, milvus = given["store"], given["milvus"]
    for purpose, promises in (("live", {"undelete_days": 1}), ("vault", vault)):
        key = store[purpose].get("kms_key_id")
        named = {"bucket": bucket(store[purpose]["bucket"], suffix)}
        store[purpose] = named | promises | ({"kms_key_id": key} if key else {})
    for users in (one for one in _USERS if one in store):
        store[users] = [_drills_own(user) for user in store[users]]
    return {
        **{key: given[key] for key in _SAME if key in given},
        "durable": False,
        "namespace": _named(given["namespace"], suffix, "namespace"),
        "store": store,
        "workload": {
            "vectors": VECTORS,
            "dimension": DIMENSION,
            "index": "HNSW",
            "metric": "COSINE",
        },
        "milvus": {
            **{key: milvus[key] for key in _SAME_OF_MILVUS if key in milvus},
            "mode": "standalone",
            "wal": "rocksmq",
        },
    }


def _drills_own(user: str) -> str:
    # The stack's own users have no business in the drill's buckets. A pattern names many already.
    return user if "*" in user else f"{user}{SUFFIX}"


def _named(name: str, suffix: str, what: str) -> str:
    if len(name) + len(suffix) > LONGEST_NAME:
        raise VaultError(
            f"The drill's own {what} would be called {name}{suffix}, which has more than "
            f"{LONGEST_NAME} characters. Drill a stack with a shorter name of its {what}."
        )
    return name + suffix


def _refuse_aws(stack: str, document: Document) -> None:
    if document["store"].get("kind") == "aws":
        raise VaultError(
            f"Stack {stack!r} is on AWS, where Milvus and the vault's writer take roles that only "
            "its own service accounts have, so a drill has no credentials to attack with. Drill a "
            "stack on an S3-compatible store; `make evidence` tries the same locks there."
        )
