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
    one = {"urn": "u", "modified": "1", "outputs": {"a": {"ciphertext": "x", "sig": "s"}}}
    two = {"urn": "v", "inputs": {"b": 1}, "sourcePosition": "f#1"}
    again = {"urn": "u", "modified": "2", "outputs": {"a": {"ciphertext": "y", "sig": "s"}}}
    moved = two | {"sourcePosition": "f#2"}
    assert proof.lasting([one, two]) == proof.lasting([moved, again])
    assert proof.lasting([one, two]) != proof.lasting([one, two | {"inputs": {"b": 2}}])
