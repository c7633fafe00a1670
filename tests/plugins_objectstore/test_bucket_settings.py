from typing import Any

import pytest

from plugins.objectstore.settings import differences, same, settled
from plugins.properties import UNKNOWN

DENY = {"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": ["x", "y"]}
ALLOW = {"Effect": "Allow", "Principal": {"AWS": "me"}, "Action": ["s3:Get"], "Resource": "x"}
EXPIRE = {"ID": "b", "Status": "Enabled", "Expiration": {"Days": 3}}


@pytest.mark.parametrize(
    ("setting", "desired", "live"),
    [
        ("policy", {"Statement": [DENY, ALLOW]}, {"Statement": [ALLOW, DENY]}),
        ("policy", {"Statement": [DENY]}, {"Statement": [DENY | {"Principal": {"AWS": ["*"]}}]}),
        ("policy", {"Statement": [DENY]}, {"Statement": [DENY | {"Resource": ["y", "x"]}]}),
        ("policy", {"Statement": [ALLOW]}, {"Id": "", "Statement": ALLOW | {"Sid": ""}}),
        ("policy", '{"Statement": [{"Effect": "Deny"}]}', {"Statement": [{"Effect": "Deny"}]}),
        (
            "policy",
            {"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": False}}}]},
            {"Statement": [{"Condition": {"Bool": {"aws:securetransport": ["false"]}}}]},
        ),
        ("policy", None, None),
        ("lifecycle", [EXPIRE, {"ID": "a"}], [{"ID": "a"}, EXPIRE]),
        ("lifecycle", [EXPIRE | {"Prefix": ""}], [EXPIRE | {"Filter": {"Prefix": ""}}]),
        ("lifecycle", [EXPIRE | {"Prefix": "wp/"}], [EXPIRE | {"Filter": {"Prefix": "wp/"}}]),
        (
            "lifecycle",
            [EXPIRE],
            [EXPIRE | {"Expiration": {"Days": 3, "ExpiredObjectDeleteMarker": False}}],
        ),
        (
            "lifecycle",
            [{"ID": "d", "Expiration": {"Date": "2030-01-01"}}],
            [{"ID": "d", "Expiration": {"Date": "2030-01-01T00:00:00+00:00"}}],
        ),
        ("lifecycle", [], None),
        ("encryption", {"algorithm": "aws:kms"}, {"algorithm": "aws:kms", "kms_key_id": "k"}),
        ("tags", {}, None),
    ],
)
def test_a_setting_said_in_other_words_is_the_same(setting: str, desired: Any, live: Any) -> None:
    assert same(setting, desired, live)


@pytest.mark.parametrize(
    ("setting", "desired", "live"),
    [
        ("policy", {"Statement": [DENY]}, {"Statement": [DENY, ALLOW]}),
        ("policy", {"Statement": [DENY]}, {"Statement": [DENY | {"Effect": "Allow"}]}),
        ("policy", {"Statement": [DENY]}, {"Statement": [DENY | {"Principal": {"AWS": "me"}}]}),
        ("policy", {"Statement": [DENY]}, None),
        (
            "policy",
            {"Statement": [DENY | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]},
            {"Statement": [DENY]},
        ),
        ("lifecycle", [EXPIRE], [EXPIRE | {"Status": "Disabled"}]),
        ("lifecycle", [EXPIRE], [EXPIRE | {"Expiration": {"Days": 4}}]),
        ("lifecycle", [EXPIRE | {"Prefix": "wp/"}], [EXPIRE]),
        ("lifecycle", [EXPIRE], []),
        (
            "encryption",
            {"algorithm": "aws:kms", "kms_key_id": "a"},
            {"algorithm": "aws:kms", "kms_key_id": "b"},
        ),
        ("encryption", {"algorithm": "AES256"}, None),
        ("versioning", True, False),
        ("default_retention", None, {"Mode": "GOVERNANCE", "Days": 1}),
        ("tags", {"a": "1"}, {"a": "2"}),
        ("tags", {"a": UNKNOWN}, {"a": UNKNOWN}),
    ],
)
def test_a_setting_that_means_something_else_differs(setting: str, desired: Any, live: Any) -> None:
    assert not same(setting, desired, live)


def test_differences_name_the_settings_with_the_policy_and_the_tags_last() -> None:
    desired = {"tags": {"a": "1"}, "policy": {"Statement": [DENY]}, "versioning": True}
    assert differences(desired, {"versioning": False}) == ["versioning", "policy", "tags"]


def test_a_refresh_keeps_the_words_of_the_program_and_shows_only_drift() -> None:
    before = {"policy": {"Statement": [DENY, ALLOW]}, "versioning": True, "tags": {}}
    live = {"policy": {"Statement": [ALLOW, DENY]}, "versioning": False, "tags": {}}
    assert settled(before, live) == before | {"versioning": False}
