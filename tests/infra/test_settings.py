"""The stack document: what is refused, where, and with which sentence."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from tests.infra.stack_document import ABSENT, REPOSITORY, local, settings
from vectorkit.schema.problems import Problems
from vectorkit.schema.stores import S3CompatibleStore
from vectorkit.settings import parse, usable_password

MILVUS_USERS = "store.milvus_user_ids"


def problems(changes: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Problems) as refused:
        parse(local(changes), "local")
    return dict(refused.value.found)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("durabel", True, "did you mean 'durable'?"),
        ("store.live.undelet_days", 3, "did you mean 'undelete_days'?"),
        ("namespace", ABSENT, "is missing"),
        ("namespace", "default", "belongs to Kubernetes"),
        ("namespace", "kube-public", "belongs to Kubernetes"),
        ("namespace", "My_Space", "not a DNS label"),
        ("durable", "false", "valid boolean"),
        ("cluster.context", "", "at least 1 character"),
        ("store.kind", "gcs", "'s3' or 'aws'"),
        ("store.endpoint", "http://10.89.0.1:8333", "only spoken to over TLS"),
        ("store.endpoint", "10.89.0.1:8333", "only spoken to over TLS"),
        ("store.endpoint", "https://10.89.0.1:8333/bucket", "must end after the port"),
        ("store.endpoint", "https://10.89.0.1:99999", "https://host:port"),
        ("store.endpoint", "https://key:secret@10.89.0.1", "https://host:port"),
        ("store.live.bucket", "Live_Bucket", "not a usable bucket name"),
        ("store.live.bucket", "ab", "not a usable bucket name"),
        ("store.live.undelete_days", 0, "greater than or equal to 1"),
        ("store.live.undelete_days", "3", "valid integer"),
        ("store.vault.retention_days", 0, "greater than or equal to 1"),
        ("store.vault.retention_days", -3, "greater than or equal to 1"),
        ("store.vault.retention_days", 1.5, "valid integer"),
        ("store.vault.retention_days", 36501, "less than or equal to 36500"),
        ("store.vault.retention_years", 1, "did you mean 'retention_days'?"),
        ("store.vault.allow_weaker_than.mode", "compliant", "'compliance'"),
        ("store.profile", "x1000", "'x10000'"),
        ("store.lifecycle_left_out", "all", "valid tuple"),
        ("workload.vectors", True, "valid integer"),
        ("workload.dimension", 1, "greater than or equal to 2"),
        ("workload.index", "HSNW", "'HNSW'"),
        ("milvus.chart.version", "5.0", "one exact version"),
        ("milvus.chart.version", ">=5.0.19", "one exact version"),
        ("milvus.image.tag", "latest", "not a fixed image tag"),
        ("milvus.root_path", "", "never empty"),
        ("milvus.root_path", "../other", "not a root path"),
        ("milvus.memory", "4", "write it as 512Mi, 4Gi or 1Ti"),
        ("access.node_port", 8080, "greater than or equal to 30000"),
        ("access.clients.0", None, "valid string"),
    ],
)
def test_a_wrong_value_is_refused_at_its_path(path: str, value: object, says: str) -> None:
    if path == "store.vault.allow_weaker_than.mode":
        found = problems({"store.vault.allow_weaker_than": {"mode": value, "days": 30}})
    elif path == "access.clients.0":
        found = problems({"access.clients": [value]})
    else:
        found = problems({path: value})
    assert list(found) == [path]
    assert says in found[path]


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"store.vault.bucket": "vectorkit-local-live"}, "store.vault.bucket", "the live bucket"),
        (
            {
                "durable": True,
                "store.vault.mode": "compliance",
                "store.vault.retention_days": 30,
            },
            "store.vault.mode",
            "acknowledge_irreversible: true",
        ),
        (
            {"store.vault.acknowledge_irreversible": True},
            "store.vault.acknowledge_irreversible",
            "not irreversible",
        ),
        (
            {
                "store.vault": {
                    "bucket": "v-1",
                    "mode": "compliance",
                    "retention_days": 30,
                    "acknowledge_irreversible": True,
                }
            },
            "durable",
            "compliance forbids",
        ),
        (
            {"store.vault.mode": "governance"},
            "store.vault.retention_days",
            "needs the number of days",
        ),
        ({"store.vault.retention_days": 3}, "store.vault.retention_days", "seals nothing"),
        (
            {"store.vault.mode": "governance", "store.vault.retention_days": 91},
            "store.vault.retention_days",
            "91 is more than longest_retention_days 90",
        ),
        (
            {"store.live.undelete_days": 2, "store.live.wal_undelete_days": 3},
            "store.live.wal_undelete_days",
            "3 is longer than undelete_days 2",
        ),
        (
            {"store.profile": "versitygw", "store.vault_user_ids": ["v"]},
            MILVUS_USERS,
            "name Milvus's",
        ),
        (
            {"store.live.kms_key_id": "key", "store.vault.kms_key_id": "key"},
            "store.vault.kms_key_id",
            "sealed copies need their own",
        ),
        ({"store.milvus_user_ids": ["m"]}, MILVUS_USERS, "takes no names of users here"),
        (
            {"store.profile": "versitygw", "store.milvus_user_ids": ["m"]},
            "store.vault_user_ids",
            "knows no patterns",
        ),
        ({"store.live.mode": "governance"}, "store.live.mode", "a retention is for the vault"),
        ({"store.live.object_lock": True}, "store.live.object_lock", "a retention is for the"),
        ({"store.deployer_user_ids": ["*"]}, "store.deployer_user_ids", "match everybody"),
        ({"store.deployer_user_ids": []}, "store.deployer_user_ids", "at least 1 item"),
        ({"store.endpoint": "https://s3.example"}, "store.networks", "only knows addresses"),
        ({"workload.metric": "HAMMING"}, "workload.metric", "COSINE, IP or L2"),
        (
            {"workload.index": "BIN_FLAT", "workload.metric": "JACCARD", "workload.dimension": 100},
            "workload.dimension",
            "multiple of 8",
        ),
        ({"workload.replicas": 2}, "workload.replicas", "standalone has one"),
        ({"milvus.chart.name": "milvus"}, "milvus.chart.path", "either path, or"),
        ({"milvus.chart.path": ABSENT}, "milvus.chart.path", "either path, or"),
        ({"access.host": ABSENT}, "access.node_port", "set both or neither"),
        ({"access.clients": []}, "access.clients", "serves nobody"),
        ({"access.clients": ["0.0.0.0/0"]}, "access.clients.0", "is everyone"),
        ({"access.namespaces": ["*"]}, "access.namespaces.0", "not a DNS label"),
        ({"monitoring.labels": {"a": "b"}}, "monitoring.labels", "prometheus_operator declares"),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    changes: dict[str, Any], path: str, says: str
) -> None:
    found = problems(changes)
    assert list(found) == [path]
    assert says in found[path]


def test_every_problem_is_reported_at_once() -> None:
    found = problems(
        {"store.endpoint": "http://x", "workload.metric": "HAMMING", "milvus.root_path": ""}
    )
    assert set(found) == {"store.endpoint", "workload.metric", "milvus.root_path"}


def test_the_value_of_an_unknown_key_is_not_repeated() -> None:
    found = problems({"store.secret_access_key": "planted-canary"})
    assert "planted-canary" not in str(found)


def test_a_declared_memory_that_is_too_small_is_refused_with_both_numbers() -> None:
    sentence = problems({"workload.vectors": 10_000_000, "milvus.memory": "4Gi"})["milvus.memory"]
    needed = settings({"workload.vectors": 10_000_000}).workload.size.memory
    assert "4096 MiB is too small" in sentence
    assert f"needs {needed} MiB" in sentence


def test_an_omitted_key_has_the_safe_default() -> None:
    defaults = settings(
        {
            "durable": ABSENT,
            "milvus.tls": {},
            "access": {},
            "store.vault": {"bucket": "vault", "retention_days": 30},
            "store.kind": ABSENT,
        }
    )
    assert defaults.durable
    assert defaults.access.node_port is None
    assert defaults.store.vault.mode == "governance"
    assert isinstance(defaults.store, S3CompatibleStore)
    assert defaults.store.profile == "generic"
    assert defaults.guardrails.pod_security == "restricted"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        settings().durable = True


def test_a_relative_path_starts_at_the_repository() -> None:
    assert settings().milvus.chart.path == str(REPOSITORY / "charts" / "milvus-local")


def test_a_document_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(Problems):
        parse(["durable"], "local")  # type: ignore[arg-type]


@pytest.mark.parametrize("password", ["Milvus", "short", "x" * 73])
def test_an_unusable_root_password_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(ValueError, match="6 to 72 characters") as refused:
        usable_password(password)
    assert password not in str(refused.value).replace("Milvus's", "").replace("milvusRoot", "")


def test_settings_need_no_engine() -> None:
    script = "import sys, vectorkit.decisions; sys.exit('pulumi' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY / "infra")
