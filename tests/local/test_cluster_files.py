"""What the platform writes for Kubernetes and its supervisor."""

import configparser
import hashlib
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import oci
from local.cluster import pod_network, without_upstream
from local.supervision import Program, configuration

COREFILE = """.:53 {
    errors
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
}
"""


def test_cluster_dns_asks_nobody_outside_the_cluster() -> None:
    assert without_upstream(COREFILE) == ".:53 {\n    errors\n    cache 30\n    reload\n}\n"


def test_pods_get_addresses_of_their_own_node() -> None:
    ipam = pod_network("10.244.3.0/24")["plugins"][0]["ipam"]
    assert ipam["ranges"] == [[{"subnet": "10.244.3.0/24"}]]


def test_a_supervised_program_is_started_again_when_it_dies() -> None:
    program = Program(name="store", command="weed", log="/l", environment={"A": "50%"})
    parser = configparser.RawConfigParser()
    parser.read_string(configuration([program], socket="/s", log="/l"))
    section = parser["program:store"]
    assert section["autorestart"] == "unexpected"
    assert section["environment"] == 'A="50%%"'
    assert parser["unix_http_server"]["chmod"] == "0600"


def _image(content: str) -> oci.Image:
    def build(root: Path) -> None:
        (root / "bin").mkdir()
        (root / "bin" / "program").write_text(content)

    return oci.Image(name="sample", tag="1", build=build, entrypoint=("/bin/program",))


def test_the_same_image_has_the_same_digest_wherever_it_is_packed(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        oci.pack(_image("x"), tmp_path / name)
    oci.pack(_image("y"), tmp_path / "c.tar")
    digests = [oci.digest_of(tmp_path / f"{name}.tar") for name in "abc"]
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_what_a_killed_packing_left_is_gone_after_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.1234.part" / "root").mkdir(parents=True)
    oci.pack(_image("x"), tmp_path / "a.tar")
    assert list(tmp_path.glob("*.part")) == []


def test_platforms_that_share_a_cache_pack_an_image_once(tmp_path: Path) -> None:
    packed = []

    def build(root: Path) -> None:
        packed.append(root)
        (root / "program").write_text("x")

    image = oci.Image(name="sample", tag="1", build=build)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: oci.pack(image, tmp_path / "a.tar"), range(2)))
    assert len(packed) == 1


def test_an_image_archive_holds_what_its_manifest_says(tmp_path: Path) -> None:
    oci.pack(_image("x"), tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as tar:
        blobs = {m.name: tar.extractfile(m) for m in tar.getmembers() if m.isfile()}
        content = {name: stream.read() for name, stream in blobs.items() if stream}
    manifest_digest = oci.digest_of(tmp_path / "a.tar").removeprefix("sha256:")
    manifest = json.loads(content[f"blobs/sha256/{manifest_digest}"])
    for part in (manifest["config"], *manifest["layers"]):
        blob = content["blobs/sha256/" + part["digest"].removeprefix("sha256:")]
        assert hashlib.sha256(blob).hexdigest() == part["digest"].removeprefix("sha256:")
        assert len(blob) == part["size"]
