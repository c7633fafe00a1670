"""One environment: guardrails, object store and vector database, wired together."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from vectorkit.components import former_deployment, object_store, preflight, vector_db
from vectorkit.components.bucket_plan import BucketPlan
from vectorkit.components.guardrails import Guardrails, GuardrailsArgs
from vectorkit.components.monitoring import Monitoring
from vectorkit.components.object_store import ObjectStore, ObjectStoreArgs
from vectorkit.components.vault_seal import VaultSeal, VaultSealArgs
from vectorkit.components.vector_db import VectorDb, VectorDbArgs
from vectorkit.decisions import cluster_rights, external_secrets, naming, upgrades
from vectorkit.decisions.access import Policy
from vectorkit.decisions.decide import Decisions, decide
from vectorkit.schema import ca_bundles
from vectorkit.schema.buckets import LiveBucket, Vault
from vectorkit.settings import Credentials, Settings


class Environment(pulumi.ComponentResource):
    """Everything of one stack. Its outputs are all that smoke tests and users need."""

    outputs: dict[str, Any]
    """By the names under which the stack exports them."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        credentials: Credentials,
        ca_bundle: str | None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        vault_credentials: Credentials,
        milvus_ca: str | None,
    ) -> None:
        super().__init__("vectorkit:index:Environment", name, {}, opts)
        decisions = decide(settings, ca_bundle=ca_bundle)
        own = pulumi.ResourceOptions(parent=self)
        cluster = _cluster_provider(name, settings, own)
        facts = _facts(settings, credentials)
        checked = preflight.Cluster(
            f"{name}-preflight",
            kubeconfig=settings.cluster.kubeconfig,
            context=settings.cluster.context,
            uid=settings.cluster.uid,
            namespace=settings.namespace,
            labels=decisions.labels,
            rights=cluster_rights.needed(settings, decisions),
            chart=_chart(settings),
            opts=own,
        )
        allowed = pulumi.Output.all(checked.namespace, former_deployment.allows(settings, facts))
        region = _after(allowed, settings.store.region)
        namespace = _after(allowed, settings.namespace)
        providers = [
            cluster,
            object_store.provider(f"{name}-store", settings.store, region, own),
        ]
        store = ObjectStore(
            f"{name}-object-store",
            _store_args(settings, decisions),
            pulumi.ResourceOptions(parent=self, providers=providers, protect=settings.durable),
        )
        guardrails = Guardrails(
            f"{name}-guardrails",
            _guardrails_args(settings, decisions, store, namespace),
            pulumi.ResourceOptions(parent=self, providers=providers),
        )
        database = VectorDb(
            f"{name}-vector-db",
            VectorDbArgs(
                namespace=guardrails.namespace,
                labels=decisions.labels,
                chart=settings.milvus.chart,
                values=decisions.values,
                credentials=credentials,
                external_secrets=external_secrets.specs(settings),
                tls=settings.milvus.tls,
                hosts=naming.milvus_hosts(settings.namespace, settings.access.host),
                ca_bundle=ca_bundles.trusted(settings, ca_bundle),
                ready_within_seconds=settings.milvus.ready_within_seconds,
                awaits_restore=settings.milvus.awaits_restore,
            ),
            # Milvus panics without its bucket, and must be gone before its limits are.
            pulumi.ResourceOptions(
                parent=self, providers=providers, depends_on=[guardrails, store]
            ),
        )
        if decisions.seal_job is not None:
            VaultSeal(
                f"{name}-vault-seal",
                VaultSealArgs(
                    namespace=guardrails.namespace,
                    labels=decisions.labels,
                    cron_job=decisions.seal_job,
                    credentials=vault_credentials,
                    milvus_ca=milvus_ca,
                    annotations=store.vault_writer_annotations,
                ),
                pulumi.ResourceOptions(
                    parent=self, providers=providers, depends_on=[guardrails, database]
                ),
            )
        if decisions.monitoring:
            Monitoring(
                f"{name}-monitoring",
                decisions.monitoring,
                pulumi.ResourceOptions(parent=self, providers=providers, depends_on=[guardrails]),
            )
        self.outputs = _outputs(settings, guardrails, store, database)
        self.outputs["identity_policies"] = decisions.identities
        self.outputs[former_deployment.OUTPUT] = facts
        self.register_outputs(self.outputs)


