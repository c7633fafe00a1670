"""Helm values of Milvus, by the upstream chart's paths and without any secret."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from vectorkit.decisions import cluster_values, etcd_login, images, naming, tls_values, wal_values
from vectorkit.decisions.namespace_rules import ETCD_METRICS_PORT
from vectorkit.schema import ca_bundles, sizing
from vectorkit.schema.milvus_document import Milvus
from vectorkit.schema.stores import Store
from vectorkit.settings import Settings

Values = dict[str, Any]

USER_ID = 10001
GROUP_ID = 0
"""The upstream image's programs belong to root's group, and nobody else may run them."""
ETCD_USER_ID = 1001
SYSTEM_CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
"""The only place where the C++ side of Milvus looks; the Go side is pointed there."""
SECRET_HASH = "vectorkit/secret-hash"  # noqa: S105 (an annotation's name)
CA_HASH = "vectorkit/store-ca-hash"
READY_DELAY_SECONDS = 10
"""The chart's own 90 s only delay a start that takes 5 s; failures are waited out anyway."""
ETCD_READY_DELAY_SECONDS = 5
"""The chart's own 60 s keep Milvus waiting, which gives up and starts anew meanwhile."""
GRACEFUL_STOP_SECONDS = 5
"""The chart's 1800 s wait for another query node to take over, which standalone does not have."""
SESSION_SECONDS = 10
"""A killed server's lease (30 s) holds its successor up for as long."""

_LOCKED_DOWN: Values = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def values(settings: Settings, *, ca_bundle: str | None) -> Values:
    """All values of the release; `ca_bundle` as ca_bundles.read has it."""
    milvus, shape = settings.milvus, settings.shape
    environment = _environment(settings, own_bundle=ca_bundle is not None)
    return {
        "fullnameOverride": naming.RELEASE,
        "cluster": {"enabled": shape is not None},
        "image": {"all": _milvus_image(milvus)},
        "serviceAccount": {"create": False, "name": naming.SERVICE_ACCOUNT},
        "service": _service(settings.access.node_port),
        # The Service would carry 9091 as well, and a NodePort would open it on every node.
        "metrics": {"enabled": False},
        "readinessProbe": {"initialDelaySeconds": READY_DELAY_SECONDS},
        **(
            cluster_values.components(milvus, shape, environment)
            if shape
            else {"standalone": _standalone(settings, environment)}
        ),
        "etcd": _etcd(settings),
        "minio": {"enabled": False},
        **wal_values.values(milvus),
        "externalS3": _external_s3(settings.store, milvus.root_path),
        "extraConfigFiles": {"user.yaml": _user_config(settings)},
        **_security(settings.guardrails.pod_security),
        **_mounts(milvus, ca_bundles.trusted(settings, ca_bundle)),
    }


def secret_hash(secrets: Sequence[str]) -> str:
    """Changes when a secret does, so that the pods are rolled; tells nothing about them."""
    return sha256(json.dumps(list(secrets)).encode()).hexdigest()


def with_secret_hash(helm_values: Values, digest: Any) -> Values:
    """The values with the digest among the annotations of the pods."""
    return helm_values | {"annotations": helm_values.get("annotations", {}) | {SECRET_HASH: digest}}


def _milvus_image(milvus: Milvus) -> Values:
    repository = milvus.image.repository
    if milvus.mirror is not None:
        found = images.pulled(milvus)["Milvus"]
        repository = f"{found.registry}/{found.repository}"
    return {"repository": repository, "tag": milvus.image.tag, **_pull_secrets(milvus)}


def _pull_secrets(milvus: Milvus) -> Values:
    return {"pullSecrets": list(milvus.pull_secrets)} if milvus.pull_secrets else {}


def _service(node_port: int | None) -> Values:
    if node_port is None:
        return {"type": "ClusterIP"}
    return {"type": "NodePort", "nodePort": node_port}


