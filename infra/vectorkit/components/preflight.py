"""The resource type of the provider in plugins/preflight, as the program sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


class Cluster(pulumi.CustomResource):
    """Fails preview and deployment when the cluster is not the one that is meant, does not answer,
    or does not let the deployer do what is declared. Nothing may be made before it."""

    namespace: pulumi.Output[str]
    """As given, once the cluster has been asked."""

    def __init__(
        self,
        name: str,
        *,
        kubeconfig: str,
        context: str,
        uid: str | None,
        namespace: str,
        labels: Mapping[str, str],
        rights: Sequence[Mapping[str, Any]],
        chart: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "kubeconfig": kubeconfig,
            "context": context,
            "uid": uid,
            "namespace": namespace,
            "labels": labels,
            "rights": list(rights),
            "chart": chart,
            "cluster_uid": None,
        }
        super().__init__("preflight:index:Cluster", name, properties, opts)
