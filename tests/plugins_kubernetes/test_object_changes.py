from typing import Any

import pytest

from plugins.kubernetes import changes
from plugins.properties import UNKNOWN


def found(old: Any, new: Any) -> dict[str, str]:
    return {changes.property_path(path): how for path, how in changes.differences(old, new)}


def replaced(kind: str, *path: str | int, version: str = "v1", **manifest: Any) -> bool:
    mutable = manifest.pop("mutable_data", False)
    return changes.replaces(
        {"apiVersion": version, "kind": kind, **manifest}, path, mutable_data=mutable
    )


def test_every_place_that_differs_is_told_with_its_path() -> None:
    old = {"a": {"b": [1, {"c": 2}]}, "gone": 1, "same": [1], "x.y": {"p/q.r": 1}}
    new = {"a": {"b": [1, {"c": 3}]}, "new": 1, "same": [1], "x.y": {"p/q.r": 2}}
    assert found(old, new) == {
        "a.b[1].c": "UPDATE",
        "gone": "DELETE",
        "new": "ADD",
        '["x.y"]["p/q.r"]': "UPDATE",
    }


def test_a_list_of_another_length_differs_as_a_whole() -> None:
    assert found({"a": [1]}, {"a": [1, 2]}) == {"a": "UPDATE"}


def test_what_is_unknown_may_differ() -> None:
    assert found({"a": 1, "b": {"c": 1}}, {"a": UNKNOWN, "b": UNKNOWN}) == {
        "a": "UPDATE",
        "b": "UPDATE",
    }


def test_a_spec_that_comes_or_goes_is_judged_by_its_parts() -> None:
    assert found({}, {"spec": {"a": 1, "b": 1}}) == {"spec.a": "ADD", "spec.b": "ADD"}
    assert found({"spec": {"a": 1}}, {}) == {"spec.a": "DELETE"}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("ConfigMap", ("metadata", "name")),
        ("Namespace", ("metadata", "namespace")),
        ("ConfigMap", ("data", "key")),
        ("ConfigMap", ("binaryData",)),
        ("Secret", ("stringData", "key")),
        ("Secret", ("type",)),
        ("Service", ("spec", "clusterIP")),
        ("Pod", ("spec", "containers", 0, "image")),
        ("PersistentVolumeClaim", ("spec", "accessModes", 0)),
        ("PersistentVolume", ("spec", "local", "path")),
        ("ResourceQuota", ("spec", "scopes")),
    ],
)
def test_what_a_cluster_never_changes_needs_a_new_object(
    kind: str, path: tuple[str | int, ...]
) -> None:
    assert replaced(kind, *path)


@pytest.mark.parametrize(
    ("kind", "version", "path"),
    [
        ("Deployment", "apps/v1", ("spec", "selector", "matchLabels", "a")),
        ("StatefulSet", "apps/v1", ("spec", "volumeClaimTemplates", 0, "spec")),
        ("StatefulSet", "apps/v1", ("spec", "serviceName")),
        ("Job", "batch/v1", ("spec", "template", "spec", "containers", 0, "image")),
        ("RoleBinding", "rbac.authorization.k8s.io/v1", ("roleRef", "name")),
        ("StorageClass", "storage.k8s.io/v1", ("provisioner",)),
    ],
)
def test_so_do_these_of_other_groups_but_not_their_namesakes_in_extensions(
    kind: str, version: str, path: tuple[str | int, ...]
) -> None:
    assert replaced(kind, *path, version=version)
    assert not replaced(kind, *path, version="example.com/v1")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("ConfigMap", ("metadata", "labels", "name")),
        ("Deployment", ("spec", "template", "spec", "containers", 0, "image")),
        ("Service", ("spec", "clusterIPs")),
        ("Pod", ("spec", "activeDeadlineSeconds")),
        ("PersistentVolumeClaim", ("spec", "resources", "requests", "storage")),
    ],
)
def test_everything_else_changes_in_place(kind: str, path: tuple[str | int, ...]) -> None:
    assert not replaced(kind, *path)


def test_data_changes_in_place_when_the_provider_allows_it() -> None:
    assert not replaced("Secret", "stringData", "a", mutable_data=True)
    assert replaced("Secret", "type", mutable_data=True)


def test_immutability_can_be_added_but_only_a_new_object_is_without_it() -> None:
    assert not replaced("Secret", "immutable", immutable=True, mutable_data=True)
    assert replaced("Secret", "immutable", mutable_data=True)
