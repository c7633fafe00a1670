"""What the engine's refresh does not see in the cluster: the objects of the Helm release, fields
that were added to declared objects, and objects that nobody declared.

The cluster is asked what a declared object would be if it was written as a whole, as a dry run:
every field that is there and not declared shows by that, and what the cluster sets itself does not.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from handover.differences import (
    ABSENT,
    CHANGED,
    MISSING,
    SECRET,
    UNDECLARED,
    Difference,
    Leaf,
    leaves,
    shown,
)
from handover.errors import HandoverError
from vectorkit.decisions import naming
from vectorkit.settings import Settings

RELEASE = "kubernetes:helm.sh/v3:Release"
NOT_KNOWN = ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", SECRET)
"""What Pulumi writes for a value that only the deployment brings, and for a secret one."""
UNCHANGEABLE = ("Job", "PersistentVolumeClaim")
"""Kubernetes lets nobody change what they declare."""
NEVER_UNDECLARED = (
    "networkpolicies.networking.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "services",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "cronjobs.batch",
)
"""What lets in, gives rights or runs."""
DECLARED_KEYS = (
    "{{range $key, $_ := .data}}{{$key}} {{end}}/{{range .metadata.managedFields}}"
    '{{if eq (printf "%.17s" .manager) "pulumi-kubernetes"}}'
    '{{range $key, $_ := index .fieldsV1 "f:data"}}{{$key}} {{end}}{{end}}{{end}}'
)
"""Keys of a Secret, and those that Pulumi has written: values do not leave the cluster."""
RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""Set by `kubectl rollout restart`, after which everything is still as declared."""
Object = dict[str, Any]
Key = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """An object of the environment."""

    manifest: Object
    resource: str
    kind: str
    remedy: str = ""
    """What writes it anew; empty where the engine tells."""


def differences(plan: Mapping[str, Any], settings: Settings) -> list[Difference]:
    """Of a plan that shows every resource. Raises HandoverError."""
    cluster = _Cluster(settings)
    steps = [one for one in plan["steps"] if one["op"] != "create" and "newState" in one]
    declared = [one for step in steps for one in _of_step(step)]
    if any(_kind(step) == RELEASE for step in steps):
        declared += cluster.of_release()
    return [
        *_changed(cluster, declared),
        *_added_to_secrets(cluster, declared),
        *_undeclared(cluster, declared),
    ]


def _kind(step: Mapping[str, Any]) -> str:
    return str(step["urn"].split("::")[2].split("$")[-1])


def _of_step(step: Mapping[str, Any]) -> Iterator[Declared]:
    inputs = step["newState"].get("inputs") or {}
    if _kind(step).startswith("kubernetes:") and {"kind", "metadata"} <= inputs.keys():
        yield Declared(manifest=inputs, resource=step["urn"].split("::")[3], kind=_kind(step))


def _changed(cluster: "_Cluster", declared: Sequence[Declared]) -> Iterator[Difference]:
    compared = {key(one.manifest): one for one in declared if _is_comparable(one.manifest)}
    live = cluster.live([one.manifest for one in compared.values()])
    would_be = cluster.written([one.manifest for k, one in compared.items() if k in live])
    for name, one in compared.items():
        if name not in live:
            yield _difference(one, MISSING, one.remedy)
            continue
        told = (decided(found, one.manifest) for found in (live[name], would_be[name]))
        by_hand = f"{cluster.kubectl} edit {cluster.named(one.manifest)}"
        for leaf in leaves("", *told, added=True):
            if leaf[2] == ABSENT:
                yield _difference(one, UNDECLARED, by_hand, leaf)
            else:
                yield _difference(one, CHANGED, one.remedy or by_hand, leaf)


def _added_to_secrets(cluster: "_Cluster", declared: Sequence[Declared]) -> Iterator[Difference]:
    for one in declared:
        if one.kind != "kubernetes:core/v1:Secret":
            continue
        name = cluster.named(one.manifest)
        for added in cluster.undeclared_keys(one.manifest):
            yield _difference(
                one, UNDECLARED, f"{cluster.kubectl} edit {name}", (f"data.{added}", SECRET, ABSENT)
            )


def _undeclared(cluster: "_Cluster", declared: Sequence[Declared]) -> Iterator[Difference]:
    known = {key(one.manifest) for one in declared}
    for found in cluster.found(NEVER_UNDECLARED):
        if key(found) in known or "ownerReferences" in found["metadata"]:
            continue
        yield Difference(
            resource=found["metadata"]["name"],
            kind=f"kubernetes:{found['apiVersion']}:{found['kind']}",
            found=UNDECLARED,
            setting="",
            is_now="",
            declared="",
            remedy=f"{cluster.kubectl} delete {cluster.named(found)}",
        )


def _difference(one: Declared, found: str, remedy: str, leaf: Leaf = ("", "", "")) -> Difference:
    values = [shown(value) for value in leaf[1:]]
    if one.manifest["kind"] == "Secret":
        values = [value if value in ("", ABSENT) else SECRET for value in values]
    return Difference(
        resource=one.resource,
        kind=one.kind,
        found=found,
        setting=leaf[0],
        is_now=values[0],
        declared=values[1],
        remedy=remedy,
    )


