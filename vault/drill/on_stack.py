"""A drill of one stack: scratch environments of it, the attackers' clients, and the questions."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pymilvus import MilvusClient

from plugins.objectstore.s3_client import Credentials, StoreConfig, connect
from smoke_tests import corpus, engine, sample
from smoke_tests.cluster import Cluster
from smoke_tests.embedding import embed
from smoke_tests.environment import Environment, open_stack
from smoke_tests.errors import SmokeError
from vault import stack
from vault.drill import by_job
from vault.drill.attackers import Battlefield, Means
from vault.drill.drill import Answers, Parts, Say, drill
from vault.drill.model import Attacker
from vault.drill.report import DrillReport
from vault.drill.scratch_stack import ScratchStack
from vault.manifest import Canary
from vault.milvus import RunningMilvus
from vault.places import Instance, VaultError
from vault.record import Record
from vault.report import Progress
from vault.restore import restore
from vault.seal import seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MILVUS = "VECTORKIT_DRILL_MILVUS"
WRITER = "VECTORKIT_DRILL_VAULT"
"""Variables with these beginnings hold the keys of the drill's own two users of the store."""
LOOK_SECONDS = 5
START_SECONDS = 300


@dataclass(frozen=True)
class Keys:
    """The drill's own users of the store, and the passwords of Milvus and etcd in both of its
    environments."""

    milvus: Credentials
    writer: Credentials
    password: str
    etcd_password: str

    @property
    def secrets(self) -> dict[str, str]:
        """As a stack's configuration names them."""
        return {
            "milvusRootPassword": self.password,
            "etcdRootPassword": self.etcd_password,
            "s3AccessKeyId": self.milvus.access_key_id,
            "s3SecretAccessKey": self.milvus.secret_access_key,
        }

    @property
    def of_the_job(self) -> dict[str, str]:
        """Likewise, for the environment in which a job may seal."""
        return {
            "vaultAccessKeyId": self.writer.access_key_id,
            "vaultSecretAccessKey": self.writer.secret_access_key,
        }


def credentials(variables: Mapping[str, str]) -> tuple[Credentials, Credentials]:
    """Of Milvus and of the vault's writer in the drill. Raises VaultError where one is missing."""
    parts = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    names = [f"{one}_{part}" for one in (MILVUS, WRITER) for part in parts]
    if missing := [name for name in names if not variables.get(name)]:
        raise VaultError(
            f"{', '.join(missing)} not set. A drill attacks with credentials of its own: two users "
            "of the store, with the rights of Milvus and of the vault's writer on the drill's "
            "buckets alone; docs/drill.md lists them."
        )
    key, secret, writer_key, writer_secret = (variables[name] for name in names)
    return (
        Credentials(access_key_id=key, secret_access_key=secret),
        Credentials(access_key_id=writer_key, secret_access_key=writer_secret),
    )


