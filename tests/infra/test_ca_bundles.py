"""Whom Milvus knows over TLS: private CAs of store and log, and public roots where needed."""

from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.infra.stack_document import ABSENT, CA, KAFKA, PULSAR, settings
from vectorkit.decisions import milvus_values
from vectorkit.decisions.decide import decide
from vectorkit.schema import ca_bundles
from vectorkit.schema.problems import Problems

PUBLIC = certifi.contents().strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "ca.crt"
    made.write_text(CA)
    return made


def trusted(changes: dict[str, Any], stack: str = "dev") -> str | None:
    found = settings(changes, stack=stack)
    return ca_bundles.trusted(found, ca_bundles.read(found))


def test_a_store_with_a_private_ca_and_no_queue_is_all_that_is_trusted(file: Path) -> None:
    assert trusted({"store.ca_file": str(file)}) == CA


def test_a_store_and_a_queue_with_a_private_ca_each_are_both_trusted(
    file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "queue.crt"
    other.write_text(CA + CA)
    for queue, name in ((KAFKA, "kafka"), (PULSAR, "pulsar")):
        changes = {**queue, f"milvus.{name}.ca_file": str(other), "store.ca_file": str(file)}
        assert trusted(changes) == f"{CA}\n{CA + CA}"


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("dev", {**PULSAR, "store.ca_file": "FILE"}),
        ("dev", {**KAFKA, "store.ca_file": ABSENT, "milvus.kafka.ca_file": "FILE"}),
        ("prod-aws", {**KAFKA, "milvus.kafka.ca_file": "FILE"}),
    ],
)
def test_where_one_of_the_two_is_known_by_everybody_public_roots_are_trusted_too(
    file: Path, stack: str, changes: dict[str, Any]
) -> None:
    given = {key: str(file) if one == "FILE" else one for key, one in changes.items()}
    found = trusted(given, stack)
    assert found is not None
    assert found.startswith(CA)
    assert PUBLIC in found
    assert len(found) < 1024**2 // 2, "a ConfigMap holds no more than 1 MiB"
    decided = decide(settings(given, stack=stack), ca_bundle=CA)
    assert "SSL_CERT_FILE" in str(decided.values)
    alone = settings({"store.ca_file": str(file)})
    by_hash = milvus_values.CA_HASH
    lone = milvus_values.values(alone, ca_bundle=CA)["annotations"][by_hash]
    assert decided.values["annotations"][by_hash] != lone


def test_without_a_private_ca_the_bundle_of_the_image_stays() -> None:
    assert trusted({**KAFKA, "store.ca_file": ABSENT}) is None


def test_certificates_are_read_and_private_keys_refused_where_they_are_named(file: Path) -> None:
    named = {"store.ca_file": str(file)}
    assert ca_bundles.read(settings(named)) == CA
    queue = {**KAFKA, "store.ca_file": ABSENT, "milvus.kafka.ca_file": str(file)}
    for text, says in (
        ("", "no PEM certificate"),
        (CA + "PRIVATE KEY", "private key"),
        (CA.replace("MII", "XXX"), "damaged"),
    ):
        file.write_text(text)
        for changes, path in ((named, "store.ca_file"), (queue, "milvus.kafka.ca_file")):
            with pytest.raises(Problems, match=says) as refused:
                ca_bundles.read(settings(changes, stack="dev"))
            assert [place for place, _ in refused.value.found] == [path]
    file.unlink()
    with pytest.raises(Problems, match="cannot be read"):
        ca_bundles.read(settings(named))
