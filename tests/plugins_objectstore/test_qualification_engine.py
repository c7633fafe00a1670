"""A stack that needs what its store lacks fails before any bucket exists: with the real engine."""

import re
from pathlib import Path

import pytest

from tests.plugins_objectstore.engine import Project
from tests.stores import seaweedfs

pytestmark = pytest.mark.tools
PROGRAM = """
import json
from pathlib import Path

import pulumi

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
store = pulumi.ProviderResource("objectstore", "store", wanted["store"])
asked = pulumi.CustomResource(
    "objectstore:index:StoreQualification",
    "store",
    {"capabilities": None, "probed_at": None, **wanted["buckets"]["needs"]},
    pulumi.ResourceOptions(provider=store),
)
pulumi.CustomResource(
    "objectstore:index:Bucket",
    "live",
    {"arn": None, "bucket": "qualified-live", "force_destroy": True},
    pulumi.ResourceOptions(provider=store, depends_on=[asked]),
)
pulumi.export("capabilities", asked.capabilities)
pulumi.export("probed_at", asked.probed_at)
"""


@pytest.fixture(scope="module")
def project(store: seaweedfs.Store, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.create(tmp_path_factory.mktemp("qualification"), store)
    (made.folder / "__main__.py").write_text(PROGRAM)
    return made


def said(project: Project, *command: str, code: int = 0) -> str:
    answer = project.run(*command)
    assert (answer.code == 0) == (code == 0), answer.text
    assert project.store.admin.secret_key not in answer.text
    return " ".join(answer.text.split())


def buckets(store: seaweedfs.Store) -> set[str]:
    return {one["Name"] for one in store.client().list_buckets()["Buckets"]}


def test_a_need_that_is_not_met_is_named_and_no_bucket_is_made(
    project: Project, store: seaweedfs.Store
) -> None:
    before = buckets(store)
    project.want(needs={"needs": ["versioning", "copy-with-retention"]})
    text = said(project, "up", "--yes", code=1)
    assert "lacks what this stack needs: copy-with-retention." in text
    assert "came back 200; 204; 404 NoSuchVersion" in text
    assert "versioning (" not in text
    assert "Traceback" not in text
    assert buckets(store) == before


def test_a_misspelt_need_is_refused_before_the_store_is_asked(project: Project) -> None:
    project.want(needs={"needs": ["versionning"]})
    assert "did you mean 'versioning'?" in said(project, "preview", code=1)


def test_a_store_that_has_what_is_needed_is_asked_once_and_again_on_refresh(
    project: Project, store: seaweedfs.Store
) -> None:
    before = buckets(store)
    project.want(needs={"needs": ["versioning", "lock-governance-delete-refused"]})
    said(project, "up", "--yes")
    assert buckets(store) == before | {"qualified-live"}
    found = project.run("stack", "output", "capabilities", "--json").text
    assert '"lock-governance-delete-refused": "yes"' in found
    assert '"copy-with-retention": "no"' in found

    log = Path(store.ca_file.parent / "SeaweedFS.log")
    made = _scratch_buckets(log)
    said(project, "preview", "--expect-no-changes")
    said(project, "up", "--yes", "--expect-no-changes")
    assert _scratch_buckets(log) == made
    said(project, "refresh", "--yes", "--expect-no-changes")
    assert len(_scratch_buckets(log)) > len(made)

    project.want(needs={"needs": ["versioning", "copy-with-retention"]})
    assert "lacks what this stack needs: copy-with-retention." in said(
        project, "up", "--yes", code=1
    )
    assert "qualified-live" in buckets(store)
    said(project, "destroy", "--yes")
    assert buckets(store) == before


def _scratch_buckets(log: Path) -> set[str]:
    """The store's own record of the buckets that a probe had in it."""
    return set(re.findall(r"vectorkit-probe-[0-9a-f]+-[a-z]+", log.read_text(errors="replace")))
