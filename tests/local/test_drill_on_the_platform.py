"""The whole drill of a stack that a job seals: Milvus is sealed, attacked, destroyed, and answers
as before. What a drill leaves that was killed serves to look at the job itself."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from plugins.objectstore.errors import code_of
from plugins.objectstore.s3_client import Credentials, StoreConfig, connect
from smoke_tests import outputs, sample
from smoke_tests.environment import open_stack
from tests.guardrails.trial import running_pod
from tests.infra.stack_document import REPOSITORY
from tests.local import vault_in_nodes
from vault import stack
from vault.drill import by_job, environments
from vault.drill.observation import sealed_versions
from vault.drill.report import DrillReport
from vault.record import intact
from vectorkit.decisions import namespace_rules, naming

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]
ATTACKED, RESTORED = "drill-local", "drill-local-restored"
SUFFIXES = (environments.SUFFIX, environments.RESTORED_SUFFIX)
DROP, DELETE = "drop every collection", "delete the namespace"
MOST_RTO_SECONDS = 180
"""The aim for the sample, with the deployment of the environment that it is brought back into."""


@pytest.fixture(scope="module")
def sealed_stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack file of `local` with a vault, and a job whose image the nodes have."""
    repository, _, tag = vault_in_nodes.imported().rpartition(":")
    file = yaml.safe_load(Path(os.environ["STACK_FILE"]).read_text())
    file["config"]["vectorkit:environment"]["store"]["vault"] |= {
        "mode": "governance",
        "retention_days": 1,
        "schedule": "17 */6 * * *",
        "rpo": "12h",
        "image": {"repository": repository, "tag": tag},
    }
    written = tmp_path_factory.mktemp("stack") / "Pulumi.local.yaml"
    written.write_text(yaml.safe_dump(file))
    return written


@pytest.fixture(scope="module")
def killed(sealed_stack: Path, tmp_path_factory: pytest.TempPathFactory) -> stack.Stack:
    """The environment that a drill has sealed and attacked no further: it was killed."""
    begun, steps = drill(sealed_stack, tmp_path_factory.mktemp("killed")), []
    assert begun.stderr is not None
    for line in begun.stderr:
        steps.append(line)
        if "attacks of milvus" in line:
            break
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    assert "attacks of milvus" in steps[-1], "".join(steps)
    return stack.read(ATTACKED, writer=drills_writer())


def drill(stack_file: Path, folder: Path) -> subprocess.Popen[str]:
    known = os.environ | {
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'infra'}",
        "STACK_FILE": str(stack_file),
        "VECTORKIT_EVIDENCE": str(folder),
    }
    command = [sys.executable, "-m", "vault", "drill", "--stack", "local", "--json"]
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=known, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_the_declared_job_seals_within_the_namespaces_quota_and_pod_security(
    killed: stack.Stack,
) -> None:
    job = json.loads(killed.cluster.run("get", "job", by_job.NAME, "--output=json"))
    assert (job["status"].get("succeeded"), job["status"].get("failed")) == (1, None)
    command = [sys.executable, "-m", "vault", "verify", "--stack", ATTACKED, "--json"]
    key = drills_writer()
    writer = dict(zip(stack.WRITER, (key.access_key_id, key.secret_access_key), strict=True))
    known = os.environ | writer | {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'infra'}"}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    assert report["objects"] > 0
    assert report["snapshot"] in killed.cluster.run("logs", f"job/{by_job.NAME}")


def test_a_pod_of_the_job_reaches_milvus_etcd_and_the_store_and_nothing_else(
    killed: stack.Stack, elsewhere: tuple[str, int]
) -> None:
    cluster, own = killed.cluster, killed.outputs
    with open_stack(outputs.stack_name()) as environment:
        neighbour = address(environment.cluster, naming.RELEASE)
    milvus = address(cluster, naming.RELEASE)
    query = ("get", "pods", "--selector=component=standalone")
    pod = cluster.run(*query, "--output=jsonpath={.items[0].status.podIP}")
    store, port = str(own.endpoint).removeprefix("https://").split(":")
    with running_pod(own.namespace, namespace_rules.SEAL_JOB["matchLabels"]) as like_the_job:
        # What enforces the policies learns of a new pod a moment after it runs.
        assert like_the_job.comes_to(milvus, naming.MILVUS_PORT, reach=True)
        etcd = address(cluster, f"{naming.RELEASE}-etcd")
        assert like_the_job.comes_to(etcd, 2379, reach=True)
        assert like_the_job.comes_to(store, int(port), reach=True)
        assert like_the_job.comes_to(pod, naming.METRICS_PORT, reach=False)
        assert like_the_job.comes_to(neighbour, naming.MILVUS_PORT, reach=False)
        assert like_the_job.comes_to(*elsewhere, reach=False)


@pytest.fixture
def elsewhere(killed: stack.Stack) -> Iterator[tuple[str, int]]:
    """Something that listens outside of the cluster and is not the store."""
    host = str(killed.outputs.endpoint).removeprefix("https://").split(":")[0]
    with socket.create_server((host, 0)) as listener:
        yield host, listener.getsockname()[1]


