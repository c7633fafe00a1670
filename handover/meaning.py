"""What a stack file means, as plain data: the base of `make plan` and of an environment's page.

Nothing is asked: no engine, no cluster, no store, no credential.
"""

from typing import Any

from handover.rights_matrix import matrix
from vectorkit import (
    alerts,
    namespace_rules,
    naming,
    object_storage,
    sizing,
)
from vectorkit.decisions import Decisions, decide, watched
from vectorkit.document import Document
from vectorkit.settings import Settings

Rows = list[dict[str, str]]


def meaning(settings: Settings) -> dict[str, Any]:
    """Every section by name; each is a mapping, or a list of rows with the same keys."""
    # The private CA's file is not read: it changes an annotation, and the date of an alert.
    decisions = decide(settings, ca_bundle=None)
    return {
        "environment": _environment(settings),
        "sizes": _sizes(settings),
        "storage": _storage(settings),
        "buckets": _buckets(settings, decisions),
        "rights": matrix(settings, decisions),
        "network": _network(decisions),
        "losses": losses(settings),
        "risks": risks(settings),
        "alerts": _alerts(settings),
        "quota": decisions.quota,
        "values": decisions.values,
    }


def _environment(settings: Document) -> dict[str, str]:
    milvus, chart = settings.milvus, settings.milvus.chart
    return {
        "cluster": f"{settings.cluster.context} ({settings.cluster.kubeconfig})",
        "namespace": settings.namespace,
        "durable": "yes" if settings.durable else "no: data may be destroyed",
        "store": f"{settings.store.endpoint} ({settings.store.kind}, {settings.store.region})",
        "Milvus": f"{milvus.image.repository}:{milvus.image.tag}, {milvus.mode}",
        "chart": f"{chart.path or f'{chart.repository} {chart.name}'} {chart.version}",
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


def _sizes(settings: Document) -> Rows:
    shape = settings.shape
    etcd = settings.etcd
    rows = []
    if shape is None:
        row = _size_row("standalone", "1", settings.memory_limit_mib, settings.disk_mib)
        rows.append(row | {"headroom": _share(settings.memory_mib, settings.workload.size.memory)})
    else:
        for name, pods in shape.components.items():
            many = f"{pods.count} to {pods.most}" if pods.most > pods.count else str(pods.count)
            rows.append(_size_row(name, many, pods.memory_mib, pods.disk_mib) | {"headroom": ""})
        usable = shape.querynode.memory_mib - sizing.PROCESS_MIB
        held = shape.query_nodes_of_a_replica * usable
        needed = int(sizing.HEADROOM * settings.workload.size.loaded)
        rows[2]["headroom"] = f"{_share(held, needed)} with one lost"
    rows.append(
        _size_row("etcd", str(etcd.count), etcd.memory_mib, sizing.ETCD_DISK_MIB) | {"headroom": ""}
    )
    return rows


def _size_row(component: str, pods: str, memory_mib: int, disk_mib: int) -> dict[str, str]:
    return {
        "component": component,
        "pods": pods,
        "memory of each": _size(memory_mib),
        "disk of each": _size(disk_mib) if disk_mib else "",
    }


def _storage(settings: Document) -> dict[str, str]:
    needed, store = object_storage.needed(settings), settings.store
    rate = f"at {settings.workload.rows_per_second:,} rows/s all day"
    found = {
        "vectors": _size(settings.workload.size.raw),
        "live bucket": f"{_size(needed.current)}: rows and index",
        "old versions": f"up to {_size(needed.noncurrent)}: what was compacted, overwritten or "
        f"deleted in the last {store.live.undelete_days} days, {rate}",
    }
    if needed.log:
        found["write-ahead log"] = f"up to {_size(needed.log)} with its old versions, {rate}"
    if store.vault.retention_days:
        found["vault"] = (
            f"up to {_size(needed.vault)}: a copy of all, and what is new while a version stays "
            f"{store.vault.retention_days} days, {rate}"
        )
    return found


def _buckets(settings: Document, decisions: Decisions) -> Rows:
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
            "encrypted": live.kms_key_id or "by a key of the store's",
            "rules": ", ".join(rule["ID"] for rule in decisions.live_lifecycle),
        },
        {
            "bucket": vault.bucket,
            "for": "sealed copies",
            "keeps": sealed,
            "encrypted": vault.kms_key_id or "by a key of the store's",
            "rules": ", ".join(rule["ID"] for rule in decisions.vault_lifecycle),
        },
    ]


