"""An unchanged deployment is not proven again; a changed one is."""

from pathlib import Path

from local import proof


def test_a_deployment_is_proven_once(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    assert proof.proven_at(path, "one") is None
    proof.remember(path, "one")
    assert proof.proven_at(path, "one")
    assert proof.proven_at(path, "another") is None


def test_what_every_run_writes_anew_is_no_change() -> None:
    before = [{"urn": "u", "modified": "1", "outputs": {"a": {"ciphertext": "x", "sig": "s"}}}]
    after = [{"urn": "u", "modified": "2", "outputs": {"a": {"ciphertext": "y", "sig": "s"}}}]
    changed = [{"urn": "u", "modified": "2", "outputs": {"a": "another"}}]
    assert proof.lasting(before) == proof.lasting(after)
    assert proof.lasting(before) != proof.lasting(changed)