def test_who_takes_the_jobs_secret_cannot_delete_what_is_sealed(killed: stack.Stack) -> None:
    shown = killed.cluster.run("get", "secret", naming.SEAL_CREDENTIALS, "--output=json")
    data = {key: base64.b64decode(one).decode() for key, one in json.loads(shown)["data"].items()}
    own = killed.outputs
    config = StoreConfig(endpoint=own.endpoint, region=own.store_region, ca_file=own.store_ca_file)
    taken = connect(
        config,
        credentials=Credentials(
            access_key_id=data[naming.ACCESS_KEY_ID_KEY],
            secret_access_key=data[naming.SECRET_ACCESS_KEY_KEY],
        ),
    )
    deployer: Any = connect(config)
    before = sealed_versions(deployer, own.vault_bucket)
    assert before
    tries: tuple[dict[str, Any], ...] = ({}, {"BypassGovernanceRetention": True})
    for bypass in tries:
        with pytest.raises(ClientError) as refused:
            taken.delete_object(
                Bucket=own.vault_bucket,
                Key=before[0].key,
                VersionId=before[0].version_id,
                **bypass,
            )
        assert code_of(refused.value) == "AccessDenied"
    assert sealed_versions(deployer, own.vault_bucket) == before


def test_a_drill_after_one_that_was_killed_brings_everything_back_and_leaves_nothing(
    killed: stack.Stack,
    sealed_stack: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert traces(), "The drill was killed too early to leave anything."
    before = rows()

    finished = drill(sealed_stack, tmp_path)
    told, steps = finished.communicate()
    assert finished.returncode == 0, told + steps
    assert "sealing by the stack's own job" in steps

    report = DrillReport.model_validate_json(told)
    assert report.has_held, list(report.sentences())
    assert len(report.comparisons) == 61
    assert {one.question: one.after for one in report.comparisons}["rows"] == str(before)
    effects = {(one.attacker, one.attack): one.effects for one in report.results}
    assert any("collections: sample before" in one for one in effects["milvus", DROP])
    assert any("namespace: Active" in one for one in effects["deployer", DELETE])
    assert any("is gone" in one for one in effects["deployer", "delete the live bucket"])
    lost = {(one.attacker, one.aim) for one in report.results if one.lost}
    assert lost == {("deployer", "decoy")}
    (record,) = tmp_path.glob("drill-local-*.jsonl")
    assert intact(record)
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    asked = {(one["who"], one["request"], one["outcome"]) for one in lines if "request" in one}
    assert ("milvus", "drop_collection", "done") in asked
    assert ("deployer", "delete_namespace", "done") in asked

    assert traces() == []
    assert rows() == before
    written = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert {f"drill-local{kind}" for kind in (".json", ".html")} <= {one.name for one in written}
    everything = told + steps + "".join(one.read_text() for one in written)
    assert not [name for name, value in secrets().items() if value in everything]
    assert report.rto_seconds is not None
    with capsys.disabled():
        print(f"\ndrill: RTO {report.rto_seconds:.0f} s, RPO {report.rpo_seconds:.0f} s")
    assert report.rto_seconds < MOST_RTO_SECONDS


def address(cluster: Any, service: str) -> str:
    """Of a Service, in the cluster."""
    found: str = cluster.run("get", "service", service, "--output=jsonpath={.spec.clusterIP}")
    return found


def drills_writer() -> Credentials:
    key, secret = (
        os.environ[f"VECTORKIT_DRILL_VAULT_{one}"] for one in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    )
    return Credentials(access_key_id=key, secret_access_key=secret)


def rows() -> int:
    """Of the sample of the stack itself, which no drill touches."""
    with open_stack(outputs.stack_name()) as environment:
        client = environment.connect()
        counted = client.query(sample.NAME, filter="", output_fields=["count(*)"])
        client.close()
        return int(counted[0]["count(*)"])


def traces() -> list[str]:
    """What is there of a drill, in cluster, store and backend."""
    with open_stack(outputs.stack_name()) as environment:
        listed = environment.cluster.run("get", "namespaces", "--output=name").split()
        own = environment.outputs
    names = [f"{own.namespace}{one}" for one in SUFFIXES]
    client = stack.read(outputs.stack_name()).live().client
    buckets = [one["Name"] for one in client.list_buckets()["Buckets"]]
    pair = (own.live_bucket, own.vault_bucket)
    drilled = [f"{bucket}{one}" for bucket in pair for one in SUFFIXES]
    ask = ["pulumi", "stack", "ls", "--json", "--non-interactive"]
    shown = subprocess.run(ask, cwd=REPOSITORY, capture_output=True, check=True).stdout
    stacks = [one["name"].rpartition("/")[2] for one in json.loads(shown)]
    return [
        *(one for one in names if f"namespace/{one}" in listed),
        *(one for one in drilled if one in buckets),
        *(one for one in (ATTACKED, RESTORED) if one in stacks),
    ]


def secrets() -> dict[str, str]:
    """Every secret that the drill is told."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.endswith(("SECRET_ACCESS_KEY", "PASSPHRASE")) and value
    }