def _facts(settings: Settings, credentials: Credentials) -> pulumi.Output[dict[str, str]]:
    facts = pulumi.Output.all(**credentials).apply(lambda known: upgrades.facts(settings, known))
    return pulumi.Output.unsecret(facts)


def _after(allowed: pulumi.Output[list[Any]], value: str) -> pulumi.Output[str]:
    """The value, once every check has passed: whatever uses it waits."""
    return allowed.apply(lambda _: value)


def _chart(settings: Settings) -> dict[str, str]:
    release = vector_db.source(settings.milvus.chart)
    return {
        "chart": release["chart"],
        "version": release["version"],
        **release.get("repository_opts", {}),
    }


def _cluster_provider(
    name: str, settings: Settings, opts: pulumi.ResourceOptions
) -> pulumi.ProviderResource:
    return k8s.Provider(
        f"{name}-kubernetes",
        kubeconfig=settings.cluster.kubeconfig,
        context=settings.cluster.context,
        # A new password changes the Secret in place; replacing it would take it from the pods.
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
        opts=opts,
    )


def _guardrails_args(
    settings: Settings, decisions: Decisions, store: ObjectStore, namespace: pulumi.Output[str]
) -> GuardrailsArgs:
    return GuardrailsArgs(
        namespace=namespace,
        labels=decisions.labels,
        pod_security=settings.guardrails.pod_security,
        network_policies=decisions.network_policies,
        quota=decisions.quota,
        budgets=decisions.budgets,
        milvus_annotations=store.milvus_annotations,
        durable=settings.durable,
    )


def _store_args(settings: Settings, decisions: Decisions) -> ObjectStoreArgs:
    store = settings.store
    return ObjectStoreArgs(
        endpoint=store.endpoint,
        region=store.region,
        live=_bucket_plan(
            settings, "live", store.live, decisions.live_policy, decisions.live_lifecycle
        ),
        vault=_bucket_plan(
            settings, "vault", store.vault, decisions.vault_policy, decisions.vault_lifecycle
        ),
        durable=settings.durable,
        needs=list(decisions.store_needs),
        aws=decisions.aws,
    )


def _bucket_plan(
    settings: Settings,
    purpose: str,
    declared: LiveBucket | Vault,
    policy: Policy | None,
    lifecycle: list[dict[str, Any]],
) -> BucketPlan:
    weaker = declared.allow_weaker_than
    return BucketPlan(
        bucket=declared.bucket,
        policy=policy,
        lifecycle=lifecycle,
        tags=naming.tags(settings.environment, purpose),
        kms_key_id=declared.kms_key_id,
        keeps=declared.keeps,
        allow_destroy_bucket=declared.allow_destroy_bucket,
        allow_weaker_than=weaker.model_dump() if weaker else None,
    )


def _outputs(
    settings: Settings, guardrails: Guardrails, store: ObjectStore, database: VectorDb
) -> dict[str, Any]:
    access, tls = settings.access, settings.milvus.tls
    scheme = "https" if tls else "http"
    return {
        "namespace": guardrails.namespace,
        "release": database.release,
        "milvus_service": naming.service_address(settings.namespace),
        "milvus_uri": f"{scheme}://{access.host}:{access.node_port}" if access.node_port else None,
        "milvus_server_name": naming.milvus_hosts(settings.namespace, None)[-1] if tls else None,
        "milvus_ca_file": tls.ca_file if tls else None,
        "live_bucket": store.live_bucket,
        "vault_bucket": store.vault_bucket,
        "vault_retention": settings.store.vault.retention,
        "root_path": settings.milvus.root_path,
        "store_endpoint": store.endpoint,
        "store_region": store.region,
        "store_ca_file": settings.store.ca_file,
        "credentials_secret": database.credentials_secret,
        "kubeconfig": settings.cluster.kubeconfig,
        "context": settings.cluster.context,
        "durable": settings.durable,
    }
