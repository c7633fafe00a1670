"""Whether the cluster behind the context is the one that the stack means."""

from collections.abc import Callable

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.document import Cluster

OLDEST_NAMESPACE = "kube-system"
"""Made with the cluster and never again: its uid is the cluster's."""


def once_verified(
    name: str, cluster: Cluster, opts: pulumi.ResourceOptions
) -> Callable[[str], pulumi.Output[str]]:
    """Gives inputs back once the cluster is known to be the right one; what uses them waits.

    Another cluster fails the program with a RunError, and nothing has been made.
    """
    if cluster.uid is None:
        return pulumi.Output.from_input
    found = k8s.core.v1.Namespace.get(f"{name}-cluster", OLDEST_NAMESPACE, opts)
    expected = cluster.uid
    verified = found.metadata.apply(lambda metadata: _refuse_other(cluster, expected, metadata.uid))
    return lambda value: verified.apply(lambda _: value)


def _refuse_other(cluster: Cluster, expected: str, found: str | None) -> None:
    if found != expected:
        raise pulumi.RunError(
            f"cluster.uid: context {cluster.context!r} of {cluster.kubeconfig} leads to another "
            f"cluster, whose uid is {found}; the stack means {expected}. Correct the kubeconfig, "
            "or cluster.uid if the cluster was made anew."
        )
