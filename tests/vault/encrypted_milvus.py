"""A real Milvus with the certificate that an environment gives it, and clients that know it or not.

Run by test_real_milvus.py, in a network of its own.
"""

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from smoke_tests import engine
from smoke_tests.engine import Certificate
from smoke_tests.errors import ServerDownError
from tests.stores.store import HOST
from tests.throwaway_ca import write_server_certificate
from tests.vault import job_of_a_scene, real_milvus
from tests.vault.scene import ROOT, Scene
from vault import catalogue, job

pytestmark = pytest.mark.tools


def test_only_who_knows_the_certificate_is_answered_and_the_job_that_seals_does(
    scene: Scene, tmp_path: Path
) -> None:
    certificates, others = tmp_path / "certificates", tmp_path / "others"
    for folder in (certificates, others):
        folder.mkdir()
        write_server_certificate(folder, HOST)
    with real_milvus.running(
        real_milvus.unpack(tmp_path / "programs"),
        tmp_path / "milvus",
        etcd=scene.etcd,
        # The kit gives Milvus the same root path in etcd as in the bucket.
        root_path=ROOT,
        store=scene.store,
        live=scene.live,
        certificates=certificates,
    ) as milvus:
        known = Certificate(HOST, str(certificates / "ca.crt"))
        with closing(
            engine.connect(milvus._uri, real_milvus.PASSWORD, certificate=known)
        ) as client:
            engine.create(client, "books", dimension=8, description="")
            assert client.list_collections() == ["books"]
        wrong = Certificate(HOST, str(others / "ca.crt"))
        plain = f"http://{urlsplit(milvus._uri).netloc}"
        for uri, certificate in (
            (milvus._uri, wrong),
            (milvus._uri, Certificate("milvus.elsewhere.svc", known.ca_file)),
            (plain, None),
        ):
            with pytest.raises(ServerDownError):
                engine.connect(uri, real_milvus.PASSWORD, seconds=3, certificate=certificate)
        told = job_of_a_scene.variables(
            scene, tmp_path / "credentials", milvus=milvus._uri, password=real_milvus.PASSWORD
        )
        with pytest.raises(ServerDownError):
            job.run(job.told(told))
        named = {"SERVER_NAME": known.name, "CA_FILE": str(known.ca_file)}
        told |= {f"VECTORKIT_MILVUS_{key}": value for key, value in named.items()}
        manifest = job.run(job.told(told))
        assert [one.collection for one in manifest.canaries] == ["books"]
        assert [one.id for one in catalogue.whole(scene.vault)] == [manifest.id]