def _standalone(settings: Settings, environment: list[Values]) -> Values:
    milvus = settings.milvus
    gpus = {milvus.gpu.resource: milvus.gpu.count} if milvus.gpu else {}
    return {
        # The chart's own choice depends on the release's revision; an upgrade must not move it.
        "messageQueue": milvus.wal,
        "extraEnv": environment,
        "resources": {
            "requests": {"cpu": "250m", "memory": f"{settings.memory_mib}Mi"},
            "limits": {"memory": f"{settings.memory_limit_mib}Mi", **gpus},
        },
        **({"nodeSelector": dict(milvus.node_selector)} if milvus.node_selector else {}),
        **cluster_values.on_gpu_nodes(milvus),
        # Off, the index files of DISKANN share the sized volume instead of the node's disk.
        "disk": {"enabled": False},
        "persistence": {
            "persistentVolumeClaim": {
                "size": f"{settings.disk_mib}Mi",
                **_storage_class(milvus.storage_class),
            }
        },
    }


def _environment(settings: Settings, *, own_bundle: bool) -> list[Values]:
    store, own = settings.store, naming.CREDENTIALS_SECRET
    access_key = {
        "MINIO_ACCESS_KEY_ID": (own, naming.ACCESS_KEY_ID_KEY),
        "MINIO_SECRET_ACCESS_KEY": (own, naming.SECRET_ACCESS_KEY_KEY),
    }
    secret = {
        **({} if store.uses_iam else access_key),
        "COMMON_SECURITY_DEFAULTROOTPASSWORD": (own, naming.ROOT_PASSWORD_KEY),
        **({} if settings.milvus.allow_anonymous_etcd else etcd_login.VARIABLES),
        **wal_values.variables(settings.milvus),
    }
    references: list[Values] = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": where, "key": key}}}
        for name, (where, key) in secret.items()
    ]
    plain = {
        # Older builds start an etcd of their own unless told not to.
        "ETCD_USE_EMBED": "false",
        # Beside a Service named minio, Kubernetes sets it to a URL, which Milvus takes for its own.
        "MINIO_PORT": str(store.port),
        **({"SSL_CERT_FILE": SYSTEM_CA_FILE} if own_bundle else {}),
    }
    values = [{"name": name, "value": value} for name, value in plain.items()]
    return references + values + ([_restored()] if settings.milvus.awaits_restore else [])


def _restored() -> Values:
    """No container starts before the ConfigMap is there, whatever the chart; a restore makes it."""
    key = {"name": naming.RESTORED, "key": naming.RESTORED_SNAPSHOT}
    return {"name": "VECTORKIT_SNAPSHOT", "valueFrom": {"configMapKeyRef": key}}


def _etcd(settings: Settings) -> Values:
    image = images.pulled(settings.milvus)["etcd"]
    restricted = settings.guardrails.pod_security == "restricted"
    variables = {
        # A list of ours takes the place of the chart's own, whose quota must not get lost.
        "ETCD_QUOTA_BACKEND_BYTES": str(sizing.ETCD_QUOTA_MIB * 1024**2),
        "ETCD_HEARTBEAT_INTERVAL": "500",
        "ETCD_ELECTION_TIMEOUT": "2500",
        # A port that gives nothing but health and metrics; by itself the chart opens none.
        "ETCD_LISTEN_METRICS_URLS": f"http://0.0.0.0:{ETCD_METRICS_PORT}",
    }
    return {
        "replicaCount": settings.etcd.count,
        **({} if settings.milvus.allow_anonymous_etcd else {"auth": etcd_login.chart_values()}),
        **(cluster_values.etcd_apart(durable=settings.durable) if settings.shape else {}),
        "extraEnvVars": [{"name": name, "value": value} for name, value in variables.items()],
        "readinessProbe": {"initialDelaySeconds": ETCD_READY_DELAY_SECONDS},
        "image": {
            "registry": image.registry,
            "repository": image.repository,
            "tag": image.tag,
            **_pull_secrets(settings.milvus),
        },
        "serviceAccount": {"create": False, "name": naming.ETCD_ACCOUNT},
        "resources": {
            "requests": {
                "cpu": f"{settings.etcd.cpu_millis}m",
                "memory": f"{settings.etcd.memory_mib}Mi",
            },
            "limits": {"memory": f"{settings.etcd.memory_mib}Mi"},
        },
        "persistence": {
            "size": f"{sizing.ETCD_DISK_MIB}Mi",
            **_storage_class(settings.milvus.storage_class),
        },
        **(
            {
                "containerSecurityContext": {
                    "runAsUser": ETCD_USER_ID,
                    "runAsNonRoot": True,
                    **_LOCKED_DOWN,
                }
            }
            if restricted
            else {}
        ),
    }


