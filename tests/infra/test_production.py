"""What nobody may call production: unprotected data, and secrets that anybody can read."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.infra.stack_document import ABSENT, STACKS, settings, tracked
from vectorkit.schema import charts, production
from vectorkit.schema.problems import Problems
from vectorkit.settings import parse


def refused(stack: str, changes: Mapping[str, object]) -> dict[str, str]:
    with pytest.raises(Problems) as raised:
        parse(tracked("prod-onprem", changes), stack)
    return dict(raised.value.found)


@pytest.mark.parametrize("stack", ["prod", "prod-onprem", "eu.PROD.1", "our_production"])
def test_a_stack_that_is_called_production_is_durable(stack: str) -> None:
    found = refused(stack, {"durable": False})
    assert list(found) == ["durable"]
    assert f"every bucket of stack {stack!r}" in found["durable"]
    assert parse(tracked("prod-onprem"), stack).durable


@pytest.mark.parametrize("stack", ["product-search", "dev", "preprod1"])
def test_another_name_may_be_thrown_away(stack: str) -> None:
    assert not parse(tracked("prod-onprem", {"durable": False}), stack).durable


PLAIN = {"milvus.tls": ABSENT}


@pytest.mark.parametrize("stack", ["staging", "eu-stage-2", "prod", "our_production"])
@pytest.mark.parametrize(
    "changes",
    [{"milvus.allow_plaintext": True}, {"milvus.allow_plaintext": True, "durable": False}],
)
def test_staging_and_production_never_speak_plainly(
    stack: str, changes: Mapping[str, object]
) -> None:
    found = refused(stack, {**PLAIN, **changes})
    assert f"clients of stack {stack!r} would send" in found["milvus.tls"]


def test_another_stack_and_a_drills_scratch_copy_may() -> None:
    changes = {**PLAIN, "milvus.allow_plaintext": True}
    for stack in ("dev", "drill-staging-attacked", "stages"):
        assert parse(tracked("prod-onprem", changes), stack).milvus.allow_plaintext


def test_an_issuer_that_certifies_public_names_alone_is_refused() -> None:
    for issuer in ("letsencrypt", "lets-encrypt-prod"):
        found = refused("prod", {"milvus.tls": {"cluster_issuer": issuer}})
        assert "issuer of a private CA" in found["milvus.tls.cluster_issuer"]


@pytest.mark.parametrize("key", ["protect", "force_destroy", "retain_on_delete"])
@pytest.mark.parametrize("part", ["", "store.live.", "store.vault."])
def test_protection_has_no_second_switch(part: str, key: str) -> None:
    found = refused("prod", {part + key: False})
    assert list(found) == [part + key]
    assert "durable, at the top, decides" in found[part + key]


def test_an_empty_passphrase_is_refused_where_data_is_durable(tmp_path: Path) -> None:
    empty, full = tmp_path / "empty", tmp_path / "full"
    empty.write_text(" \n")
    full.write_text("canary-passphrase")
    for variables, name in (
        ({production.PASSPHRASE: ""}, production.PASSPHRASE),
        ({production.PASSPHRASE_FILE: str(empty)}, production.PASSPHRASE_FILE),
        ({production.PASSPHRASE: "", production.PASSPHRASE_FILE: str(full)}, production.PASSPHRASE),
    ):
        found = dict(production.readable_secrets(variables, durable=True))
        assert list(found) == [name]
        assert "change-secrets-provider" in found[name]
        assert list(production.readable_secrets(variables, durable=False)) == []


def test_a_passphrase_or_none_at_all_is_not(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.write_text("canary-passphrase\n")
    for variables in (
        {},
        {production.PASSPHRASE: "canary-passphrase"},
        {production.PASSPHRASE_FILE: str(full)},
        {production.PASSPHRASE_FILE: str(tmp_path / "absent")},
    ):
        assert list(production.readable_secrets(variables, durable=True)) == []


def test_a_chart_whose_values_nobody_has_listed_is_refused() -> None:
    for changes in (
        {"milvus.chart.version": "5.0.18"},
        {"milvus.chart": {"path": "elsewhere/milvus", "version": "0.1.0"}},
        {"milvus.chart": {"path": "elsewhere/milvus-6.0.0.tgz", "version": "6.0.0"}},
    ):
        found = refused("prod-onprem", changes)
        assert list(found) == ["milvus.chart.version"]
        assert "take 5.0.19, or add a list" in found["milvus.chart.version"]
        assert "CONTRIBUTING.md" in found["milvus.chart.version"]


def test_the_versions_of_all_tracked_stacks_are_listed_or_our_own() -> None:
    for stack in STACKS:
        chart = settings(stack=stack).milvus.chart
        assert chart.is_own or charts.value_paths(chart.version).exists()
