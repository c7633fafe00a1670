"""The job that seals by schedule: declared where a stack has one, with an identity of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import Program
from tests.infra.stack_document import ABSENT, CA, SEALED_BY_A_JOB, settings
from vectorkit.decisions import naming, seal_job
from vectorkit.decisions.decide import decide
from vectorkit.schema.problems import Problems

Run = Callable[..., Program]
JOB = "kubernetes:batch/v1:CronJob"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
QUOTA = "kubernetes:core/v1:ResourceQuota"
POD = {"matchLabels": {"app.kubernetes.io/name": "vault-seal"}}


@pytest.fixture(scope="module")
def sealing(run: Run) -> Program:
    return run(SEALED_BY_A_JOB)


def pod(program: Program) -> dict[str, Any]:
    spec = program.one(JOB).inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return dict(spec)


def test_without_a_schedule_nothing_of_it_is_there(run: Run) -> None:
    program = run()
    assert program.of(JOB) == []
    assert [one.name for one in program.resources if "vault-seal" in one.name] == []
    policies = json.dumps([one.inputs["spec"] for one in program.of(POLICY)])
    assert naming.SEAL_JOB not in policies


def test_the_job_runs_alone_by_the_stacks_schedule_and_image(sealing: Program) -> None:
    spec = sealing.one(JOB).inputs["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("17 */6 * * *", "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    (container,) = pod(sealing)["containers"]
    assert container["image"] == "registry.example/vault:0.1.0@sha256:" + "0" * 64
    assert container["resources"]["limits"]["memory"] == f"{seal_job.MEMORY_MIB}Mi"


def test_it_has_an_account_without_a_token_and_only_its_own_secret(sealing: Program) -> None:
    spec, account = pod(sealing), sealing.one(ACCOUNT, "vault-seal-account")
    assert spec["serviceAccountName"] == account.inputs["metadata"]["name"]
    assert spec["serviceAccountName"] not in (naming.SERVICE_ACCOUNT, naming.ETCD_ACCOUNT)
    assert account.inputs["automountServiceAccountToken"] is False
    assert spec["automountServiceAccountToken"] is False
    mounted = {one["secret"]["secretName"] for one in spec["volumes"] if "secret" in one}
    assert mounted == {naming.SEAL_CREDENTIALS}
    assert naming.CREDENTIALS_SECRET not in json.dumps(spec)
    data = sealing.one(SECRET, "vault-seal-credentials").inputs["stringData"]["secret"]
    assert data == {
        "access-key-id": "canary-vault-access-key",
        "secret-access-key": "canary-vault-secret-key",
        "root-password": "canary-root-password",
    }


def test_no_secret_is_in_the_job_and_the_writers_key_is_nowhere_else(sealing: Program) -> None:
    assert "canary" not in json.dumps(sealing.one(JOB).inputs)
    for one in sealing.resources:
        if not one.name.endswith("vault-seal-credentials"):
            assert "canary-vault" not in json.dumps(one.inputs), one.name


def test_on_aws_it_takes_the_writers_role_and_has_no_key(run: Run) -> None:
    program = run(SEALED_BY_A_JOB, stack_name="prod-aws")
    annotations = program.one(ACCOUNT, "vault-seal-account").inputs["metadata"]["annotations"]
    role = program.one("aws:iam/role:Role", "-vault-writer")
    assert annotations == {
        "eks.amazonaws.com/role-arn": f"arn:aws:iam::123456789012:role/{role.name}"
    }
    data = program.one(SECRET, "vault-seal-credentials").inputs["stringData"]["secret"]
    assert set(data) == {"root-password", "etcd-password"}


def test_it_reaches_store_etcd_and_milvus_and_is_reached_by_nobody(sealing: Program) -> None:
    spec = sealing.one(POLICY, "allow-seal-job").inputs["spec"]
    assert spec["podSelector"] == POD
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    reached = [(one["to"], one["ports"][0]["port"]) for one in spec["egress"]]
    assert reached == [
        ([{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "etcd"}}}], 2379),
        ([{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "milvus"}}}], 19530),
        ([{"ipBlock": {"cidr": "10.89.0.1/32"}}], 8333),
    ]
    (etcd,) = sealing.one(POLICY, "allow-etcd").inputs["spec"]["ingress"]
    assert {"podSelector": POD} in etcd["from"]
    labels = sealing.one(JOB).inputs["spec"]["jobTemplate"]["spec"]["template"]["metadata"]
    assert POD["matchLabels"].items() <= labels["labels"].items()


def test_its_image_is_pulled_like_every_other(run: Run, sealing: Program) -> None:
    program = run({**SEALED_BY_A_JOB, "milvus.pull_secrets": ["login", "other"]})
    assert pod(program)["imagePullSecrets"] == [{"name": "login"}, {"name": "other"}]
    assert "imagePullSecrets" not in pod(sealing)


def test_the_quota_has_room_for_it(run: Run, sealing: Program) -> None:
    without, with_it = (
        int(one.one(QUOTA).inputs["spec"]["hard"]["limits.memory"].removesuffix("Mi"))
        for one in (run(), sealing)
    )
    assert with_it - without == seal_job.MEMORY_MIB


def test_it_is_told_where_everything_is_by_the_stack() -> None:
    told = seal_job.environment(settings(SEALED_BY_A_JOB), private_ca=True)
    assert told["VECTORKIT_ETCD_ADDRESS"] == "http://milvus-etcd.vectorkit-local.svc:2379"
    assert told["VECTORKIT_MILVUS_URI"] == "http://milvus.vectorkit-local.svc:19530"
    assert told["VECTORKIT_VAULT_MODE"] == "governance"
    assert told["VECTORKIT_VAULT_RETENTION_DAYS"] == "30"
    public = seal_job.environment(settings(SEALED_BY_A_JOB), private_ca=False)
    assert set(told) - set(public) == {"VECTORKIT_STORE_CA_FILE"}


def test_a_milvus_with_a_certificate_is_spoken_to_over_tls_and_known_by_its_bundle(
    run: Run,
) -> None:
    program = run(stack_name="staging")
    told = {one["name"]: one.get("value") for one in pod(program)["containers"][0]["env"]}
    assert told["VECTORKIT_MILVUS_URI"] == "https://milvus.vectorkit-staging.svc:19530"
    assert told["VECTORKIT_MILVUS_SERVER_NAME"] == "milvus.vectorkit-staging.svc"
    bundle = program.one("kubernetes:core/v1:ConfigMap", "vault-seal-milvus-ca").inputs
    (mounted,) = [one for one in pod(program)["volumes"] if one["name"] == "milvus-ca"]
    assert mounted["configMap"]["name"] == bundle["metadata"]["name"]
    ((file, text),) = bundle["data"].items()
    assert text == CA
    mounts = {
        one["name"]: one["mountPath"] for one in pod(program)["containers"][0]["volumeMounts"]
    }
    assert told["VECTORKIT_MILVUS_CA_FILE"] == f"{mounts['milvus-ca']}/{file}"
    # The Secret of Milvus's certificate holds its private key.
    tls = settings(stack="staging").milvus.tls
    assert tls is not None
    assert tls.secret not in json.dumps(pod(program))


def test_a_certificate_that_everybody_knows_needs_no_bundle(run: Run) -> None:
    program = run({"milvus.tls.ca_file": ABSENT}, stack_name="staging")
    told = {one["name"]: one.get("value") for one in pod(program)["containers"][0]["env"]}
    assert told["VECTORKIT_MILVUS_URI"].startswith("https://")
    assert told["VECTORKIT_MILVUS_SERVER_NAME"] == "milvus.vectorkit-staging.svc"
    assert "VECTORKIT_MILVUS_CA_FILE" not in told
    assert "milvus-ca" not in json.dumps(pod(program))


def test_the_alert_knows_the_stacks_rpo() -> None:
    watched = {"monitoring.namespace": "monitoring", "monitoring.prometheus_operator": True}
    for changes, told in ((SEALED_BY_A_JOB, True), ({}, False)):
        found = json.dumps(decide(settings({**watched, **changes}), ca_bundle=None).monitoring)
        assert ("> 43200" in found) is told
        assert ("VaultSnapshotTooOld" in found) is told
        # Only a job quiets what counts jobs.
        assert ("create job --from=cronjob/vault-seal" in found) is told


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"store.vault.rpo": ABSENT}, "rpo: schedule, rpo and image make the job"),
        ({"store.vault.image": ABSENT}, "image: schedule, rpo and image make the job"),
        ({"store.vault.schedule": "daily"}, "schedule: 'daily' is not a schedule"),
        ({"store.vault.schedule": "0 0 * *"}, "is not a schedule: five fields"),
        ({"store.vault.rpo": "12"}, "rpo: '12' is not a duration"),
        ({"store.vault.rpo": "31d"}, "rpo: 31d is longer than the 30 days of a seal"),
        (
            {"store.vault.image": {"repository": "vault", "tag": "latest"}},
            "image.tag: 'latest' is not a fixed image tag",
        ),
        (
            {"store.vault.mode": "none", "store.vault.retention_days": ABSENT},
            "schedule: mode none seals nothing",
        ),
    ],
)
def test_a_job_that_would_not_seal_is_refused(changes: dict[str, Any], says: str) -> None:
    changed = {**SEALED_BY_A_JOB, **changes}
    with pytest.raises(Problems) as refused:
        settings({path: value for path, value in changed.items() if value is not ABSENT})
    assert says in str(refused.value)
