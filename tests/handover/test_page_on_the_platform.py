"""The page of the deployed environment leads to it, and gives nobody a key."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smoke_tests import credentials, outputs
from smoke_tests.cluster import Cluster
from tests.infra.stack_document import REPOSITORY

pytestmark = pytest.mark.platform


def test_the_page_leads_to_the_environment_and_holds_no_secret_of_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handover.page", "--stack", "local", "--folder", str(tmp_path)]
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    subprocess.run(command, cwd=REPOSITORY, env=known, check=True)
    html, data = (tmp_path / f"local.{kind}" for kind in ("html", "json"))
    told = json.loads(data.read_text())["addresses"]

    found = outputs.read("local")
    assert told["milvus_uri"] == found.milvus_uri
    assert told["store_ca_file"] == found.store_ca_file
    assert told["live_bucket"] == found.live_bucket
    cluster = Cluster(found.kubeconfig, found.context, found.namespace)
    secrets = credentials.known(cluster)
    assert {name.rpartition("/")[2] for name in secrets} >= set(credentials.KEYS)
    for one in secrets.values():
        assert one.reveal() not in html.read_text() + data.read_text()
