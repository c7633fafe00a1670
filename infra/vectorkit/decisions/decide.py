"""Everything an environment's settings decide, before any resource is declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vectorkit.decisions import (
    access,
    aws_denials,
    aws_keys,
    aws_policies,
    cluster_values,
    lifecycle,
    milvus_values,
    monitoring_manifests,
    namespace_rules,
    naming,
    s3_policies,
    seal_job,
    store_needs,
)
from vectorkit.decisions.alert import Watched
from vectorkit.schema import certificates
from vectorkit.schema.milvus_document import Milvus
from vectorkit.schema.stores import AwsStore
from vectorkit.schema.value_types import seconds
from vectorkit.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Plain data for the components."""

    labels: dict[str, str]
    identities: dict[str, access.Policy] | None
    """What the store's user administration must let Milvus and the vault's writer do; None: they
    are roles of the program's own."""
    live_policy: access.Policy | None
    """None, as for the vault: the policies of the users carry the denials."""
    live_lifecycle: list[dict[str, Any]]
    vault_policy: access.Policy | None
    vault_lifecycle: list[dict[str, Any]]
    store_needs: dict[str, str]
    """What the store must be shown to do, with the reason."""
    aws: aws_policies.AwsPlan | None
    """Keys and roles; None: the store has its own."""
    network_policies: dict[str, namespace_rules.Spec]
    quota: dict[str, str]
    budgets: dict[str, namespace_rules.Spec]
    values: milvus_values.Values
    seal_job: seal_job.Spec | None
    """Of the CronJob that seals; None: the stack has no schedule for one."""
    monitoring: list[monitoring_manifests.Manifest]
    """What monitoring is told, as the objects that tell it."""


def decide(settings: Settings, *, ca_bundle: str | None) -> Decisions:
    """What the settings mean."""
    store = settings.store
    log = f"{settings.milvus.root_path}/wp/" if settings.milvus.wal == "woodpecker" else None
    live_policy, vault_policy = _policies(settings)
    return Decisions(
        labels=naming.labels(settings.environment),
        identities=None if isinstance(store, AwsStore) else s3_policies.identities(store),
        live_policy=live_policy,
        live_lifecycle=lifecycle.without(
            lifecycle.live_rules(
                store.live.undelete_days, wal_prefix=log, wal_undelete_days=store.live.log_days
            ),
            store.lifecycle_left_out,
        ),
        vault_policy=vault_policy,
        vault_lifecycle=lifecycle.without(lifecycle.vault_rules(), store.lifecycle_left_out),
        store_needs=store_needs.needs(settings),
        aws=_aws(settings),
        network_policies=namespace_rules.network_policies(
            store_networks=store.reachable_at,
            store_port=store.port,
            clients=settings.access.clients,
            client_namespaces=settings.access.namespaces,
            monitoring_namespace=settings.monitoring.namespace,
            clustered=settings.shape is not None,
            queue=_queue(settings.milvus),
            seals=store.vault.schedule is not None,
        ),
        quota=_quota(settings),
        budgets=namespace_rules.budgets(settings.shape),
        values=milvus_values.values(settings, ca_bundle=ca_bundle),
        seal_job=seal_job.cron_job(
            settings,
            labels=naming.labels(settings.environment),
            private_ca=ca_bundle is not None,
        ),
        monitoring=_monitoring(settings, ca_bundle),
    )


def _quota(settings: Settings) -> dict[str, str]:
    node_ports = 0 if settings.access.node_port is None else 1
    seal_memory_mib = 0 if settings.store.vault.schedule is None else seal_job.MEMORY_MIB
    shape, gpu = settings.shape, settings.milvus.gpu
    if shape is None:
        return namespace_rules.standalone_quota(
            memory_mib=settings.memory_limit_mib + seal_memory_mib,
            disk_mib=settings.disk_mib,
            node_ports=node_ports,
        )
    users = [shape.components[one] for one in cluster_values.ON_GPU]
    gpus = {gpu.resource: gpu.count * sum(one.most + 1 for one in users)} if gpu else {}
    return namespace_rules.cluster_quota(
        shape, node_ports=node_ports, gpus=gpus, seal_memory_mib=seal_memory_mib
    )


def _queue(milvus: Milvus) -> list[tuple[Sequence[str], int]]:
    if milvus.pulsar:
        return [(milvus.pulsar.networks, milvus.pulsar.port)]
    if milvus.kafka:
        return [(milvus.kafka.networks, port) for port in milvus.kafka.ports]
    return []


def watched(settings: Settings, *, ca_bundle: str | None) -> Watched:
    """What the alert rules are made for."""
    vault, tls = settings.store.vault, settings.milvus.tls
    return Watched(
        namespace=settings.namespace,
        milvus=settings.milvus.version,
        memory_limits_mib=settings.memory_limits_mib,
        ca_expires=None if ca_bundle is None else certificates.first_expiry(ca_bundle),
        certificate=tls.secret if tls and tls.cluster_issuer else None,
        rpo_seconds=None if vault.rpo is None else seconds(vault.rpo),
        retention_days=vault.retention_days,
    )


def _monitoring(settings: Settings, ca_bundle: str | None) -> list[monitoring_manifests.Manifest]:
    labels = naming.labels(settings.environment)
    found: list[monitoring_manifests.Manifest] = []
    if settings.monitoring.prometheus_operator:
        rules_for = watched(settings, ca_bundle=ca_bundle)
        found += monitoring_manifests.for_operator(
            rules_for, labels=settings.monitoring.labels | labels
        )
    if settings.monitoring.grafana_dashboard:
        found.append(
            monitoring_manifests.for_grafana(
                namespace=settings.namespace,
                environment=settings.environment,
                milvus=settings.milvus.version,
                labels=labels,
            )
        )
    return found


def _policies(settings: Settings) -> tuple[access.Policy, access.Policy] | tuple[None, None]:
    """The policies of live bucket and vault, in the words of the store."""
    store = settings.store
    if not isinstance(store, AwsStore):
        return s3_policies.policies(store)
    live, vault, key = store.live.bucket, store.vault.bucket, aws_keys.IDENTITY_KEY
    writer = aws_policies.vault_writer_arn(store, settings.environment)
    return (
        access.live_policy(
            live, deployers=store.deployers, identity_key=key, also=aws_denials.encryption(live)
        ),
        access.vault_policy(
            vault,
            deployers=store.deployers,
            writers=[writer],
            identity_key=key,
            also=[*aws_denials.encryption(vault), *aws_denials.sealing(store.vault)],
        ),
    )


def _aws(settings: Settings) -> aws_policies.AwsPlan | None:
    if not isinstance(settings.store, AwsStore):
        return None
    return aws_policies.plan(
        settings.store,
        environment=settings.environment,
        namespace=settings.namespace,
        root_path=settings.milvus.root_path,
        durable=settings.durable,
    )
