"""The namespace and the limits that belong to it, whoever deploys into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.decisions import namespace_rules, naming


@dataclass(frozen=True, kw_only=True)
class GuardrailsArgs:
    """What shapes the namespace."""

    namespace: pulumi.Input[str]
    labels: Mapping[str, str]
    pod_security: str
    network_policies: Mapping[str, Any]
    """Specs by name."""
    quota: Mapping[str, str]
    milvus_annotations: pulumi.Input[Mapping[str, str]]
    """Of Milvus's service account: by what the object store knows it."""
    durable: bool
    """Protect the namespace, whose volumes go with it, and limit evictions."""
    budgets: Mapping[str, Any]
    """Specs by name; of a durable environment."""


class Guardrails(pulumi.ComponentResource):
    """Namespace, pod security, quota, default limits, NetworkPolicies, service accounts, budget."""

    namespace: pulumi.Output[str]
    """The namespace, once it exists."""

    def __init__(
        self, name: str, args: GuardrailsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vectorkit:index:Guardrails", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        namespace = k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata={
                "name": args.namespace,
                "labels": {**args.labels, **_pod_security_labels(args.pod_security)},
            },
            opts=pulumi.ResourceOptions(parent=self, protect=args.durable),
        )
        self.namespace = namespace.metadata["name"]
        self._limit(name, args, child)
        for policy, spec in args.network_policies.items():
            k8s.networking.v1.NetworkPolicy(
                f"{name}-{policy}", metadata=self._metadata(policy, args), spec=spec, opts=child
            )
        milvus = self._metadata(naming.SERVICE_ACCOUNT, args)
        k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata={**milvus, "annotations": args.milvus_annotations},
            automount_service_account_token=False,
            opts=child,
        )
        k8s.core.v1.ServiceAccount(
            f"{name}-etcd-account",
            metadata=self._metadata(naming.ETCD_ACCOUNT, args),
            automount_service_account_token=False,
            opts=child,
        )
        if args.durable:
            for budget, spec in args.budgets.items():
                k8s.policy.v1.PodDisruptionBudget(
                    f"{name}-{budget}", metadata=self._metadata(budget, args), spec=spec, opts=child
                )
        self.register_outputs({"namespace": self.namespace})

    def _limit(self, name: str, args: GuardrailsArgs, child: pulumi.ResourceOptions) -> None:
        k8s.core.v1.ResourceQuota(
            f"{name}-quota",
            metadata=self._metadata("environment", args),
            spec={"hard": dict(args.quota)},
            opts=child,
        )
        k8s.core.v1.LimitRange(
            f"{name}-limits",
            metadata=self._metadata("container-defaults", args),
            spec=namespace_rules.CONTAINER_LIMITS,
            opts=child,
        )

    def _metadata(self, object_name: str, args: GuardrailsArgs) -> k8s.meta.v1.ObjectMetaArgsDict:
        return {"name": object_name, "namespace": self.namespace, "labels": dict(args.labels)}


def _pod_security_labels(level: str) -> dict[str, str]:
    """Enforced, and told to whoever applies a manifest as well as to the audit log."""
    modes = ("enforce", "warn", "audit")
    return {f"pod-security.kubernetes.io/{mode}": level for mode in modes}
