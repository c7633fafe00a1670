"""What the program declares for an environment, and what it must not."""

import json
from collections.abc import Callable

import pulumi
import pytest

from tests.infra.conftest import CANARY, Program
from tests.infra.stack_document import settings

Run = Callable[..., Program]
BUCKET = "objectstore:index:Bucket"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 (a type)
WATCHED = "monitoring.coreos.com"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DATABASE = "vectorkit:index:VectorDb"
PREFLIGHT = "preflight:index:Cluster"
CLUSTER_UID = "5b0d1e9c-9a4f-4a57-8a43-0d1c2b3a4f5e"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
DURABLE = {"durable": True, "milvus.allow_plaintext": True}


def test_secrets_are_in_the_secret_and_nowhere_else(run: Run) -> None:
    program = run()
    for one in program.resources:
        told = json.dumps(one.inputs)
        if one.type != SECRET:
            assert not any(canary in told for canary in CANARY.values()), one.name
    assert program.one(SECRET).inputs["stringData"] == {
        "secret": {
            "root-password": "canary-root-password",
            "access-key-id": "canary-access-key",
            "secret-access-key": "canary-secret-key",
        }
    }
    assert "canary" not in str(program.exports)


def test_the_helm_values_are_readable_in_a_preview(run: Run) -> None:
    assert "secret" not in run().one(RELEASE).inputs["values"]


def test_the_pods_roll_when_a_secret_changes(run: Run) -> None:
    annotations = run().one(RELEASE).inputs["values"]["annotations"]
    assert len(annotations["vectorkit/secret-hash"]) == 64


def test_the_release_is_pinned_named_and_awaited(run: Run) -> None:
    release = run().one(RELEASE).inputs
    assert (release["name"], release["version"]) == ("milvus", "0.1.0")
    assert release["chart"].endswith("charts/milvus-local")
    assert not release["skipAwait"]
    assert release["waitForJobs"]


def test_who_awaits_a_restore_waits_for_nothing_but_that(run: Run) -> None:
    program = run({"milvus.awaits_restore": True})
    release = program.one(RELEASE).inputs
    assert release["skipAwait"]
    assert not release["waitForJobs"]
    wanted = [
        one["valueFrom"]["configMapKeyRef"]
        for one in release["values"]["standalone"]["extraEnv"]
        if "configMapKeyRef" in one.get("valueFrom", {})
    ]
    assert wanted == [{"name": "milvus-restored", "key": "snapshot"}]
    made = [one.inputs["metadata"]["name"] for one in program.resources if one.type == CONFIG_MAP]
    assert "milvus-restored" not in made
    assert program.exports["deployed"]["awaits_restore"] == "true"


@pytest.mark.parametrize(
    ("repository", "chart", "options"),
    [
        ("https://charts.example", "milvus", {"repo": "https://charts.example"}),
        ("oci://registry.example/charts", "oci://registry.example/charts/milvus", None),
    ],
)
def test_a_chart_comes_from_a_repository_too(
    run: Run, repository: str, chart: str, options: dict[str, str] | None
) -> None:
    changed = {"repository": repository, "name": "milvus", "version": "5.0.19"}
    release = run({"milvus.chart": changed}).one(RELEASE).inputs
    assert (release["chart"], release.get("repositoryOpts")) == (chart, options)


def test_the_buckets_come_after_a_store_that_can_carry_them(run: Run) -> None:
    program = run(DURABLE)
    asked = program.one("objectstore:index:StoreQualification")
    assert "versioning" in asked.inputs["needs"]
    assert not asked.protect
    for bucket in program.of(BUCKET):
        assert any(urn.endswith(f"::{asked.name}") for urn in bucket.dependencies), bucket.name


def test_everything_that_is_made_comes_after_the_question_to_the_cluster(run: Run) -> None:
    program = run({"cluster.uid": CLUSTER_UID})
    asked = program.one(PREFLIGHT)
    assert asked.inputs["uid"] == CLUSTER_UID
    made = [one for one in program.made if not one.startswith(("vectorkit:", "pulumi:"))]
    assert made[0] == PREFLIGHT
    for one in (program.one(NAMESPACE), program.one("pulumi:providers:objectstore")):
        assert any(urn.endswith(f"::{asked.name}") for urn in one.dependencies), one.name


def test_milvus_comes_after_buckets_and_network_policies(run: Run) -> None:
    program = run()
    needed = program.one(DATABASE).dependencies
    for one in (*program.of(BUCKET), *program.of(POLICY), program.one(NAMESPACE)):
        assert any(urn.endswith(f"::{one.name}") for urn in needed), one.name