def _storage_class(name: str | None) -> Values:
    return {"storageClass": name} if name else {}


def _external_s3(store: Store, root_path: str) -> Values:
    return {
        "enabled": True,
        "host": store.host,
        "port": str(store.port),
        # Whatever stands here ends in a ConfigMap; the keys come from the Secret.
        "accessKey": "",
        "secretKey": "",
        "useSSL": True,
        "bucketName": store.live.bucket,
        "rootPath": root_path,
        "cloudProvider": "aws",
        **({"useIAM": True} if store.uses_iam else {}),
        # Without it Milvus asks for the bucket's location, a right that it does not have.
        "region": store.region,
    }


def _user_config(settings: Settings) -> str:
    """The part of milvus.yaml that has no value of its own; JSON is YAML."""
    milvus = settings.milvus
    standalone = milvus.mode == "standalone"
    config: Values = {
        "common": {
            "security": {
                "authorizationEnabled": True,
                **({"tlsMode": 1} if milvus.tls else {}),
            },
            **({"gracefulStopTimeout": GRACEFUL_STOP_SECONDS} if standalone else {}),
            # In a cluster others take over; a busy component must not lose its session.
            **({"session": {"ttl": SESSION_SECONDS}} if standalone else {}),
        },
        "etcd": {
            "rootPath": milvus.root_path,
            "use": {"embed": False},
            **({} if milvus.allow_anonymous_etcd else {"auth": etcd_login.CONFIGURATION}),
        },
        # On an upgrade the chart may fall back to rocksmq whatever it is told; this is read last.
        "mq": {"type": milvus.wal},
    }
    if settings.workload.index == "DISKANN":
        # The chart says so only where it mounts a disk of its own, and standalone has a volume.
        config |= {"queryNode": {"enableDisk": True}, "indexNode": {"enableDisk": True}}
    if milvus.tls:
        config["tls"] = tls_values.CONFIGURATION
    return json.dumps(config, indent=2) + "\n"


def _security(level: str) -> Values:
    if level == "baseline":
        return {"containerSecurityContext": dict(_LOCKED_DOWN)}
    return {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": GROUP_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {**_LOCKED_DOWN, "readOnlyRootFilesystem": True},
    }


def _mounts(milvus: Milvus, ca_bundle: str | None) -> Values:
    found = [({"name": "tmp", "emptyDir": {}}, {"name": "tmp", "mountPath": "/tmp"})]  # noqa: S108 (in the container)
    if milvus.mode == "cluster":
        found.append(cluster_values.work_volume())
    elif milvus.tls:
        # In a cluster only the proxies serve clients, and need the private key.
        found.append(tls_values.mounted(milvus.tls))
    if ca_bundle is not None:
        found.append(_store_ca())
    digest = {} if ca_bundle is None else {CA_HASH: sha256(ca_bundle.encode()).hexdigest()}
    return {
        "volumes": [volume for volume, _ in found],
        "volumeMounts": [mount for _, mount in found],
        **({"annotations": digest} if digest else {}),
    }


def _store_ca() -> tuple[Values, Values]:
    return (
        {"name": "store-ca", "configMap": {"name": naming.STORE_CA}},
        {
            "name": "store-ca",
            "mountPath": SYSTEM_CA_FILE,
            "subPath": naming.CA_KEY,
            "readOnly": True,
        },
    )
