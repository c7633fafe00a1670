"""Everything an environment's settings decide, before any resource is declared."""

from dataclasses import dataclass
from typing import Any

from vectorkit import access, lifecycle, milvus_values, namespace_rules, naming
from vectorkit.document import Store
from vectorkit.profiles import PROFILES
from vectorkit.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Plain data for the components."""

    labels: dict[str, str]
    live_policy: access.Policy | None
    """None, as for the vault: the store's user administration carries the denials."""
    live_lifecycle: list[dict[str, Any]]
    vault_policy: access.Policy | None
    vault_lifecycle: list[dict[str, Any]]
    network_policies: dict[str, namespace_rules.Spec]
    quota: dict[str, str]
    values: milvus_values.Values


def decide(settings: Settings, *, ca_bundle: str | None) -> Decisions:
    """What the settings mean."""
    store = settings.store
    log = f"{settings.milvus.root_path}/wp/" if settings.milvus.wal == "woodpecker" else None
    live_policy, vault_policy = _policies(store)
    return Decisions(
        labels=naming.labels(settings.environment),
        live_policy=live_policy,
        live_lifecycle=lifecycle.live_rules(
            store.live.undelete_days, wal_prefix=log, wal_undelete_days=store.live.log_days
        ),
        vault_policy=vault_policy,
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


def _policies(store: Store) -> tuple[access.Policy, access.Policy] | tuple[None, None]:
    """The policies of live bucket and vault, in the words of the store's profile."""
    key = PROFILES[store.profile].identity_key
    if key is None:
        return None, None
    deployers, writers = store.deployer_user_ids, store.vault_user_ids
    return (
        access.live_policy(store.live.bucket, deployers=deployers, identity_key=key),
        access.vault_policy(
            store.vault.bucket, deployers=deployers, writers=writers, identity_key=key
        ),
    )