def test_the_release_comes_after_what_its_pods_mount(run: Run) -> None:
    program = run()
    needed = program.one(RELEASE).dependencies
    for one in (program.one(SECRET), program.one("kubernetes:core/v1:ConfigMap")):
        assert any(urn.endswith(f"::{one.name}") for urn in needed), one.name


def test_everything_names_its_provider(run: Run) -> None:
    custom = [one for one in run().resources if one.type.startswith(("kubernetes:", "objectst"))]
    assert [one.name for one in custom if "::local-" not in one.provider] == []


def test_nothing_but_milvus_itself_opens_a_port(run: Run) -> None:
    program = run()
    assert program.of("kubernetes:core/v1:Service") == []
    values = program.one(RELEASE).inputs["values"]
    assert values["service"]["type"] != "LoadBalancer"
    assert values["metrics"]["enabled"] is False


def test_port_9091_is_open_to_nobody_unless_monitoring_is_named(run: Run) -> None:
    assert "9091" not in json.dumps([one.inputs["spec"] for one in run().of(POLICY)])
    program = run({"monitoring": {"namespace": "monitoring"}})
    rules = program.one(POLICY, "allow-milvus").inputs["spec"]["ingress"]
    (metrics,) = [rule for rule in rules if rule["ports"][0]["port"] == 9091]
    assert metrics["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]


def test_milvus_is_open_to_the_namespaces_and_networks_that_are_listed_and_no_other_port(
    run: Run,
) -> None:
    changes = {"access.namespaces": ["rag", "reports"], "access.clients": ["192.0.2.0/24"]}
    (rule,) = run(changes).one(POLICY, "allow-milvus").inputs["spec"]["ingress"]
    assert [one["port"] for one in rule["ports"]] == [19530]
    assert rule["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "rag"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "reports"}}},
        {"ipBlock": {"cidr": "192.0.2.0/24"}},
    ]


@pytest.mark.parametrize("stack", ["staging", "prod-onprem", "prod-aws"])
def test_somebody_can_use_an_environment_that_is_not_for_this_machine(stack: str) -> None:
    access = settings(stack=stack).access
    assert access.namespaces or access.clients


def test_nothing_is_told_to_monitoring_that_the_stack_does_not_name(run: Run) -> None:
    assert run().of("vectorkit:index:Monitoring") == []
    assert run({"monitoring": {"namespace": "monitoring"}}).of(CONFIG_MAP) == run().of(CONFIG_MAP)


def test_the_operator_is_told_whom_to_scrape_and_when_to_alert(run: Run) -> None:
    program = run({"monitoring": {"namespace": "monitoring", "prometheus_operator": True}})
    told = [one for one in program.resources if WATCHED in one.type]
    assert sorted(one.inputs["kind"] for one in told) == [
        "PodMonitor",
        "PodMonitor",
        "PrometheusRule",
    ]
    assert {one.inputs["metadata"]["namespace"] for one in told} == {"vectorkit-local"}


def test_the_operator_finds_what_it_selects_by_label_and_ours_are_not_replaced(run: Run) -> None:
    watched = {"namespace": "monitoring", "prometheus_operator": True}
    ours = run({"monitoring": watched})
    given = {"release": "prometheus", "app.kubernetes.io/managed-by": "somebody"}
    labelled = run({"monitoring": watched | {"labels": given}})
    was, now = (
        [one.inputs["metadata"]["labels"] for one in program.resources if WATCHED in one.type]
        for program in (ours, labelled)
    )
    assert now == [labels | {"release": "prometheus"} for labels in was]


def test_grafana_is_given_the_dashboard_by_the_label_that_it_looks_for(run: Run) -> None:
    shown = run({"monitoring": {"grafana_dashboard": True}}).one(CONFIG_MAP, "dashboard").inputs
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert 'namespace=\\"vectorkit-local\\"' in shown["data"]["local.json"]


def test_traffic_is_denied_unless_listed(run: Run) -> None:
    program = run()
    deny = program.one(POLICY, "deny-all").inputs["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    egress = program.one(POLICY, "allow-milvus").inputs["spec"]["egress"]
    assert {
        "to": [{"ipBlock": {"cidr": "10.89.0.1/32"}}],
        "ports": [{"port": 8333, "protocol": "TCP"}],
    } in egress


def test_pods_get_no_token(run: Run) -> None:
    program = run()
    names = ("guardrails-account", "etcd-account")
    account = "kubernetes:core/v1:ServiceAccount"
    milvus, etcd = (program.one(account, name).inputs for name in names)
    assert [one["automountServiceAccountToken"] for one in (milvus, etcd)] == [False] * 2
    values = program.one(RELEASE).inputs["values"]
    assert values["serviceAccount"]["name"] == milvus["metadata"]["name"]
    assert values["etcd"]["serviceAccount"]["name"] == etcd["metadata"]["name"]


def test_the_namespace_enforces_pod_security(run: Run) -> None:
    labels = run().one(NAMESPACE).inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_quota_holds_what_milvus_and_etcd_ask_for(run: Run) -> None:
    program = run()
    hard = program.one("kubernetes:core/v1:ResourceQuota").inputs["spec"]["hard"]
    values = program.one(RELEASE).inputs["values"]
    limits = [values[one]["resources"]["limits"]["memory"] for one in ("standalone", "etcd")]
    assert int(hard["limits.memory"][:-2]) >= sum(int(one[:-2]) for one in limits)
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("0", "1")


def test_only_the_vault_has_object_lock(run: Run) -> None:
    program = run()
    assert program.one(BUCKET, "-vault").inputs["object_lock"] is True
    assert program.one(BUCKET, "-live").inputs["object_lock"] is False


def test_the_buckets_know_what_is_promised_and_which_losses_are_agreed_to(run: Run) -> None:
    program = run()
    assert program.one(BUCKET, "-live").inputs["keeps"] == {"mode": "versions", "days": 3}
    assert program.one(BUCKET, "-vault").inputs["keeps"] == {"mode": "none"}
    assert not program.one(BUCKET, "-vault").inputs.get("allow_weaker_than")
    before = {"mode": "governance", "days": 30}
    program = run(
        {
            "store.vault.mode": "governance",
            "store.vault.retention_days": 7,
            "store.vault.allow_weaker_than": before,
            "store.live.allow_destroy_bucket": "vectorkit-before",
        }
    )
    vault = program.one(BUCKET, "-vault").inputs
    assert (vault["keeps"], vault["allow_weaker_than"]) == (before | {"days": 7}, before)
    assert program.one(BUCKET, "-live").inputs["allow_destroy_bucket"] == "vectorkit-before"


def test_the_vault_may_have_a_key_of_its_own(run: Run) -> None:
    program = run({"store.vault.kms_key_id": "vault-key"})
    encryption = {one.name[-5:]: one.inputs["encryption"] for one in program.of(BUCKET)}
    assert encryption["vault"] == {"algorithm": "aws:kms", "kms_key_id": "vault-key"}
    assert encryption["-live"] == {"algorithm": "AES256"}


def test_a_durable_environment_protects_its_data(run: Run) -> None:
    program = run(DURABLE)
    assert [one.protect for one in (*program.of(BUCKET), program.one(NAMESPACE))] == [True] * 3
    assert [one.inputs["force_destroy"] for one in program.of(BUCKET)] == [False] * 2
    assert program.one(BUDGET).inputs["spec"]["maxUnavailable"] == 0


def test_a_throw_away_environment_can_be_destroyed(run: Run) -> None:
    program = run()
    assert [one.name for one in program.resources if one.protect] == []
    assert [one.inputs["force_destroy"] for one in program.of(BUCKET)] == [True] * 2
    assert program.of(BUDGET) == []


def test_exports_are_what_the_smoke_tests_know(run: Run) -> None:
    exports = run().exports
    assert set(exports) == {
        "namespace",
        "release",
        "milvus_service",
        "milvus_uri",
        "milvus_server_name",
        "milvus_ca_file",
        "live_bucket",
        "vault_bucket",
        "vault_retention",
        "root_path",
        "store_endpoint",
        "store_region",
        "store_ca_file",
        "credentials_secret",
        "kubeconfig",
        "context",
        "durable",
        "deployed",
        "identity_policies",
    }
    assert exports["milvus_uri"] == "http://10.89.0.10:31530"
    assert exports["live_bucket"] == "vectorkit-local-live"


def test_without_a_node_port_there_is_no_address_outside(run: Run) -> None:
    assert run({"access": {}}).exports["milvus_uri"] is None


def test_a_wrong_document_declares_nothing_and_says_why(run: Run) -> None:
    with pytest.raises(
        pulumi.RunError, match=r"stack 'local' is invalid:\n  namespac: .*namespace"
    ):
        run({"namespac": "x"})
