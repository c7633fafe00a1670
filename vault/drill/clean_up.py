"""Takes a drill's own environment away again: the only place of the kit that bypasses a lock.

By names and not by the engine's state, so that the next drill clears up after one that was killed.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from plugins.objectstore import live
from plugins.objectstore.errors import StoreError, explained
from smoke_tests import waiting
from smoke_tests.cluster import Cluster
from vault.drill.attacks import MOST_KEYS
from vault.drill.environments import SCRATCH, Scratch
from vault.places import VaultError
from vectorkit.decisions import naming

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ENVIRONMENT_TAG = "vectorkit:environment"
ENVIRONMENT_LABEL = "vectorkit/environment"
GONE_SECONDS = 180
_BUCKETS = ("live", "vault")


def remove_bucket(client: "S3Client", bucket: str, environment: str) -> None:
    """Delete a scratch environment's bucket with all that governance keeps in it.

    Raises StoreError for any other bucket, and for what compliance keeps.
    """
    if not live.exists(client, bucket):
        return
    owner = live.read(client, bucket)["tags"].get(ENVIRONMENT_TAG)
    if not _is_own(environment, owner):
        raise StoreError(_not_own(f"Bucket {bucket!r}", environment, owner))
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
    with explained(live.attempt(client, f"empty the drill's bucket {bucket!r}")):
        for page in pages:
            found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            for start in range(0, len(found), MOST_KEYS):
                _delete(client, bucket, found[start : start + MOST_KEYS])
        client.delete_bucket(Bucket=bucket)


def remove_namespace(cluster: Cluster, environment: str) -> None:
    """Delete a scratch environment's namespace, and wait until it is gone.

    Raises VaultError for any other one, and SmokeError when the cluster does not delete it.
    """
    name = cluster.namespace
    found = cluster.run("get", "namespace", name, "--ignore-not-found", "--output=json")
    if not found.strip():
        return
    labels: Mapping[str, str] = json.loads(found)["metadata"].get("labels", {})
    owner = labels.get(ENVIRONMENT_LABEL)
    if not _is_own(naming.labels(environment)[ENVIRONMENT_LABEL], owner):
        raise VaultError(_not_own(f"Namespace {name!r}", environment, owner))
    cluster.run("delete", "namespace", name, "--ignore-not-found", "--wait=false")
    # Nobody misses these pods; politely, Milvus takes a minute to end.
    cluster.run("delete", "pods", "--all", "--grace-period=1", "--wait=false")

    def still_there() -> str:
        return cluster.run("get", "namespace", name, "--ignore-not-found", "--output=name").strip()

    waiting.until(lambda: still_there() and "it is being deleted", GONE_SECONDS, f"End of {name}")


def refuse_foreign(scratch: Scratch, exported: Mapping[str, Any]) -> None:
    """Raises VaultError where a stack, as the engine exports it, has made what this scratch
    environment does not have: then only its name is a drill's."""
    document = scratch.document
    own = {document["namespace"], *(document["store"][one]["bucket"] for one in _BUCKETS)}
    if foreign := sorted(set(_places(exported)) - own):
        raise VaultError(
            f"Stack {scratch.name!r} is no drill's: it has {', '.join(map(repr, foreign))}. "
            "Nothing was deleted. A drill needs this name for itself; rename that stack."
        )


def _places(exported: Mapping[str, Any]) -> Iterator[str]:
    """Names of the namespaces and buckets that a stack has made."""
    for one in exported["deployment"].get("resources") or []:
        inputs = one.get("inputs", {})
        if one["type"] == "kubernetes:core/v1:Namespace" and not one.get("external"):
            yield inputs["metadata"]["name"]
        elif "bucket" in inputs:
            yield inputs["bucket"]


def _delete(client: "S3Client", bucket: str, versions: list[Any]) -> None:
    objects: Any = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": objects}, BypassGovernanceRetention=True
    )
    if refused := answer.get("Errors"):
        first = refused[0]
        raise StoreError(
            f"{len(refused)} versions of the drill's bucket {bucket!r} cannot be deleted; the "
            f"first is {first.get('Key')!r}: {first.get('Code')}. What compliance keeps goes after "
            "its date; until then the bucket stays."
        )


def _is_own(environment: str, owner: str | None) -> bool:
    return environment.startswith(f"{SCRATCH}-") and owner == environment


def _not_own(what: str, environment: str, owner: str | None) -> str:
    return (
        f"{what} belongs to {owner!r} and not to a scratch environment of this drill "
        f"({environment!r}): nothing of it was deleted. Only what begins with {SCRATCH!r} is "
        "thrown away."
    )
