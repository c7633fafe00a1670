"""Milvus: its credentials, the store's CA and the Helm release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit import milvus_values, naming
from vectorkit.document import Chart
from vectorkit.settings import Credentials


@dataclass(frozen=True, kw_only=True)
class VectorDbArgs:
    """What shapes Milvus."""

    namespace: pulumi.Input[str]
    labels: Mapping[str, str]
    chart: Chart
    values: dict[str, Any]
    """Helm values without any secret."""
    credentials: Credentials
    ca_bundle: str | None
    """Certificates by which Milvus knows the store; None: those in its image."""
    ready_within_seconds: int


class VectorDb(pulumi.ComponentResource):
    """One Milvus release that takes every secret from a Kubernetes Secret."""

    release: pulumi.Output[str | None]
    """Name of the Helm release."""
    credentials_secret: pulumi.Output[str]
    """Name of the Secret with the root password, and the access key where there is one."""

    def __init__(
        self, name: str, args: VectorDbArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vectorkit:index:VectorDb", name, {}, opts)
        secret = self._secret(f"{name}-credentials", args)
        needed: list[pulumi.Resource] = [secret]
        if args.ca_bundle is not None:
            needed.append(self._ca(f"{name}-store-ca", args, args.ca_bundle))
        release = self._release(f"{name}-release", args, needed)
        self.release = release.name
        self.credentials_secret = secret.metadata["name"]
        self.register_outputs(
            {"release": self.release, "credentials_secret": self.credentials_secret}
        )

    def _secret(self, name: str, args: VectorDbArgs) -> k8s.core.v1.Secret:
        return k8s.core.v1.Secret(
            name,
            metadata=_metadata(naming.CREDENTIALS_SECRET, args),
            string_data=dict(args.credentials),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ca(self, name: str, args: VectorDbArgs, bundle: str) -> k8s.core.v1.ConfigMap:
        return k8s.core.v1.ConfigMap(
            name,
            metadata=_metadata(naming.STORE_CA, args),
            data={naming.CA_KEY: bundle},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _release(
        self, name: str, args: VectorDbArgs, needed: list[pulumi.Resource]
    ) -> k8s.helm.v3.Release:
        digest = pulumi.Output.all(*args.credentials.values()).apply(milvus_values.secret_hash)
        return k8s.helm.v3.Release(
            name,
            name=naming.RELEASE,
            namespace=args.namespace,
            **_chart(args.chart),
            # A digest of secrets that nobody guesses tells nothing, and as a secret it would
            # hide all values from previews.
            values=milvus_values.with_secret_hash(args.values, pulumi.Output.unsecret(digest)),
            timeout=args.ready_within_seconds,
            skip_await=False,
            wait_for_jobs=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )


def _chart(chart: Chart) -> dict[str, Any]:
    if chart.path:
        return {"chart": chart.path, "version": chart.version}
    if chart.repository and chart.repository.startswith("oci://"):
        return {"chart": f"{chart.repository}/{chart.name}", "version": chart.version}
    return {
        "chart": chart.name,
        "version": chart.version,
        "repository_opts": {"repo": chart.repository},
    }


def _metadata(object_name: str, args: VectorDbArgs) -> k8s.meta.v1.ObjectMetaArgsDict:
    return {"name": object_name, "namespace": args.namespace, "labels": dict(args.labels)}
