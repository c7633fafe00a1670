import base64
import gzip
import json
import urllib.parse

import pytest

from smoke_tests import canary, report
from smoke_tests.credentials import Masked
from smoke_tests.errors import SmokeError
from smoke_tests.report import Report

SECRET = 'p/ss+w"rd-of-roots?'  # noqa: S105 - made up for these tests
SECRETS = {"root-password": Masked(SECRET)}


def release(payload: dict[str, str]) -> str:
    packed = base64.b64encode(gzip.compress(json.dumps(payload).encode()))
    return base64.b64encode(packed).decode()


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "z", "zy", "zyx"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_found_inside_base64_wherever_it_starts(
    before: str, after: str, encode: type[bytes]
) -> None:
    text = encode(f"{before}{SECRET}{after}".encode()).decode()
    assert canary.leaks(SECRETS, {"here": text}) == ["root-password in here"]


@pytest.mark.parametrize(
    "text", [f"x{SECRET}y", json.dumps({"k": SECRET}), urllib.parse.quote(SECRET, safe="")]
)
def test_a_secret_is_found_plain_and_escaped(text: str) -> None:
    assert canary.leaks(SECRETS, {"here": text}) == ["root-password in here"]


def test_a_part_of_a_secret_is_no_leak() -> None:
    assert canary.leaks(SECRETS, {"here": SECRET[:-1], "there": ""}) == []


def test_the_finding_does_not_hold_the_secret() -> None:
    (finding,) = canary.leaks(SECRETS, {"here": SECRET})
    assert SECRET not in finding


@pytest.mark.parametrize("text", [f"a{SECRET}b", f"a{base64.b64encode(SECRET.encode()).decode()}b"])
def test_a_redacted_text_holds_no_secret(text: str) -> None:
    clean = canary.redact(SECRETS, text)
    assert canary.leaks(SECRETS, {"here": clean}) == []
    assert clean.startswith("a***")


def test_a_helm_release_is_unpacked() -> None:
    payload = canary.helm_payload(release({"config": f"password={SECRET}"}))
    assert canary.leaks(SECRETS, {"release": payload}) == ["root-password in release"]


@pytest.mark.parametrize("broken", ["", "%%%", base64.b64encode(b"not gzip").decode()])
def test_a_helm_release_in_an_unknown_form_is_an_error(broken: str) -> None:
    with pytest.raises(SmokeError, match="not stored as expected"):
        canary.helm_payload(broken)


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda s: f"{s!r}", lambda s: f"{[s]}"])
def test_a_masked_secret_never_shows(show: "type[str]") -> None:
    assert SECRET not in show(Masked(SECRET))


def test_a_failed_comparison_of_masked_secrets_does_not_show_them() -> None:
    left, right = Masked(SECRET), Masked("other than that")
    with pytest.raises(AssertionError) as caught:
        assert left == right
    assert SECRET not in str(caught.value)


def test_masked_secrets_compare_by_value() -> None:
    assert Masked("a") == Masked("a")
    assert Masked("a") != Masked("b")


def test_a_secret_in_the_figures_of_a_run_is_found() -> None:
    run = Report(secrets=SECRETS)
    run.figures["speed"] = SECRET
    assert run.leaks([]) == ["root-password in the report"]


def test_the_report_says_what_was_proven() -> None:
    run = Report(stack="local", proven=[report.sentence("a.py::test_the_count_is_exact")])
    shown = json.loads(run.to_json())
    assert (shown["passed"], shown["proven"]) == (True, ["the count is exact"])
    run.failed.append("something")
    assert json.loads(run.to_json())["passed"] is False
