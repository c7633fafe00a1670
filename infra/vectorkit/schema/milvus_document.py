"""Milvus in the stack document: chart, images, mode, log, and the hardware it needs."""

import re
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from vectorkit.schema import charts, sizing, versions
from vectorkit.schema.image import Image
from vectorkit.schema.strict import Found, Strict
from vectorkit.schema.value_types import (
    BrokerAddress,
    Count,
    DnsLabel,
    ExactVersion,
    FilePath,
    Flag,
    Network,
    Quantity,
    RootPath,
    Text,
    mebibytes,
)

CLUSTERS_FROM = (2, 6, 0)
"""Before, other components made a cluster, and they spoke by other ports."""


class Chart(Strict):
    """The Helm chart: a folder or .tgz at `path`, or `name` in a `repository` (https or oci)."""

    path: FilePath | None = None
    repository: Annotated[str, Field(pattern=r"^(https|oci)://[^/]+")] | None = None
    name: DnsLabel | None = None
    version: ExactVersion

    def contradictions(self) -> Found:
        remote = (self.repository is not None, self.name is not None)
        if remote != ((True, True) if self.path is None else (False, False)):
            yield "path", "give either path, or repository and name; one of the two, in full."
        elif not self.is_own and (why := charts.refusal(self.version)):
            yield "version", why

    @property
    def is_own(self) -> bool:
        """Whether it is the small chart of this repository, made for standalone alone."""
        return self.path is not None and PurePath(self.path).name == charts.OWN


class EtcdImage(Image):
    """etcd's image; its chart wants the registry apart."""

    registry: Text


class Pulsar(Strict):
    """A Pulsar outside the namespace; spoken to over TLS."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 6651
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    """Where its brokers are, for the NetworkPolicy."""
    ca_file: FilePath | None = None
    """PEM bundle of the private CA that signed the brokers' certificates. None: everybody's."""
    tenant: Text = "public"
    namespace: Text = "default"
    auth_plugin: Text | None = None
    """Class of Pulsar's client that logs in; its parameters come from credentials_secret."""
    credentials_secret: DnsLabel | None = None
    """Secret in the environment's namespace with key auth-params."""

    def contradictions(self) -> Found:
        if (self.auth_plugin is None) != (self.credentials_secret is None):
            yield "credentials_secret", "goes together with auth_plugin; set both or neither."


class Kafka(Strict):
    """A Kafka outside the namespace; spoken to over TLS, and logged in to."""

    brokers: Annotated[tuple[BrokerAddress, ...], Field(min_length=1)]
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    """Where its brokers are, for the NetworkPolicy."""
    ca_file: FilePath | None = None
    """PEM bundle of the private CA that signed the brokers' certificates. None: everybody's."""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    credentials_secret: DnsLabel
    """Secret in the environment's namespace with keys username and password."""

    @property
    def ports(self) -> tuple[int, ...]:
        """The brokers' ports."""
        return tuple(sorted({int(one.rpartition(":")[2]) for one in self.brokers}))


class Toleration(Strict):
    """A taint of nodes that pods may run in spite of."""

    key: Text
    value: Text | None = None
    """None: whatever the taint's value is."""
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = "NoSchedule"


class Gpu(Strict):
    """GPUs of whoever builds and searches the index."""

    memory: Quantity
    """Of one GPU."""
    count: Count = 1
    """For each such pod."""
    resource: Text = "nvidia.com/gpu"
    """As the device plugin names it."""
    runtime_class: DnsLabel | None = None
    """Of query nodes. None: the nodes' own runtime hands GPUs out, as it must to data nodes, which
    build the index: the chart has no runtime class for them, nor for standalone."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of the nodes that have GPUs."""


class Scale(Strict):
    """How many pods of a component in cluster mode; None: as many as the workload needs."""

    proxies: Count = 2
    most_proxies: Count = 4
    """As many are started while their CPU is busy."""
    query_nodes: Count | None = None
    data_nodes: Count | None = None
    streaming_nodes: Count | None = None
    query_node_memory: Quantity = "16Gi"
    """The most that one query node may take: what a machine has, less what others need there."""

    def contradictions(self) -> Found:
        if self.most_proxies < self.proxies:
            yield "most_proxies", f"{self.most_proxies} is less than proxies {self.proxies}."
        least = sizing.PROCESS_MIB + sizing.SEGMENT_MIB
        if mebibytes(self.query_node_memory) < least:
            yield (
                "query_node_memory",
                f"{self.query_node_memory} holds no data: a query node takes "
                f"{sizing.PROCESS_MIB} MiB by itself, and {sizing.SEGMENT_MIB} MiB for a segment, "
                f"the least that it loads; set {least}Mi or more.",
            )


