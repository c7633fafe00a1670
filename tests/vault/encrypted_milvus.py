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
from tests.vault import real_milvus
from tests.vault.scene import ETCD_ROOT, Scene

pytestmark = pytest.mark.tools


def test_only_who_knows_the_certificate_is_answered(scene: Scene, tmp_path: Path) -> None:
    certificates, others = tmp_path / "certificates", tmp_path / "others"
    for folder in (certificates, others):
        folder.mkdir()
        write_server_certificate(folder, HOST)
    with real_milvus.running(
        real_milvus.unpack(tmp_path / "programs"),
        tmp_path / "milvus",
        etcd=scene.etcd,
        root_path=ETCD_ROOT,
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
