"""A store on AWS in the stack document: what is refused, where, and with which sentence."""

import pytest

from tests.infra.stack_document import ABSENT, tracked
from vectorkit.schema.problems import Problems
from vectorkit.settings import parse

DEPLOYER = "arn:aws:iam::123456789012:role/vectorkit-deployer"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("store.endpoint", "https://s3.example", "not a known key"),
        ("store.ca_file", "ca.crt", "not a known key"),
        ("store.regoin", "x", "did you mean 'region'?"),
        ("store.live.undelet_days", 3, "did you mean 'undelete_days'?"),
        ("store.account_id", ABSENT, "is missing"),
        ("store.account_id", 123456789012, "valid string"),
        ("store.account_id", "1234", "pattern"),
        ("store.region", "cn-north-1", "public partition"),
        ("store.region", "frankfurt", "not a region such as"),
        ("store.oidc_provider", "https://oidc.example", "without its https://"),
        ("store.networks", [], "at least 1 item"),
        ("store.deployers", [], "at least 1 item"),
        ("store.deployers", ["arn:aws:iam::210987654321:role/x"], "of account 123456789012"),
        ("store.vault_key_administrators", [DEPLOYER], "a deployer is among them"),
        ("store.access_log_bucket", "vectorkit-prod-live", "never ends"),
        ("store.live.allow_destroy_bucket", "before", "does not compare promises"),
    ],
)
def test_what_aws_cannot_be_is_refused_at_its_path(path: str, value: object, says: str) -> None:
    with pytest.raises(Problems) as refused:
        parse(tracked("prod-aws", {path: value}), "prod-aws")
    assert [one[0] for one in refused.value.found] == [path]
    assert says in refused.value.found[0][1]


@pytest.mark.parametrize(
    "arn", ["*", "arn:aws:iam::123456789012:root", f"{DEPLOYER}*", "arn:aws:sts::123456789012:x"]
)
def test_a_deployer_is_one_role_or_user(arn: str) -> None:
    with pytest.raises(Problems, match=r"store\.deployers\.0: .* not the ARN of one role"):
        parse(tracked("prod-aws", {"store.deployers": [arn]}), "prod-aws")


def test_every_problem_of_an_aws_store_is_reported_at_once() -> None:
    changes = {"store.region": "x", "store.live.bucket": "No", "workload.metric": "HAMMING"}
    with pytest.raises(Problems) as refused:
        parse(tracked("prod-aws", changes), "prod-aws")
    assert {one[0] for one in refused.value.found} == set(changes)
