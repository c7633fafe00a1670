"""The job that seals: its account, its credentials and its schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.decisions import naming
from vectorkit.settings import Credentials


@dataclass(frozen=True, kw_only=True)
class VaultSealArgs:
    """What shapes the job."""

    namespace: pulumi.Input[str]
    labels: Mapping[str, str]
    cron_job: Any
    """Its spec. A typed one would have mypy compare every type that a pod can hold."""
    credentials: Credentials
    """Empty: the Secret comes from elsewhere."""
    milvus_ca: str | None
    """Certificates by which the job knows Milvus; None: it has no certificate, or everybody
    knows it."""
    annotations: pulumi.Input[Mapping[str, str]]
    """Of its service account: by what the object store knows it."""


class VaultSeal(pulumi.ComponentResource):
    """A CronJob with an identity of its own, which Milvus's pods do not have."""

    def __init__(
        self, name: str, args: VaultSealArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vectorkit:index:VaultSeal", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata={
                **_metadata(naming.VAULT_ACCOUNT, args),
                "annotations": args.annotations,
            },
            automount_service_account_token=False,
            opts=child,
        )
        needed: list[pulumi.Resource] = [account]
        if args.credentials:
            secret = k8s.core.v1.Secret(
                f"{name}-credentials",
                metadata=_metadata(naming.SEAL_CREDENTIALS, args),
                string_data=dict(args.credentials),
                opts=child,
            )
            needed.append(secret)
        if args.milvus_ca is not None:
            bundle = k8s.core.v1.ConfigMap(
                f"{name}-milvus-ca",
                metadata=_metadata(naming.SEAL_MILVUS_CA, args),
                data={naming.CA_KEY: args.milvus_ca},
                opts=child,
            )
            needed.append(bundle)
        k8s.batch.v1.CronJob(
            f"{name}-job",
            metadata=_metadata(naming.SEAL_JOB, args),
            spec=args.cron_job,
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )
        self.register_outputs({})


def _metadata(object_name: str, args: VaultSealArgs) -> k8s.meta.v1.ObjectMetaArgsDict:
    return {"name": object_name, "namespace": args.namespace, "labels": dict(args.labels)}
