from typing import Any

import pytest

from plugins.objectstore.check import problems, with_defaults
from plugins.properties import UNKNOWN

RULE = {"ID": "undelete", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}
PUBLIC = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject"}
FINAL = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*"]}
POLICY = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}]}


def found(**inputs: Any) -> dict[str, str]:
    given = with_defaults({"bucket": "live", **inputs})
    return {problem.path: problem.reason for problem in problems(given)}


def test_a_name_alone_is_enough_and_gives_a_versioned_encrypted_bucket() -> None:
    assert found() == {}
    defaults = with_defaults({"bucket": "live"})
    assert defaults["versioning"] is True
    assert defaults["encryption"] == {"algorithm": "AES256"}
    assert defaults["force_destroy"] is False


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * 64, "Live", "live_data", "-live", "live-", "a..b", "10.0.0.1", "xn--a", "", 7],
)
def test_a_name_that_s3_does_not_take_is_refused(name: Any) -> None:
    assert found(bucket=name).keys() == {"bucket"}


def test_a_missing_name_is_refused() -> None:
    assert [problem.path for problem in problems(with_defaults({}))] == ["bucket"]


@pytest.mark.parametrize(
    ("inputs", "path", "meant"),
    [
        ({"versionning": True}, "versionning", "versioning"),
        ({"encryption": {"algoritm": "AES256"}}, "encryption.algoritm", "algorithm"),
        ({"lifecycle": [RULE | {"Expiraton": {}}]}, "lifecycle[0].Expiraton", "Expiration"),
        (
            {"lifecycle": [RULE | {"AbortIncompleteMultipartUpload": {"DaysAfter": 1}}]},
            "lifecycle[0].AbortIncompleteMultipartUpload.DaysAfter",
            "DaysAfterInitiation",
        ),
    ],
)
def test_a_misspelt_input_is_refused_with_the_nearest_name(
    inputs: dict[str, Any], path: str, meant: str
) -> None:
    assert f"did you mean {meant!r}?" in found(**inputs)[path]


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"object_lock": True, "versioning": False}, "versioning"),
        ({"default_retention": {"Mode": "COMPLIANCE", "Days": 1}}, "default_retention"),
        ({"object_lock": "yes"}, "object_lock"),
        ({"encryption": {"algorithm": "none"}}, "encryption.algorithm"),
        ({"encryption": {"algorithm": "AES256", "kms_key_id": "k"}}, "encryption.kms_key_id"),
        ({"lifecycle": RULE}, "lifecycle"),
        ({"lifecycle": [{"Status": "Enabled"}]}, "lifecycle[0].ID"),
        ({"lifecycle": [RULE, RULE]}, "lifecycle[1].ID"),
        ({"lifecycle": [RULE | {"Status": "on"}]}, "lifecycle[0].Status"),
        ({"policy": "{"}, "policy"),
        ({"policy": {"Statement": []}}, "policy"),
        ({"policy": {"Statement": [{"Effect": "deny"}]}}, "policy.Statement[0].Effect"),
        ({"policy": {"Statement": [PUBLIC]}}, "policy.Statement[0].Principal"),
        ({"policy": {"Statement": [FINAL]}}, "policy.Statement[0].Action"),
        ({"keeps": "compliance"}, "keeps"),
        ({"keeps": {"mode": "governence", "days": 1}}, "keeps.mode"),
        ({"keeps": {"mode": "governance"}}, "keeps.days"),
        ({"keeps": {"mode": "governance", "days": 0}}, "keeps.days"),
        ({"keeps": {"mode": "none", "days": 3}}, "keeps.days"),
        ({"keeps": {"mode": "none", "years": 3}}, "keeps.years"),
        ({"allow_destroy_bucket": True}, "allow_destroy_bucket"),
        ({"allow_weaker_than": 30}, "allow_weaker_than"),
        ({"tags": {"size": 3}}, "tags.size"),
        ({"tags": {"aws:owner": "me"}}, "tags.aws:owner"),
        ({"tags": {str(number): "x" for number in range(51)}}, "tags"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_its_path(
    inputs: dict[str, Any], path: str
) -> None:
    assert found(**inputs).keys() == {path}


def test_all_problems_are_reported_at_once() -> None:
    assert found(bucket="X", versionning=1, tags=[]).keys() == {"bucket", "versionning", "tags"}


def test_what_a_preview_does_not_know_yet_passes() -> None:
    unknown = dict.fromkeys(("bucket", "encryption", "lifecycle", "policy", "tags"), UNKNOWN)
    assert found(**unknown) == {}
    assert found(policy={"Statement": [UNKNOWN]}, tags={"a": UNKNOWN}, lifecycle=[UNKNOWN]) == {}


def test_a_valid_policy_passes_as_object_and_as_text() -> None:
    assert found(policy=POLICY) == {}
    assert found(policy='{"Statement": {"Effect": "Allow"}}') == {}
    excepting = {"Condition": {"StringNotLike": {"aws:userid": "admin*"}}}
    assert found(policy={"Statement": [PUBLIC | excepting, FINAL | excepting]}) == {}
