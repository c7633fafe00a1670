"""What a stack file means, as plain data: the base of `make plan` and of an environment's page.

Nothing is asked: no engine, no cluster, no store, no credential.
"""

from typing import Any

from handover import losses, sizes
from handover.rights_matrix import matrix
from vectorkit.decisions import images, namespace_rules, naming
from vectorkit.decisions.decide import Decisions, decide
from vectorkit.schema.buckets import LiveBucket, Vault
from vectorkit.schema.document import Document
from vectorkit.schema.stores import AwsStore
from vectorkit.settings import Settings

Rows = list[dict[str, str]]
PODS = {
    "Milvus": namespace_rules.MILVUS,
    "etcd": namespace_rules.ETCD,
    "seal job": namespace_rules.SEAL_JOB,
    "any pod here": namespace_rules.EVERY_POD,
}
"""Whom a selector of a network policy means."""


def meaning(settings: Settings, ca_bundle: str | None = None) -> dict[str, Any]:
    """Every section by name; each is a mapping, or a list of rows with the same keys.

    `ca_bundle`: the certificates in store.ca_file, where that can be read."""
    decisions = decide(settings, ca_bundle=ca_bundle)
    return {
        "environment": _environment(settings),
        "sizes": sizes.sizes(settings, decisions),
        "quota": sizes.quota(settings, decisions),
        "budgets": sizes.budgets(settings, decisions),
        "storage": sizes.storage(settings),
        "buckets": _buckets(settings, decisions),
        "rights": matrix(settings, decisions),
        "network": _network(decisions),
        "losses": losses.losses(settings),
        "destroy_keeps": losses.destroy_keeps(settings),
        "risks": losses.risks(settings),
        "alerts": _alerts(decisions),
        "left_out": left_out(settings, ca_bundle),
        "identity_policies": decisions.identities,
        "values": decisions.values,
    }


def left_out(settings: Settings, ca_bundle: str | None) -> list[str]:
    """What is deployed and not told here, in sentences."""
    if settings.store.ca_file is None or ca_bundle is not None:
        return []
    alert = " and no alert on the end of its certificates"
    return [
        f"store.ca_file {settings.store.ca_file} is not on this machine: the values here have no "
        f"volume, mount and hash of the store's CA{alert if _watched(settings) else ''}. Where it "
        "is, they are deployed."
    ]


def _watched(settings: Settings) -> bool:
    return settings.monitoring.prometheus_operator


def _environment(settings: Settings) -> dict[str, str]:
    milvus, chart, vault = settings.milvus, settings.milvus.chart, settings.store.vault
    pulled = images.pulled(milvus) | images.of_the_vault(vault)
    found = {
        "cluster": f"{settings.cluster.context} ({settings.cluster.kubeconfig})",
        "namespace": settings.namespace,
        "durable": "yes" if settings.durable else "no: data may be destroyed",
        "store": f"{settings.store.endpoint} ({settings.store.kind}, {settings.store.region})",
        "chart": f"{chart.path or f'{chart.repository} {chart.name}'} {chart.version}",
        **{f"image of {who}": str(one) for who, one in pulled.items()},
        "mode": milvus.mode,
        "write-ahead log": milvus.wal,
        "workload": f"{settings.workload.vectors:,} vectors of {settings.workload.dimension} "
        f"dimensions, {settings.workload.payload_bytes:,} bytes beside each, "
        f"{settings.workload.index}, {settings.workload.metric}, "
        f"{settings.workload.rows_per_second:,} rows/s at most",
        "inside the cluster": naming.service_address(settings.namespace),
        "outside": f"{settings.access.host}:{settings.access.node_port}"
        if settings.access.node_port
        else "nowhere",
        "to clients": "TLS" if milvus.tls else "in the clear",
    }
    if vault.schedule:
        found["sealed"] = f"at {vault.schedule} UTC; an alert when the newest is older: {vault.rpo}"
    return found


def _buckets(settings: Settings, decisions: Decisions) -> Rows:
    live, vault = settings.store.live, settings.store.vault
    sealed = (
        f"each version that is sealed stays {vault.retention_days} days ({vault.mode})"
        if vault.retention_days
        else "nothing is sealed"
    )
    return [
        {
            "bucket": live.bucket,
            "for": f"Milvus's data, below {settings.milvus.root_path}/",
            "keeps": f"deleted and overwritten objects {live.undelete_days} days",
            "encrypted": _encryption(settings, live),
            "rules": ", ".join(rule["ID"] for rule in decisions.live_lifecycle),
        },
        {
            "bucket": vault.bucket,
            "for": "sealed copies",
            "keeps": sealed,
            "encrypted": _encryption(settings, vault),
            "rules": ", ".join(rule["ID"] for rule in decisions.vault_lifecycle),
        },
    ]


def _encryption(settings: Document, bucket: LiveBucket | Vault) -> str:
    if isinstance(settings.store, AwsStore):
        return f"by KMS key alias/{bucket.bucket}, its own and rotated"
    return f"by key {bucket.kms_key_id}" if bucket.kms_key_id else "by a key of the store's"


def _network(decisions: Decisions) -> Rows:
    """Who speaks to whom: each way once, though both ends have a policy that lets it pass."""
    ways: dict[tuple[str, str], set[int]] = {}
    for policy in decisions.network_policies.values():
        pods = peer({"podSelector": policy["podSelector"]})
        for direction, key in (("from", "ingress"), ("to", "egress")):
            for rule in policy.get(key, []):
                for one in rule[direction]:
                    ends = (peer(one), pods) if direction == "from" else (pods, peer(one))
                    ways.setdefault(ends, set()).update(port["port"] for port in rule["ports"])
    return [
        {"from": ends[0], "to": ends[1], "ports": ", ".join(map(str, sorted(ports)))}
        for ends, ports in ways.items()
    ]


def peer(one: dict[str, Any]) -> str:
    """Who is meant. Raises ValueError for pods that have no name here: silence would hide them."""
    if "ipBlock" in one:
        return str(one["ipBlock"]["cidr"])
    if "namespaceSelector" in one:
        labels = one["namespaceSelector"]["matchLabels"]
        return f"namespace {labels['kubernetes.io/metadata.name']}"
    known = [name for name, selector in PODS.items() if selector == one["podSelector"]]
    if not known:
        raise ValueError(f"No name is known for the pods {one['podSelector']}; add it to PODS.")
    return known[0]


def _alerts(decisions: Decisions) -> Rows:
    """As they are declared."""
    return [
        {
            "alert": rule["alert"],
            "severity": rule["labels"]["severity"],
            "means": rule["annotations"]["summary"],
            "first": rule["annotations"]["description"],
        }
        for manifest in decisions.monitoring
        if manifest["kind"] == "PrometheusRule"
        for group in manifest["spec"]["groups"]
        for rule in group["rules"]
    ]
