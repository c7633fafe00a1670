from typing import Any

from plugins.kubernetes import live, manifests
from plugins.properties import UNKNOWN

LIVE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "a",
        "namespace": "n",
        "uid": "1",
        "resourceVersion": "2",
        "managedFields": [{}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "all of it",
            "deployment.kubernetes.io/revision": "1",
            "mine": "x",
        },
    },
    "data": {"key": "dmFsdWU="},
    "status": {"phase": "Active"},
}


def test_the_texts_of_a_secret_become_its_data_once_all_are_known() -> None:
    given = {"kind": "Secret", "data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "z"}}
    assert manifests.normal(given) == {"kind": "Secret", "data": {"a": "eA==", "b": "eg=="}}
    for other in ({**given, "kind": "Other"}, {**given, "stringData": {"b": UNKNOWN}}):
        assert manifests.normal(other) == other


def test_only_what_the_program_says_is_sent() -> None:
    sent = manifests.sent({**LIVE, "__inputs": {}, "__fieldManager": "m", "id": "n/a"})
    assert sent.keys() == {"apiVersion", "kind", "metadata", "data"}
    assert sent["metadata"].keys() == {"name", "namespace", "annotations"}


def test_outputs_are_the_live_object_without_the_copy_of_itself() -> None:
    outputs = manifests.outputs(LIVE)
    assert outputs["status"] == {"phase": "Active"}
    assert outputs["metadata"]["uid"] == "1"
    assert "managedFields" not in outputs["metadata"]
    assert "all of it" not in str(outputs)


def test_an_import_takes_what_a_program_could_have_said() -> None:
    assert manifests.importable(LIVE) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "namespace": "n", "annotations": {"mine": "x"}},
        "data": {"key": "dmFsdWU="},
    }


def test_keys_with_dashes_have_underscores_in_programs() -> None:
    schema = {"x_kubernetes_preserve_unknown_fields": True, "x_other": 1}
    inputs = {"metadata": {}, "spec": {"versions": [{"schema": schema}]}}
    sent = manifests.sent(inputs)["spec"]["versions"][0]["schema"]
    assert sent == {"x-kubernetes-preserve-unknown-fields": True, "x_other": 1}
    assert manifests.outputs({"metadata": {}, "spec": [sent]})["spec"] == [schema]


def test_a_preview_does_not_know_what_the_server_gives() -> None:
    outputs = manifests.foreseen({"metadata": {"name": "a", "uid": "of a dry run"}})
    assert outputs["metadata"]["name"] == "a"
    assert outputs["metadata"]["uid"] is UNKNOWN
    assert outputs["status"] is UNKNOWN
    assert manifests.foreseen({"metadata": UNKNOWN}) == {"metadata": UNKNOWN}


def test_a_preview_of_an_update_keeps_what_the_inputs_never_said() -> None:
    before = {"a": 1, "gone": 1, "server": {"ip": 1}, "list": [1]}
    old, new = {"a": 1, "gone": 1, "list": [1]}, {"a": 2, "server": {"mine": 1}, "list": [2, 3]}
    assert manifests.changed(before, old, new) == {
        "a": 2,
        "server": {"ip": 1, "mine": 1},
        "list": [2, 3],
    }


def test_a_refresh_sees_changes_of_what_the_program_said_and_of_nothing_else() -> None:
    inputs = {
        "metadata": {"name": "a", "labels": {}},
        "spec": {"memory": "1Gi", "cpu": 1, "list": [{"image": "x"}], "removed": "y"},
        "stringData": {"key": "value"},
    }
    found = {
        "metadata": {"name": "a", "uid": "1"},
        "spec": {"memory": "1024Mi", "cpu": "1000m", "list": [{"image": "z", "pull": "p"}]},
        "data": {"key": "bmV3", "other": "bmV3"},
    }
    assert live.as_inputs(inputs, found) == {
        "metadata": {"name": "a", "labels": {}},
        "spec": {"memory": "1Gi", "cpu": 1, "list": [{"image": "z"}]},
        "stringData": {"key": "new"},
    }


def test_quantities_are_equal_however_they_are_written() -> None:
    assert live.same_quantity("1Gi", "1024Mi")
    assert live.same_quantity(1, "1000m")
    assert not live.same_quantity("1G", "1Gi")
    assert not live.same_quantity("a", "a")
    assert not live.same_quantity(True, 1)
