import tarfile
from pathlib import Path
from typing import Any

import pytest

from plugins.kubernetes import charts, release
from plugins.kubernetes.configuration import Configuration
from plugins.kubernetes.kubectl import Target
from plugins.kubernetes.release_kind import ReleaseKind
from plugins.properties import UNKNOWN

KIND = ReleaseKind(Configuration(Target(namespace="home")))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: tiny\nversion: 1.2.3\n")
    (folder / "templates" / "a.yaml").write_text("a")
    return folder


def check(old: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    return KIND.check(inputs, old or {}, resource="db", seed=b"1")


def differing(old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
    return list(KIND.differences(old, new))


def test_names_and_defaults_are_those_of_the_official_plugin(chart: Path) -> None:
    checked = check(chart=str(chart), version=">=1", compat="true")
    assert checked.pop("name").startswith("db-")
    said = {key: value for key, value in checked.items() if value}
    assert said == {"chart": str(chart), "namespace": "home", "timeout": 300, "version": "1.2.3"}
    assert (checked["atomic"], checked["description"], checked["values"]) == (False, "", {})
    assert check(chart="x", skipAwait=True)["timeout"] == 0
    assert check({"name": "db-1"}, chart="x")["name"] == "db-1"
    assert check({"name": "db-1"}, chart="x", name="mine")["name"] == "mine"


def test_a_chart_from_elsewhere_keeps_the_version_that_was_asked_for() -> None:
    assert check(chart="milvus", version=">=1")["version"] == ">=1"
    assert check(chart=UNKNOWN)["chart"] is UNKNOWN


def test_another_name_or_namespace_is_another_release() -> None:
    for path in (("name",), ("namespace",)):
        assert KIND.replaces({}, path)
    assert not KIND.replaces({}, ("values", "name"))


def test_a_changed_file_of_a_local_chart_is_a_difference(chart: Path) -> None:
    inputs = check(chart=str(chart), name="a")
    old = {"__inputs": inputs, "__chartDigest": charts.digest(str(chart))}
    assert differing(old, inputs) == []
    (chart / "templates" / "a.yaml").write_text("b")
    assert differing(old, inputs) == [(("chart",), "UPDATE")]
    assert differing(old, {**inputs, "chart": "elsewhere"}) == [(("chart",), "UPDATE")]


def test_defaults_that_the_state_lacks_are_no_difference() -> None:
    assert differing({"__inputs": {"chart": "x", "name": "a"}}, check(chart="x", name="a")) == [
        (("namespace",), "ADD")
    ]


def test_a_digest_sees_every_file_its_name_and_its_place(chart: Path) -> None:
    digests = [charts.digest(str(chart))]
    (chart / "templates" / "a.yaml").rename(chart / "templates" / "b.yaml")
    digests.append(charts.digest(str(chart)))
    (chart / "values.yaml").write_text("")
    digests.append(charts.digest(str(chart)))
    assert len(set(digests)) == 3
    assert charts.digest("milvus") == ""
    assert charts.digest(UNKNOWN) == ""


def test_an_archive_is_a_local_chart_too(chart: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tiny.tgz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(chart / "templates", "tiny/charts/other/Chart.yaml")
        file.add(chart / "Chart.yaml", "tiny/Chart.yaml")
    assert charts.version(str(archive)) == "1.2.3"
    assert charts.digest(str(archive))
    (tmp_path / "broken.tgz").write_text("not an archive")
    assert charts.version(str(tmp_path / "broken.tgz")) == ""


def test_a_missing_chart_and_unsupported_inputs_are_refused_by_name(tmp_path: Path) -> None:
    inputs = {
        "chart": str(tmp_path / "none"),
        "lint": True,
        "recreatePods": False,
        "valueYamlFiles": ["x"],
        "repositoryOpts": {"repo": "x", "username": "me", "password": None},
    }
    found = dict(KIND.problems(inputs))
    assert found.keys() == {"chart", "lint", "valueYamlFiles", "repositoryOpts.username"}
    assert dict(KIND.problems({})).keys() == {"chart"}
    assert dict(KIND.problems({"chart": "repo/chart", "repositoryOpts": UNKNOWN})) == {}


def test_every_supported_input_reaches_helm() -> None:
    inputs = {
        "atomic": True,
        "cleanupOnFail": True,
        "maxHistory": 3,
        "repositoryOpts": {"repo": "https://x"},
        "skipCrds": False,
        "version": "1.0.0",
    }
    both = ["--rollback-on-failure", "--version=1.0.0", "--repo=https://x", "--wait=legacy"]
    assert sorted(release.flags(inputs, upgrade=False)) == sorted(both)
    upgrade = [*both, "--cleanup-on-fail", "--history-max=3"]
    assert sorted(release.flags(inputs, upgrade=True)) == sorted(upgrade)
    assert release.flags({"skipAwait": True}, upgrade=True) == []


@pytest.mark.parametrize(
    ("asked", "found", "expected"),
    [
        ("1.0.0", "1.0.0", {}),
        ("v1.0.0", "1.0.0", {}),
        ("1.0.0", "1.1.0", {"version": "1.1.0"}),
        (">=1", "1.1.0", {}),
        (None, "1.1.0", {}),
    ],
)
def test_a_refresh_sees_another_version_where_one_was_asked_for(
    asked: str | None, found: str, expected: dict[str, str]
) -> None:
    inputs = {"chart": "x"} | ({"version": asked} if asked else {})
    assert release.read_back(inputs, {"version": found}, {}) == expected
