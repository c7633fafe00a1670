"""Objects of the API under the real Pulumi engine, in a real cluster."""

import copy
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.kubernetes.naming import field_manager
from tests.plugins_kubernetes.objects_wanted import config_map, deployment, pod_spec
from tests.plugins_kubernetes.project import Project

pytestmark = pytest.mark.platform

Live = Callable[[str], dict[str, Any]]
Kubectl = Callable[..., str]


def test_the_life_of_a_stack(project: Project, kubectl: Kubectl) -> None:
    home = {"namespace": {"$of": ["home", "metadata", "name"]}}
    project.provider["enable_secret_mutable"] = True
    project.secrets += ["canary-of-the-secret", "canary-of-the-pod"]
    web = deployment(pod_spec())
    web[1]["metadata"] = home
    environment = [{"name": "TOKEN", "value": {"$secret": project.secrets[1]}}]
    web[1]["spec"]["template"]["spec"]["containers"][0]["env"] = environment
    secret_data = {"password": {"$secret": project.secrets[0]}, "no_longer": "wanted"}
    service = {"metadata": home, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    wanted: dict[str, Any] = {
        "home": ["core.v1.Namespace", {}, {}],
        "key": ["core.v1.Secret", {"metadata": home, "string_data": secret_data}, {}],
        "web": web,
        "front": ["core.v1.Service", service, {"after": ["web"]}],
    }
    exports = {
        "home": ["home", "metadata", "name"],
        "uid": ["home", "metadata", "uid"],
        "web": ["web", "metadata", "name"],
        "replicas": ["web", "status", "ready_replicas"],
    }
    project.want(exports=exports, **wanted)
    try:
        assert project.succeed("preview").count("create") >= 4
        project.succeed("up", "--yes", "--skip-preview")
        outputs = project.outputs()
        assert outputs["home"].startswith("home-")
        assert outputs["web"].startswith("web-")
        assert outputs["replicas"] == 1
        project.succeed("preview", "--expect-no-changes")
        project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes")
        project.succeed("preview", "--expect-no-changes")

        key = project.state()["key"]
        assert key["id"] == f"{outputs['home']}/{key['outputs']['metadata']['name']}"
        state = "".join(one.read_text() for one in Path(project.folder, "state").rglob("*.json"))
        assert not any(secret in state for secret in project.secrets)

        project.secrets.append("another-canary")
        wanted["key"][1]["string_data"] = {"password": {"$secret": "another-canary"}}
        wanted["home"][1]["metadata"] = {"labels": {"of": "trial"}}
        project.want(exports=exports, **wanted)
        project.succeed("preview", "--diff")
        assert "~ 2 updated" in project.succeed("up", "--yes", "--skip-preview")
        assert project.outputs()["uid"] == outputs["uid"]
        live = kubectl("get", "secret", "-n", outputs["home"], "-o", "jsonpath={.items[0].data}")
        assert json.loads(live) == {"password": "YW5vdGhlci1jYW5hcnk="}
    finally:
        project.succeed("destroy", "--yes", "--skip-preview")
    assert not kubectl("get", "namespace", outputs["home"], "--ignore-not-found")


def test_drift_is_seen_and_repaired(project: Project, kubectl: Kubectl, live: Live) -> None:
    project.provider["enable_config_map_mutable"] = True
    project.want(
        changed=config_map({"name": "changed"}, colour="red"),
        gone=config_map({"name": "gone"}, colour="red"),
    )
    project.succeed("up", "--yes", "--skip-preview")
    namespace = project.provider["namespace"]
    patch = json.dumps({"data": {"colour": "blue"}})
    kubectl("patch", "configmap/changed", "-n", namespace, "--type=merge", "-p", patch)
    kubectl("delete", "configmap/gone", "-n", namespace)

    assert "colour" in project.succeed("refresh", "--yes", "--skip-preview", "--diff")
    assert "gone" not in project.state()
    assert "colour" in project.succeed("preview", "--diff")
    project.succeed("up", "--yes", "--skip-preview")
    assert live("configmap/changed")["data"] == {"colour": "red"}
    assert live("configmap/gone")["data"] == {"colour": "red"}


def test_a_controllers_field_is_taken_over_only_when_told(
    project: Project, kubectl: Kubectl, live: Live
) -> None:
    project.provider["enable_config_map_mutable"] = True
    project.want(shared=config_map({"name": "shared"}, colour="red"))
    project.succeed("up", "--yes", "--skip-preview")
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"colour": "blue"}}
    theirs["metadata"] = {"name": "shared", "namespace": project.provider["namespace"]}
    flags = ("--server-side", "--force-conflicts", "--field-manager=argocd-controller")
    kubectl("apply", *flags, "--filename=-", stdin=json.dumps(theirs))
    project.want(shared=config_map({"name": "shared"}, colour="green"))

    said = project.fail("up", "--yes", "--skip-preview")
    assert "fields that another manager owns" in said
    assert "pulumi.com/patchForce" in said
    assert live("configmap/shared")["data"] == {"colour": "blue"}
    force = {"name": "shared", "annotations": {"pulumi.com/patchForce": "true"}}
    project.want(shared=config_map(force, colour="green"))
    project.succeed("up", "--yes", "--skip-preview")
    assert live("configmap/shared")["data"] == {"colour": "green"}


