"""`make images`: the commands that fill a mirror, as skopeo takes them."""

import pytest

from handover.images import copying
from tests.infra.stack_document import settings
from vectorkit.decisions import images

DIGEST = "sha256:" + "1" * 64


@pytest.mark.parametrize(
    ("tag", "command"),
    [
        (
            f"v2.6.15@{DIGEST}",
            f"skopeo copy --all --preserve-digests docker://docker.io/milvusdb/milvus@{DIGEST} "
            "docker://mirror.example:5000/kit/milvusdb/milvus:v2.6.15",
        ),
        (
            "v2.6.15",
            "skopeo copy --all docker://docker.io/milvusdb/milvus:v2.6.15 "
            "docker://mirror.example:5000/kit/milvusdb/milvus:v2.6.15",
        ),
    ],
)
def test_an_image_is_copied_by_its_digest_to_its_tag(tag: str, command: str) -> None:
    mirrored = {"milvus.mirror": "mirror.example:5000/kit", "milvus.image.tag": tag}
    milvus = settings(mirrored, stack="dev").milvus
    assert copying(images.origins(milvus)["Milvus"], images.pulled(milvus)["Milvus"]) == command
