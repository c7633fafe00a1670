"""Names of inputs, at every depth, by the types that the SDKs declare."""

from typing import Any

import pytest

from tests.engine_plugins.input_names import problems

NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (
            NETWORK_POLICY,
            {
                "metadata": {"name": "allow", "labels": {"any": "name"}},
                "spec": {
                    "podSelector": {"matchLabels": {"any": "name"}},
                    "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 1}]}],
                },
            },
        ),
        (
            ENCRYPTION,
            {
                "bucket": "b",
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                        "bucketKeyEnabled": True,
                    }
                ],
            },
        ),
        ("kubernetes:monitoring.coreos.com/v1:PodMonitor", {"spec": {"whatever": 1}}),
    ],
)
def test_inputs_that_a_type_has_are_no_problem(kind: str, inputs: dict[str, Any]) -> None:
    assert list(problems(kind, inputs)) == []


def test_a_type_that_the_sdk_does_not_have_is_one() -> None:
    ((_, sentence),) = problems("aws:s3/bukket:Bukket", {})
    assert sentence == "The SDK that is installed has no resource 'aws:s3/bukket:Bukket'."