@pytest.mark.parametrize("own", [True, False], ids=["its own", "another's"])
def test_only_what_a_killed_engine_had_made_of_a_resource_is_taken_over(
    project: Project, kubectl: Kubectl, live: Live, tmp_path: Path, own: bool
) -> None:
    namespace, name = project.provider["namespace"], f"left-{'own' if own else 'other'}"
    urn = f"urn:pulumi:trial::trial::kubernetes:core/v1:ConfigMap::{'left' if own else 'else'}"
    metadata = {"name": name, "namespace": namespace}
    left = tmp_path / "left.json"
    left.write_text(
        json.dumps(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}
        )
    )
    manager = f"--field-manager={field_manager(urn)}"
    kubectl("apply", "--server-side", manager, "-f", str(left))
    project.want(left=config_map(metadata, a="1", b="2"))
    if own:
        project.succeed("up", "--yes", "--skip-preview")
        assert live(f"configmap/{name}")["data"] == {"a": "1", "b": "2"}
        return
    assert "exists already" in project.fail("up", "--yes", "--skip-preview")
    assert live(f"configmap/{name}")["data"] == {"a": "1"}


def test_an_existing_object_is_refused_and_can_be_imported(
    project: Project, kubectl: Kubectl, live: Live
) -> None:
    namespace = project.provider["namespace"]
    kubectl("create", "configmap", "old", "-n", namespace, "--from-literal=a=1")
    metadata = {"name": "old", "namespace": namespace}
    project.want(old=config_map(metadata, a="1"))
    assert f"ConfigMap {namespace}/old exists already" in project.fail(
        "up", "--yes", "--skip-preview"
    )
    provider = "cluster=urn:pulumi:trial::trial::pulumi:providers:kubernetes::cluster"
    flags = ("--yes", "--generate-code=false", "--protect=false", "--provider", provider)
    project.succeed("import", "kubernetes:core/v1:ConfigMap", "old", f"{namespace}/old", *flags)
    project.succeed("up", "--yes", "--skip-preview")
    project.want(old=config_map(metadata, a="1", b="2"))
    project.succeed("up", "--yes", "--skip-preview")
    assert live("configmap/old")["data"] == {"a": "1", "b": "2"}


def test_what_cannot_change_is_replaced(project: Project, live: Live) -> None:
    wanted = {
        "made_up": config_map(a="1"),
        "given": config_map({"name": "given"}, a="1"),
        "grows": config_map({"name": "grows", "labels": {"a": "1"}}, a="1"),
    }
    project.want(exports={"name": ["made_up", "metadata", "name"]}, **wanted)
    assert "made_up-" in project.fail("up", "--yes", "--skip-preview")
    wanted["auto"] = wanted.pop("made_up")
    project.want(exports={"name": ["auto", "metadata", "name"]}, **wanted)
    project.succeed("up", "--yes", "--skip-preview")
    before, uid = project.outputs()["name"], live("configmap/given")["metadata"]["uid"]
    grown = live("configmap/grows")["metadata"]["uid"]

    for name in ("auto", "given"):
        wanted[name] = copy.deepcopy(wanted[name])
        wanted[name][1]["data"] = {"a": "2"}
    wanted["grows"][1]["metadata"]["labels"] = {"a": "2"}
    project.want(exports={"name": ["auto", "metadata", "name"]}, **wanted)
    said = project.succeed("up", "--yes", "--skip-preview")
    assert "+-2 replaced" in said
    assert "~ 1 updated" in said
    assert project.outputs()["name"] != before
    assert live("configmap/given")["metadata"]["uid"] != uid
    assert live("configmap/given")["data"] == {"a": "2"}
    assert live("configmap/grows")["metadata"]["uid"] == grown


def test_objects_follow_the_providers_namespace(
    project: Project, kubectl: Kubectl, live: Live
) -> None:
    project.want(one=config_map({"name": "one"}, a="1"))
    project.succeed("up", "--yes", "--skip-preview")
    first = project.provider["namespace"]
    assert project.state()["one"]["id"] == f"{first}/one"
    other = f"{first}-b"
    kubectl("create", "namespace", other)
    try:
        project.provider["namespace"] = other
        project.want(one=config_map({"name": "one"}, a="1"))
        assert "+-1 replaced" in project.succeed("up", "--yes", "--skip-preview")
        assert kubectl("get", "configmap/one", "-n", other, "-o", "name").strip()
        assert not kubectl("get", "configmap/one", "-n", first, "--ignore-not-found")
    finally:
        kubectl("delete", "namespace", other, "--wait=false")


