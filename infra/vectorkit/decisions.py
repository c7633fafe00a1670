"""Everything an environment's settings decide, before any resource is declared."""

from dataclasses import dataclass
from typing import Any

from vectorkit import access, lifecycle, milvus_values, namespace_rules, naming
from vectorkit.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Plain data for the components."""

    labels: dict[str, str]
    live_policy: access.Policy
    live_lifecycle: list[dict[str, Any]]
    vault_policy: access.Policy
    vault_lifecycle: list[dict[str, Any]]
    network_policies: dict[str, namespace_rules.Spec]
    quota: dict[str, str]
    values: milvus_values.Values


def decide(settings: Settings, *, ca_bundle: str | None) -> Decisions:
    """What the settings mean."""
    store = settings.store
    return Decisions(
        labels=naming.labels(settings.environment),
        live_policy=access.live_policy(store.live.bucket, deployers=store.deployer_user_ids),
        live_lifecycle=lifecycle.live_rules(store.live.undelete_days),
        vault_policy=access.vault_policy(
            store.vault.bucket, deployers=store.deployer_user_ids, writers=store.vault_user_ids
        ),
        vault_lifecycle=lifecycle.vault_rules(),
        network_policies=namespace_rules.network_policies(
            store_networks=store.reachable_at,
            store_port=store.port,
            clients=settings.access.clients,
            monitoring_namespace=settings.guardrails.monitoring_namespace,
        ),
        quota=namespace_rules.quota(
            memory_mib=settings.memory_limit_mib,
            disk_mib=settings.disk_mib,
            node_ports=0 if settings.access.node_port is None else 1,
        ),
        values=milvus_values.values(settings, ca_bundle=ca_bundle),
    )
