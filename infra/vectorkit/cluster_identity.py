"""Whether the cluster behind the context is the one that the stack means."""

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.document import Cluster

OLDEST_NAMESPACE = "kube-system"
"""Made with the cluster and never again: its uid is the cluster's."""


def verified(name: str, cluster: Cluster, opts: pulumi.ResourceOptions) -> pulumi.Output[None]:
    """Fails the program with a RunError when the context leads to another cluster."""
    if cluster.uid is None:
        return pulumi.Output.from_input(None)
    found = k8s.core.v1.Namespace.get(f"{name}-cluster", OLDEST_NAMESPACE, opts)
    expected = cluster.uid
    return found.metadata.apply(lambda metadata: _refuse_other(cluster, expected, metadata.uid))


def _refuse_other(cluster: Cluster, expected: str, found: str | None) -> None:
    if found != expected:
        raise pulumi.RunError(
            f"cluster.uid: context {cluster.context!r} of {cluster.kubeconfig} leads to another "
            f"cluster, whose uid is {found}; the stack means {expected}. Correct the kubeconfig, "
            "or cluster.uid if the cluster was made anew."
        )