def test_a_custom_resource_is_made_after_its_definition(project: Project, namespace: str) -> None:
    group = f"{namespace}.example.com"
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    definition = {
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"open_apiv3_schema": schema},
                }
            ],
        },
    }
    widget = {"api_version": f"{group}/v1", "kind": "Widget", "spec": {"any": [1, 2.5, True]}}
    project.want(
        kind=["apiextensions.v1.CustomResourceDefinition", definition, {}],
        widget=["apiextensions.CustomResource", widget, {"after": ["kind"]}],
    )
    try:
        project.succeed("preview")
        project.succeed("up", "--yes", "--skip-preview")
        assert project.state()["widget"]["outputs"]["spec"] == {"any": [1, 2.5, True]}
        project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes")
        project.succeed("preview", "--expect-no-changes")
    finally:
        project.succeed("destroy", "--yes", "--skip-preview")


def test_a_deletion_that_hangs_says_what_holds_the_object(
    project: Project, kubectl: Kubectl, namespace: str
) -> None:
    held = {"name": "held", "finalizers": ["example.com/hold"]}
    project.want(held=[*config_map(held, a="1")[:2], {"timeout": "3s"}])
    project.succeed("up", "--yes", "--skip-preview")
    said = project.fail("destroy", "--yes", "--skip-preview")
    assert f"ConfigMap {namespace}/held was not gone after 3 s" in said
    assert "example.com/hold" in said
    assert "held" in project.state()
    patch = json.dumps({"metadata": {"finalizers": None}})
    kubectl("patch", "configmap/held", "-n", namespace, "--type=merge", "-p", patch)
    project.succeed("destroy", "--yes", "--skip-preview")


def test_nothing_is_forgotten_while_the_cluster_is_away(project: Project, live: Live) -> None:
    real = Path(project.provider["kubeconfig"]).read_text()
    config = project.folder / "kubeconfig"
    config.write_text(real)
    project.provider["kubeconfig"] = str(config)
    project.want(one=config_map({"name": "one"}, a="1"))
    project.succeed("up", "--yes", "--skip-preview")
    before = project.state()

    config.write_text(re.sub(r"server: .*", "server: https://127.0.0.1:9", real))
    project.succeed("preview", "--expect-no-changes")
    project.want(one=config_map({"name": "one"}, a="1", b="2"))
    for command in (["up"], ["up", "--refresh"], ["refresh"], ["destroy"]):
        started = time.monotonic()
        said = project.fail(*command, "--yes", "--skip-preview")
        assert "127.0.0.1:9" in said
        assert "cannot be reached" in said
        assert time.monotonic() - started < 30
        assert project.state().keys() == before.keys()
    config.write_text(real)
    project.succeed("up", "--yes", "--skip-preview")
    assert live("configmap/one")["data"] == {"a": "1", "b": "2"}


def test_a_kubeconfig_may_be_given_as_text(project: Project, live: Live, tmp_path: Path) -> None:
    text = Path(os.environ["KUBECONFIG"]).read_text()
    key = next(line.split()[-1] for line in text.splitlines() if "client-key-data" in line)
    project.secrets.append(key)
    project.provider["kubeconfig"] = {"$secret": text}
    project.provider["context"] = "nonsense"
    project.want(one=config_map({"name": "one"}, a="1"))
    assert 'context "nonsense" does not exist' in project.fail("up", "--yes", "--skip-preview")
    del project.provider["context"]
    project.want(one=config_map({"name": "one"}, a="1"))
    project.succeed("up", "--yes", "--skip-preview")
    assert live("configmap/one")["data"] == {"a": "1"}


def test_what_is_not_supported_is_refused_by_name(project: Project) -> None:
    widget = {"metadata": {"name": "x"}}
    manifest = {"yaml": "{}"}
    wanted: dict[str, Any] = {
        "core.v1.ConfigMapPatch": ["core.v1.ConfigMapPatch", widget, {}],
        "core.v1.ConfigMapList": ["core.v1.ConfigMapList", {"items": []}, {}],
        "yaml/v2:ConfigGroup": ["yaml.v2.ConfigGroup", manifest, {}],
        "helm.sh/v4:Chart": ["helm.v4.Chart", {"chart": "x"}, {}],
        "metadata.generateName": config_map({"generate_name": "x-"}, a="1"),
    }
    for named, resource in wanted.items():
        project.want(one=resource)
        said = project.fail("preview").replace("kubernetes:core/v1:", "core.v1.")
        assert named in said
    project.provider["delete_unreachable"] = True
    project.want(one=config_map({"name": "x"}, a="1"))
    assert "deleteUnreachable" in project.fail("preview")