@dataclass(frozen=True)
class Ground:
    """What a drill is carried out on."""

    name: str
    """Of the stack that is drilled."""
    mode: Literal["none", "governance", "compliance"]
    """Of its own vault."""
    attacked: ScratchStack
    restored: ScratchStack
    keys: Keys
    record: Record
    say: Say
    progress: Progress

    def run(self, keep: Callable[[DrillReport], None]) -> DrillReport:
        """Deploy, attack, restore, and take away all of it, whatever happens.

        `keep` is given the report before anything is taken away, which may fail.
        """
        try:
            self.say("taking away what a drill left")
            self._remove()
            self.say(f"deploying {self.attacked.name}")
            self.attacked.up(self.keys.secrets | self.keys.of_the_job)
            with ExitStack() as until:
                report = self._drilled(until)
            keep(report)
            return report
        finally:
            self.say("taking the drill's environments away")
            self._remove()

    def _drilled(self, until: ExitStack) -> DrillReport:
        environment = until.enter_context(open_stack(self.attacked.name))
        client = environment.connect()
        until.callback(client.close)
        self.say("loading sample data")
        sample.load(client)
        found = stack.read(self.attacked.name, writer=self.keys.writer)
        milvus = RunningMilvus(environment.address.uri, environment.credentials.root_password)
        parts = Parts(
            ask=lambda: answers(milvus),
            seal=lambda: self._seal(found, milvus),
            restore=lambda snapshot: self._restore(found, snapshot, until),
            ask_restored=self._ask_restored,
        )
        field = self._field(found, environment, client)
        means = self._means(client)
        return drill(self.name, parts, field, means, stack_mode=self.mode, say=self.say)

    def _seal(self, found: stack.Stack, milvus: RunningMilvus) -> str:
        lock = self.attacked.scratch.document["store"]["vault"]
        if "schedule" in lock:
            self.say("sealing by the stack's own job")
            return by_job.seal(found.cluster)
        kept = timedelta(days=lock["retention_days"])
        with found.etcd() as etcd:
            manifest = seal(
                Instance(live=found.live(), etcd=etcd, milvus=milvus),
                found.vault(),
                mode=lock["mode"],
                keep_for=kept,
                longest=kept,
                versions=found.versions(),
                progress=self.progress,
            )
        return manifest.id

    def _restore(self, found: stack.Stack, snapshot: str, until: ExitStack) -> None:
        self.say(f"deploying {self.restored.name}")
        self.restored.up(self.keys.secrets)
        target = stack.read(self.restored.name)
        with target.etcd() as etcd, ExitStack() as started:
            report = restore(
                found.vault(),
                target.live(),
                etcd,
                milvus_version=target.milvus_version(),
                start=lambda: target.start_milvus(snapshot, START_SECONDS, started),
                # The newest, as whoever has no list of snapshots: none that was planted counts.
                progress=self.progress,
            )
        if report.snapshot != snapshot:
            raise VaultError(
                f"Snapshot {report.snapshot} was restored and not {snapshot}, which the drill has "
                "sealed: an attacker has planted it. Restore snapshots by their names."
            )
        if report.findings:
            raise VaultError(
                f"{len(report.findings)} canaries answer otherwise; the first: "
                f"{report.findings[0].where} {report.findings[0].says}"
            )

    def _ask_restored(self) -> Answers:
        with stack.read(self.restored.name).milvus() as milvus:
            return answers(milvus)

    def _field(
        self, found: stack.Stack, environment: Environment, client: MilvusClient
    ) -> Battlefield:
        vault = found.vault()
        return Battlefield(
            live=found.outputs.live_bucket,
            vault=vault.bucket,
            root_path=vault.root_path,
            deployer=self._client(None),
            writer=vault.client,
            sealed=(),
            record=self.record,
            collections=(sample.NAME,),
            namespace=found.outputs.namespace,
            looks={
                "collections": lambda: _collections(client),
                "namespace": lambda: _phase(environment.cluster),
            },
        )

    def _means(self, client: MilvusClient) -> dict[Attacker, Means]:
        return {
            "milvus": {"s3": self._client(self.keys.milvus), "milvus": client},
            "vault-writer": {"s3": self._client(self.keys.writer)},
            "deployer": {
                "s3": self._client(None),
                "kubernetes": Kubernetes(self.attacked.cluster),
            },
        }

    def _client(self, key: Credentials | None) -> "S3Client":
        store = self.attacked.scratch.document["store"]
        config = StoreConfig(
            endpoint=store["endpoint"], region=store["region"], ca_file=store.get("ca_file")
        )
        return connect(config, credentials=key)

    def _remove(self) -> None:
        deployer = self._client(None)
        with ExitStack() as each:
            # The last one first; what one of them raises keeps none from being tried.
            for one in (self.restored, self.attacked):
                each.callback(one.remove, deployer)


@dataclass(frozen=True)
class Kubernetes:
    """The cluster as an attacker with the deployer's kubeconfig uses it."""

    cluster: Cluster

    def delete_namespace(self, name: str) -> None:
        self.cluster.run("delete", "namespace", name, "--wait=false")


def answers(milvus: RunningMilvus) -> Answers:
    """How many rows the sample has, and what is nearest to each of its questions."""
    questions = [one.question for one in corpus.questions()]
    asked = [
        Canary(collection=sample.NAME, field=engine.VECTOR, vector=tuple(map(float, vector)))
        for vector in embed(questions)
    ]
    found = milvus.answers(asked)
    return {
        "rows": str(found[0].row_count),
        **{question: _nearest(one) for question, one in zip(questions, found, strict=True)},
    }


def _nearest(one: Canary) -> str:
    # No two passages of the sample are equally near to a question of it.
    return ", ".join(map(str, one.ids))


def _collections(client: MilvusClient) -> str:
    with suppress(Exception):  # Whatever an attack makes of Milvus shows here and stops nothing.
        return ", ".join(sorted(client.list_collections(timeout=LOOK_SECONDS))) or "none"
    return "no answer"


def _phase(cluster: Cluster) -> str:
    with suppress(SmokeError):
        shown = cluster.run(
            *("get", "namespace", cluster.namespace, "--ignore-not-found"),
            "--output=jsonpath={.status.phase}",
        )
        return shown or "gone"
    return "no answer"
