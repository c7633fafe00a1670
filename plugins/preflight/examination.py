"""All that is asked of a cluster, in the order in which the answers make sense."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.errors import Refusal
from plugins.preflight import chart, namespace, rights
from plugins.preflight.cluster import Cluster

Inputs = Mapping[str, Any]


def examine(inputs: Inputs, former: Inputs) -> tuple[str, list[str]]:
    """The cluster's uid, and every reason why nothing may be made, each with the setting that it
    concerns. `former`: what this found at the last deployment; empty before the first."""
    cluster = Cluster(kubeconfig=inputs["kubeconfig"], context=inputs["context"])
    try:
        uid = cluster.uid()
    except Refusal as unreachable:
        return "", [f"cluster: {unreachable}"]
    if uid is not None and (other := _other_cluster(inputs, former, uid)):
        return uid, [other]
    return uid or "", list(_refusals(cluster, inputs, former, uid))


def _refusals(cluster: Cluster, inputs: Inputs, former: Inputs, uid: str | None) -> Iterator[str]:
    name = inputs["namespace"]
    try:
        if lacking := rights.missing(cluster, name, inputs["rights"]):
            yield (
                f"cluster.context: the user of context {cluster.context!r} in "
                f"{cluster.kubeconfig} may not {'; '.join(lacking)} (namespace {name}). Have these "
                "rights granted, or take a context whose user has them."
            )
            return
        if uid is None:
            yield (
                f"cluster.context: the user of context {cluster.context!r} may not get namespace "
                "kube-system, whose uid is the cluster's. Have this right granted."
            )
        own = former.get("namespace") == name and former.get("cluster_uid") == uid
        labels, limit = inputs["labels"], namespace.GONE_SECONDS
        if reason := namespace.refusal(cluster, name, labels, own=own, limit=limit):
            yield f"namespace: {reason}"
    except Refusal as unreachable:
        yield f"cluster: {unreachable}"
        return
    # A repository that is asked each time would cost every preview more than all else.
    known = inputs["chart"] == former.get("chart")
    if not known and (reason := chart.refusal(cluster, inputs["chart"])):
        yield f"milvus.chart: {reason}"


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