class Tls(Strict):
    """The certificate that Milvus shows to its clients."""

    secret: DnsLabel = "milvus-tls"  # noqa: S105 (a name)
    """Secret of type kubernetes.io/tls in the environment's namespace; pods wait until it is
    there. Milvus reads it when it starts: after each renewal restart whoever serves clients
    (`kubectl rollout restart deployment/milvus-proxy`, of standalone deployment/milvus-standalone),
    by hand or by a controller such as Stakater's Reloader, or clients meet an expired one."""
    cluster_issuer: DnsLabel | None = None
    """Of cert-manager, which then makes and renews the Secret. One of a private CA: public ones
    certify no names inside of a cluster, which this certificate has."""
    ca_file: FilePath | None = None
    """PEM bundle by which clients know the certificate. None: everybody's."""

    def contradictions(self) -> Found:
        if self.cluster_issuer and re.search("lets-?encrypt", self.cluster_issuer):
            yield (
                "cluster_issuer",
                f"{self.cluster_issuer!r} certifies public names alone, and Milvus's certificate "
                "has those inside of the cluster, too; name an issuer of a private CA, and its "
                "ca_file.",
            )


class Milvus(Strict):
    """How Milvus is installed."""

    chart: Chart
    image: Image
    etcd_image: EtcdImage
    mirror: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._/-]+)?$")] | None = None
    """Registry (and path) that every image is taken from, under its own name. None: its origin."""
    pull_secrets: tuple[DnsLabel, ...] = ()
    """Secrets of type kubernetes.io/dockerconfigjson in the environment's namespace, by which every
    image is pulled. Pods wait for theirs; make them there as soon as the namespace is."""
    mode: Literal["standalone", "cluster"] = "standalone"
    wal: Literal["rocksmq", "woodpecker", "pulsar", "kafka"]
    """Where writes go first: rocksmq on the volume of standalone, woodpecker (Milvus 2.6 on) in
    the store, pulsar or kafka to one outside."""
    pulsar: Pulsar | None = None
    kafka: Kafka | None = None
    root_path: RootPath
    storage_class: Text | None = None
    """None: the cluster's default class."""
    memory: Quantity | None = None
    """Of standalone. None: what the workload needs."""
    disk: Quantity | None = None
    """Of standalone. None: what the workload needs."""
    scale: Scale = Scale()
    gpu: Gpu | None = None
    node_selector: Annotated[dict[str, Text], Field(default_factory=dict)]
    """Labels of the machines that Milvus runs on; of the query nodes, in cluster mode."""
    tls: Tls | None = None
    allow_plaintext: Flag = False
    """Let clients of a durable environment speak to Milvus in the clear; never in a stack whose
    name says staging or production."""
    allow_anonymous_etcd: Flag = False
    """Let whoever reaches etcd read and write all of Milvus's metadata without a password: for a
    Milvus that cannot log in (before 2.5), and for an environment that is deployed so already."""
    changed_root_password: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    """Digest, as the refusal tells it, of a milvusRootPassword that Milvus knows already. Milvus
    reads the Secret at its very first start only, so the stack's password follows Milvus's own."""
    awaits_restore: Flag = False
    """Start all but Milvus itself, which waits until `make restore` has brought its data. Only in
    a new environment; remove it at the next deployment after the restore."""
    accept_known_holes: tuple[Text, ...] = ()
    """Advisories (CVE-...) that this version is open to, and that are lived with knowingly; and
    etcd-password-in-log, which a Milvus that logs in to etcd writes there whenever it starts."""
    ready_within_seconds: Annotated[int, Field(strict=True, ge=60, le=3600)] = 900

    @property
    def version(self) -> versions.Version:
        """Of its image. Raises ValueError for a tag that contradictions() refuses."""
        found = versions.parsed(self.image.tag)
        if found is None:
            raise ValueError(f"{self.image.tag!r} is not the tag of a release.")
        return found

    @property
    def queue_hosts(self) -> dict[str, str]:
        """The host of each server of a log outside the namespace, by its path in the document."""
        found = {"milvus.pulsar.host": self.pulsar.host} if self.pulsar else {}
        for number, broker in enumerate(self.kafka.brokers if self.kafka else ()):
            found[f"milvus.kafka.brokers.{number}"] = broker.rpartition(":")[0]
        return found

    def contradictions(self) -> Found:
        for name in ("pulsar", "kafka"):
            if (self.wal == name) != (getattr(self, name) is not None):
                yield (
                    name,
                    f"wal is {name}; say where it is."
                    if self.wal == name
                    else f"wal is {self.wal}; remove this key.",
                )
        yield from self._of_the_other_mode()
        if self.gpu and not self.image.tag.partition("@")[0].endswith("-gpu"):
            yield "image.tag", f"{self.image.tag} has no GPU code; take the tag with -gpu."
        yield from self._holes()
        if self.gpu and self.gpu.runtime_class and self.mode == "standalone":
            yield (
                "gpu.runtime_class",
                "the chart has none for standalone; make NVIDIA's runtime the default of those "
                "nodes, and remove this key.",
            )
        if self.tls and self.allow_plaintext:
            yield "allow_plaintext", "is said beside tls, which is it? Remove one of the two."

    def _holes(self) -> Found:
        version = versions.parsed(self.image.tag)
        if version is None:
            yield "image.tag", f"{self.image.tag!r} is not the tag of a release such as v2.6.15."
            return
        if version[0] != versions.MAJOR:
            yield (
                "image.tag",
                f"{self.image.tag} is of another major version than {versions.MAJOR}, for which "
                "this kit and its client are made.",
            )
        known = versions.holes(version)
        for one in known:
            if one.name not in self.accept_known_holes:
                yield (
                    "image.tag",
                    f"{self.image.tag} is open to {one.name} ({one.allows}). Take a version "
                    "without it, or name it in milvus.accept_known_holes.",
                )
        open_to = {one.name for one in known}
        can_log_in = version >= versions.LOGS_IN_TO_ETCD and not self.chart.is_own
        if can_log_in and not self.allow_anonymous_etcd:
            open_to.add(versions.ETCD_PASSWORD_IN_LOG)
            yield from self._password_in_log()
        needless = set(self.accept_known_holes) - open_to
        if needless:
            yield (
                "accept_known_holes",
                f"{self.image.tag} is not open to {', '.join(sorted(needless))}; remove that.",
            )
        if self.wal == "woodpecker" and version < (2, 6, 0):
            yield "wal", f"{self.image.tag} has no woodpecker; it came with 2.6."
        yield from self._login_to_etcd(version)

    def _password_in_log(self) -> Found:
        if versions.ETCD_PASSWORD_IN_LOG not in self.accept_known_holes:
            yield (
                "accept_known_holes",
                f"lacks {versions.ETCD_PASSWORD_IN_LOG}: {self.image.tag} writes etcd's password "
                "into its log whenever it starts, for whoever may read that. Name it there, and "
                "keep the log from who must not reach etcd; or write allow_anonymous_etcd: true, "
                "and the network policies alone keep others from etcd.",
            )

    def _login_to_etcd(self, version: versions.Version) -> Found:
        if self.allow_anonymous_etcd:
            return
        if version < versions.LOGS_IN_TO_ETCD:
            yield (
                "allow_anonymous_etcd",
                f"is missing: {self.image.tag} cannot log in to etcd, which then can ask nobody "
                "for a password. Take 2.5 or later, or write allow_anonymous_etcd: true.",
            )
        elif self.chart.is_own:
            yield (
                "allow_anonymous_etcd",
                "is missing: charts/milvus-local gives its etcd no password. Take the upstream "
                "chart, or write allow_anonymous_etcd: true.",
            )

    def _of_the_other_mode(self) -> Found:
        if self.mode == "standalone":
            if self.scale != Scale():
                yield "scale", "standalone is one pod; remove this key, or set mode cluster."
            return
        if self.wal == "rocksmq":
            yield (
                "wal",
                "rocksmq is a file of one pod; a cluster needs woodpecker, pulsar or kafka.",
            )
        for name in ("memory", "disk"):
            if getattr(self, name):
                yield name, "is standalone's; in cluster mode, see scale. Remove this key."
        version = versions.parsed(self.image.tag)
        if version is not None and version < CLUSTERS_FROM:
            yield (
                "image.tag",
                f"{self.image.tag} builds indexes on index nodes, which this kit does not declare "
                "in cluster mode; take 2.6 or newer, or mode standalone.",
            )
        if self.chart.is_own:
            yield "chart", "charts/milvus-local is standalone alone; take the upstream chart."
