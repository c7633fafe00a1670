"""Milvus: its credentials, the store's CA and the Helm release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.decisions import external_secrets, milvus_values, naming
from vectorkit.schema.milvus_document import Chart, Tls
from vectorkit.schema.stores import is_address
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
    """Empty where external_secrets brings them."""
    external_secrets: Mapping[str, external_secrets.Spec]
    """Specs of ExternalSecrets, by the Secret that each makes."""
    tls: Tls | None
    hosts: Sequence[str]
    """By which clients know Milvus, for its certificate."""
    ca_bundle: str | None
    """Certificates by which Milvus knows store and log; None: those in its image."""
    ready_within_seconds: int
    awaits_restore: bool
    """Milvus does not start before a restore, so nothing waits for it."""


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
        needed = self._secrets(name, args)
        if args.tls and args.tls.cluster_issuer:
            needed.append(self._certificate(f"{name}-certificate", args, args.tls))
        if args.ca_bundle is not None:
            needed.append(self._ca(f"{name}-store-ca", args, args.ca_bundle))
        release = self._release(f"{name}-release", args, needed)
        self.release = release.name
        self.credentials_secret = pulumi.Output.from_input(naming.CREDENTIALS_SECRET)
        self.register_outputs(
            {"release": self.release, "credentials_secret": self.credentials_secret}
        )

    def _secrets(self, name: str, args: VectorDbArgs) -> list[pulumi.Resource]:
        child = pulumi.ResourceOptions(parent=self)
        brought: list[pulumi.Resource] = [
            k8s.apiextensions.CustomResource(
                _resource_name(name, secret),
                api_version=external_secrets.API_VERSION,
                kind="ExternalSecret",
                metadata=_metadata(secret, args),
                spec=spec,
                opts=child,
            )
            for secret, spec in args.external_secrets.items()
        ]
        own: list[pulumi.Resource] = [
            k8s.core.v1.Secret(
                _resource_name(name, secret),
                metadata=_metadata(secret, args),
                string_data=data,
                opts=child,
            )
            for secret, data in _by_secret(args.credentials).items()
        ]
        return brought + own

    def _certificate(
        self, name: str, args: VectorDbArgs, tls: Tls
    ) -> k8s.apiextensions.CustomResource:
        return k8s.apiextensions.CustomResource(
            name,
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata=_metadata(tls.secret, args),
            spec={
                "secretName": tls.secret,
                "dnsNames": [one for one in args.hosts if not is_address(one)],
                "ipAddresses": [one for one in args.hosts if is_address(one)],
                "issuerRef": {"name": tls.cluster_issuer, "kind": "ClusterIssuer"},
            },
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
        return k8s.helm.v3.Release(
            name,
            name=naming.RELEASE,
            namespace=args.namespace,
            **source(args.chart),
            values=_values(args),
            timeout=args.ready_within_seconds,
            skip_await=args.awaits_restore,
            wait_for_jobs=not args.awaits_restore,
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )


def _values(args: VectorDbArgs) -> dict[str, Any]:
    if not args.credentials:
        return args.values
    digest = pulumi.Output.all(*args.credentials.values()).apply(milvus_values.secret_hash)
    # A digest of secrets that nobody guesses tells nothing, and as a secret it would hide all
    # values from previews.
    return milvus_values.with_secret_hash(args.values, pulumi.Output.unsecret(digest))


def _by_secret(credentials: Credentials) -> dict[str, dict[str, pulumi.Output[str]]]:
    """What goes into which Secret: etcd's password is not among Milvus's keys."""
    found: dict[str, dict[str, pulumi.Output[str]]] = {}
    for key, one in credentials.items():
        of_etcd = key == naming.ETCD_PASSWORD_KEY
        name = naming.ETCD_CREDENTIALS if of_etcd else naming.CREDENTIALS_SECRET
        found.setdefault(name, {})[key] = one
    return found


def _resource_name(name: str, secret: str) -> str:
    return f"{name}-{secret.removeprefix(naming.RELEASE + '-')}"


def source(chart: Chart) -> dict[str, Any]:
    """Where a Release has its chart from, by the names of its inputs."""
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
