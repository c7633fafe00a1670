"""All that is asked of a cluster, in the order in which the answers make sense."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from plugins.errors import Refusal
from plugins.preflight import chart, namespace, rights
from plugins.preflight.cluster import Cluster

Inputs = Mapping[str, Any]


def examine(inputs: Inputs, former: Inputs) -> tuple[str, list[str]]:
    """The cluster's uid, and every reason why nothing may be made, each with the setting that it
    concerns. `former`: what this found at the last deployment; empty before the first."""
    cluster = Cluster(kubeconfig=inputs["kubeconfig"], context=inputs["context"])
    name = inputs["namespace"]
    # Side by side: each is a run of kubectl, which every preview waits for.
    with ThreadPoolExecutor() as pool:
        lacking = pool.submit(rights.missing, cluster, name, inputs["rights"])
        live = pool.submit(cluster.namespace, name)
        try:
            uid = cluster.uid()
            if uid is not None and (other := _other_cluster(inputs, former, uid)):
                return uid, [other]
            if refused := lacking.result():
                return uid or "", [_too_little(cluster, name, refused)]
            if uid is None:
                return "", [_unknown_cluster(cluster)]
            own = former.get("namespace") == name and former.get("cluster_uid") == uid
            found = _not_ours(cluster, inputs, live.result(), own=own)
        except Refusal as unreachable:
            return "", [f"cluster: {unreachable}"]
    # A repository that is asked each time would cost every preview more than all else.
    known = inputs["chart"] == former.get("chart")
    if not known and (reason := chart.refusal(cluster, inputs["chart"])):
        found.append(f"milvus.chart: {reason}")
    return uid, found


def _not_ours(
    cluster: Cluster, inputs: Inputs, live: dict[str, Any] | None, *, own: bool
) -> list[str]:
    labels, limit = inputs["labels"], namespace.GONE_SECONDS
    reason = live and namespace.refusal(cluster, live, labels, own=own, limit=limit)
    return [f"namespace: {reason}"] if reason else []


def _too_little(cluster: Cluster, name: str, lacking: list[str]) -> str:
    return (
        f"cluster.context: the user of context {cluster.context!r} in {cluster.kubeconfig} may not "
        f"{'; '.join(lacking)} (namespace {name}). Have these rights granted, or take a context "
        "whose user has them."
    )


def _unknown_cluster(cluster: Cluster) -> str:
    return (
        f"cluster.context: the user of context {cluster.context!r} in {cluster.kubeconfig} may not "
        "get namespace kube-system, whose uid is the cluster's. Have this right granted."
    )


def _other_cluster(inputs: Inputs, former: Inputs, found: str) -> str | None:
    where = f"cluster.uid: context {inputs['context']!r} of {inputs['kubeconfig']} leads to"
    if expected := inputs.get("uid"):
        if found == expected:
            return None
        return (
            f"{where} another cluster, whose uid is {found}; the stack means {expected}. Correct "
            "the kubeconfig, or cluster.uid if the cluster was made anew."
        )
    deployed = former.get("cluster_uid")
    if not deployed or found == deployed:
        return None
    return (
        f"{where} another cluster, whose uid is {found}, than the one that the stack is deployed "
        f"to, whose uid is {deployed}. Correct the kubeconfig. If that cluster is gone, set "
        f"cluster.uid to {found} and run `pulumi refresh` first."
    )