def _network(decisions: Decisions) -> Rows:
    """Who speaks to whom: each way once, though both ends have a policy that lets it pass."""
    ways: dict[tuple[str, str], set[int]] = {}
    for policy in decisions.network_policies.values():
        pods = _peer({"podSelector": policy["podSelector"]})
        for direction, key in (("from", "ingress"), ("to", "egress")):
            for rule in policy.get(key, []):
                for peer in rule[direction]:
                    ends = (_peer(peer), pods) if direction == "from" else (pods, _peer(peer))
                    ways.setdefault(ends, set()).update(port["port"] for port in rule["ports"])
    return [
        {"from": ends[0], "to": ends[1], "ports": ", ".join(map(str, sorted(ports)))}
        for ends, ports in ways.items()
    ]


def _peer(peer: dict[str, Any]) -> str:
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    if "namespaceSelector" in peer:
        labels = peer["namespaceSelector"]["matchLabels"]
        return f"namespace {labels['kubernetes.io/metadata.name']}"
    selector = peer["podSelector"]
    known = {"Milvus": namespace_rules.MILVUS, "etcd": namespace_rules.ETCD}
    return next((name for name, one in known.items() if one == selector), "any pod here")


def losses(settings: Document) -> Rows:
    """What can be lost, by which act of whom, and what brings it back."""
    store, durable = settings.store, settings.durable
    destroy = (
        "refused: data is protected until `pulumi state unprotect`"
        if durable
        else "takes buckets, volumes and namespace"
    )
    days = store.live.undelete_days
    rows = [
        {"act": "pulumi destroy", "by": "deployer", "loses": destroy, "remedy": ""},
        {
            "act": "drop a collection, delete objects",
            "by": "Milvus, or whoever has its key",
            "loses": f"nothing for {days} days",
            "remedy": "make undelete",
        },
        {
            "act": "destroy versions in the live bucket",
            "by": "deployer",
            "loses": "what was destroyed",
            "remedy": "the newest sealed snapshot" if store.vault.retention_days else "none",
        },
        _vault_loss(settings),
    ]
    if settings.milvus.wal == "rocksmq":
        rows.append(
            {
                "act": "lose the volume of standalone",
                "by": "a machine that breaks",
                "loses": "rows that were not flushed yet",
                "remedy": "write them again",
            }
        )
    return rows


def _vault_loss(settings: Document) -> dict[str, str]:
    vault = settings.store.vault
    row = {"act": "destroy sealed versions", "by": "deployer", "remedy": "none"}
    if vault.mode == "compliance":
        return row | {"loses": "nothing before its date: nobody can", "by": "anybody"}
    if vault.mode == "governance":
        return row | {"loses": "what it bypasses by its own rights; each bypass is a request"}
    return row | {"loses": "everything: nothing is sealed"}


def risks(settings: Document) -> list[str]:
    """What stays open, in sentences."""
    found = []
    if settings.milvus.tls is None:
        found.append("Clients speak to Milvus in the clear: passwords and vectors can be read.")
    if settings.store.vault.mode == "none":
        found.append("There is no sealed copy: who has the deployer's key can destroy everything.")
    if settings.store.vault.mode == "governance":
        found.append("The deployer can bypass governance; compliance is what nobody can undo.")
    if settings.store.live.kms_key_id is None and settings.store.kind == "s3":
        found.append("The store manages the encryption keys: who has the store has the data.")
    if settings.monitoring.namespace is None:
        found.append("Nobody watches: no alert will tell of a full etcd or a failing store.")
    if settings.shape is None:
        found.append("Standalone is one pod: while it moves, nobody is answered.")
    if "@sha256:" not in settings.milvus.image.tag:
        found.append("The image is pinned by its tag; only a digest cannot be moved.")
    found += [
        f"{one} is accepted: this version of Milvus is open to it."
        for one in settings.milvus.accept_known_holes
    ]
    return found


def _alerts(settings: Settings) -> Rows:
    if not settings.monitoring.prometheus_operator:
        return []
    known = alerts.alerts(watched(settings, ca_bundle=None))
    return [
        {"alert": one.name, "severity": one.severity, "means": one.summary, "first": one.remedy}
        for one in known
    ]


def _share(held: int, needed: int) -> str:
    return f"{held / max(needed, 1) - 1:+.0%}"


def _size(mib: int) -> str:
    for unit, factor in (("TiB", 1024**2), ("GiB", 1024)):
        if mib >= factor:
            return f"{mib / factor:,.1f} {unit}"
    return f"{mib} MiB"
