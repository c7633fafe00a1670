"""What pulls images and who asks for passwords, in both charts as helm renders them."""

from typing import Any

import pytest

from tests.rendered import rendering
from tests.rendered.rendering import OWN_CHART, REQUIRES_UPSTREAM, Manifest, values_of

pytestmark = pytest.mark.tools

DIGEST = "@sha256:" + "0" * 64
CASES = [
    pytest.param("own", "local", id="our chart"),
    pytest.param("upstream", "dev", id="standalone", marks=REQUIRES_UPSTREAM),
    pytest.param("upstream", "prod-onprem", id="cluster", marks=REQUIRES_UPSTREAM),
]


def rendered(chart: str, stack: str, changes: dict[str, Any] | None = None) -> list[Manifest]:
    folder = OWN_CHART if chart == "own" else rendering.upstream()
    return rendering.manifests(folder, values_of(stack, changes))


@pytest.mark.parametrize(("chart", "stack"), CASES)
def test_every_pod_names_the_secrets_that_its_images_are_pulled_by(chart: str, stack: str) -> None:
    wanted = ["registry-login", "other-login"]
    for pod in rendering.pods(rendered(chart, stack, {"milvus.pull_secrets": wanted})):
        assert [one["name"] for one in pod["imagePullSecrets"]] == wanted
    for pod in rendering.pods(rendered(chart, stack)):
        assert not pod.get("imagePullSecrets")


@pytest.mark.parametrize(("chart", "stack"), CASES)
def test_an_image_with_a_digest_is_named_by_it(chart: str, stack: str) -> None:
    tags = values_of(stack)
    milvus, etcd = tags["image"]["all"]["tag"], tags["etcd"]["image"]["tag"]
    changes = {"milvus.image.tag": milvus + DIGEST, "milvus.etcd_image.tag": etcd + DIGEST}
    images = {
        container["image"]
        for pod in rendering.pods(rendered(chart, stack, changes))
        for container in pod["containers"]
    }
    assert {one.rpartition("/")[2] for one in images} == {
        f"milvus:{milvus}{DIGEST}",
        f"etcd:{etcd}{DIGEST}",
    }


@REQUIRES_UPSTREAM
@pytest.mark.parametrize("stack", ["dev", "prod-onprem"])
def test_etcd_asks_for_the_password_of_the_secret_and_signs_with_it(stack: str) -> None:
    manifests = rendered("upstream", stack)
    assert rendering.of_kind("Secret", manifests) == []
    (pod,) = [one for one in rendering.pods(manifests) if one["containers"][0]["name"] == "etcd"]
    (container,) = pod["containers"]
    told = {one["name"]: one for one in container["env"]}
    reference = {"name": "milvus-etcd-credentials", "key": "etcd-password"}
    assert told["ETCD_ROOT_PASSWORD"]["valueFrom"]["secretKeyRef"] == reference
    assert told["ALLOW_NONE_AUTHENTICATION"]["value"] == "no"
    kind, key, method, _ = told["ETCD_AUTH_TOKEN"]["value"].split(",")
    assert (kind, method) == ("jwt", "sign-method=HS256")
    (volume,) = [
        one["name"]
        for one in pod["volumes"]
        if one.get("secret", {}).get("secretName") == "milvus-etcd-credentials"
    ]
    (mount,) = [one for one in container["volumeMounts"] if one["name"] == volume]
    assert key == f"priv-key={mount['mountPath'].rstrip('/')}/etcd-password"