def key(found: Mapping[str, Any]) -> Key:
    """By what an object is known in its namespace."""
    return found["kind"], found["metadata"]["name"]


def _is_comparable(manifest: Object) -> bool:
    text = json.dumps(manifest)
    return manifest["kind"] not in UNCHANGEABLE and not any(one in text for one in NOT_KNOWN)


def decided(found: Object, manifest: Object) -> Object:
    """What of an object is somebody's decision: not its name and history, nor how it does."""
    kept = {one: value for one, value in found.items() if one not in ("metadata", "status")}
    spec = kept.get("spec") or {}
    if "replicas" not in (manifest.get("spec") or {}) and spec.get("replicas") != 0:
        # Then an autoscaler says how many, but never none.
        kept["spec"] = spec = {one: value for one, value in spec.items() if one != "replicas"}
    metadata = spec.get("template", {}).get("metadata", {})
    annotations = metadata.get("annotations", {})
    annotations.pop(RESTARTED, None)
    if not annotations:
        metadata.pop("annotations", None)
    return kept


class _Cluster:
    """kubectl and helm on the environment's namespace. Nothing is written."""

    def __init__(self, settings: Settings) -> None:
        self._cluster, self._namespace = settings.cluster, settings.namespace
        place = f"--kubeconfig {self._cluster.kubeconfig} --context {self._cluster.context}"
        self.kubectl = f"kubectl {place} -n {self._namespace}"
        """As somebody types it."""

    def of_release(self) -> list[Declared]:
        """The objects of the Helm release, as helm installed them."""
        text = self._run(
            *("helm", "get", "manifest", naming.RELEASE),
            f"--kube-context={self._cluster.context}",
        )
        place = f"--kubeconfig {self._cluster.kubeconfig} --kube-context {self._cluster.context}"
        written = "apply --server-side --force-conflicts --field-manager=helm -f -"
        remedy = (
            f"helm {place} -n {self._namespace} get manifest {naming.RELEASE} | "
            f"{self.kubectl} {written}"
        )
        return [
            Declared(
                manifest=one,
                resource=one["metadata"]["name"],
                kind=f"kubernetes:{one['apiVersion']}:{one['kind']}",
                remedy=remedy,
            )
            for one in yaml.safe_load_all(text)
            if one
        ]

    def live(self, manifests: Sequence[Object]) -> dict[Key, Object]:
        """Those of the objects that are there."""
        return self._asked(manifests, "get", "--ignore-not-found")

    def written(self, manifests: Sequence[Object]) -> dict[Key, Object]:
        """What the objects would be if they were written as a whole."""
        return self._asked(manifests, "replace", "--dry-run=server")

    def found(self, kinds: Sequence[str]) -> list[Object]:
        """Every object of these kinds."""
        text = self._run("kubectl", "get", ",".join(kinds), "--output=json", self._context)
        items: list[Object] = json.loads(text)["items"]
        return items

    def undeclared_keys(self, secret: Object) -> list[str]:
        """Keys of a Secret that Pulumi has not written; none of one that is gone."""
        name = secret["metadata"]["name"]
        output = (f"--output=go-template={DECLARED_KEYS}", "--ignore-not-found")
        text = self._run("kubectl", "get", "secret", name, *output, self._context)
        there, _, written = text.partition("/")
        return sorted(set(there.split()) - {one.removeprefix("f:") for one in written.split()})

    def named(self, found: Mapping[str, Any]) -> str:
        """An object as kubectl is told of it."""
        kind, name = key(found)
        group = found["apiVersion"].rpartition("/")[0]
        return f"{kind.lower()}{f'.{group}' if group else ''}/{name}"

    @property
    def _context(self) -> str:
        return f"--context={self._cluster.context}"

    def _asked(self, manifests: Sequence[Object], *verb: str) -> dict[Key, Object]:
        if not manifests:
            return {}
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        command = ("kubectl", *verb, "--filename=-", "--output=json", self._context)
        return {key(one): one for one in _documents(self._run(*command, stdin=listed))}

    def _run(self, *command: str, stdin: str = "") -> str:
        place = (f"--kubeconfig={self._cluster.kubeconfig}", f"--namespace={self._namespace}")
        whole = [*command, *place]
        try:
            done = subprocess.run(whole, input=stdin, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            raise HandoverError(
                f"`{command[0]}` is not on PATH; drift asks the cluster by kubectl and helm."
            ) from None
        except subprocess.CalledProcessError as error:
            raise HandoverError(
                f"Whether namespace {self._namespace} has drifted could not be found out; "
                f"`{' '.join(command[:3])}` failed:\n{error.stderr.strip()}"
            ) from None
        return done.stdout


def _documents(text: str) -> Iterator[Object]:
    """Objects that kubectl printed, in a list or one after the other."""
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        found, end = decoder.raw_decode(rest)
        yield from found["items"] if found["kind"] == "List" else [found]
        rest = rest[end:].lstrip()
