"""Every object is one that Kubernetes 1.34 knows, with no field too many."""

import copy

import kubernetes_validate
import pytest

from local.tools import KUBERNETES_VERSION
from tests.rendered.rendering import Manifest, of_kind

OF_OPERATORS = ("monitoring.coreos.com/", "cert-manager.io/", "external-secrets.io/")
"""Types that a cluster has by its operators; Kubernetes has no schema of them."""
VERSION = KUBERNETES_VERSION.removeprefix("v")


def validate(manifest: Manifest) -> None:
    """Raises ValidationError."""
    kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.tools
def test_every_object_keeps_to_the_schema_of_the_clusters_version(
    everything: list[Manifest],
) -> None:
    for manifest in everything:
        if not manifest["apiVersion"].startswith(OF_OPERATORS):
            validate(manifest)


@pytest.mark.tools
def test_a_field_that_kubernetes_does_not_know_is_found(everything: list[Manifest]) -> None:
    deployment = copy.deepcopy(of_kind("Deployment", everything)[0])
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="enableServiceLink"):
        validate(deployment)
    quota = copy.deepcopy(of_kind("ResourceQuota", everything)[0])
    quota["spec"]["hard"] = "2Gi"
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(quota)
