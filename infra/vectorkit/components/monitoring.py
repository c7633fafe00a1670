"""Alert rules, scrape targets and the dashboard, for whoever watches the cluster."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.decisions.monitoring_manifests import Manifest


class Monitoring(pulumi.ComponentResource):
    """The objects that the Prometheus operator and Grafana read."""

    def __init__(
        self,
        name: str,
        manifests: Sequence[Manifest],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("vectorkit:index:Monitoring", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        for one in manifests:
            own = f"{name}-{one['kind'].lower()}-{one['metadata']['name']}"
            self._declare(own, one, child)
        self.register_outputs({})

    def _declare(self, name: str, manifest: Manifest, opts: pulumi.ResourceOptions) -> None:
        if manifest["kind"] == "ConfigMap":
            k8s.core.v1.ConfigMap(
                name, metadata=manifest["metadata"], data=manifest["data"], opts=opts
            )
            return
        inputs: dict[str, Any] = dict(manifest)
        k8s.apiextensions.CustomResource(
            name,
            api_version=inputs["apiVersion"],
            kind=inputs["kind"],
            metadata=inputs["metadata"],
            spec=inputs["spec"],
            opts=opts,
        )
