"""Every image that an environment runs: where it comes from, and where a mirror has it."""

from dataclasses import dataclass

from vectorkit.schema.buckets import Vault
from vectorkit.schema.milvus_document import Milvus

DOCKER_HUB = "docker.io"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One image."""

    registry: str
    repository: str
    tag: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}:{self.tag}"


def origins(milvus: Milvus) -> dict[str, Reference]:
    """By what runs it; all that the chart starts with the values of an environment."""
    registry, repository = _parted(milvus.image.repository)
    etcd = milvus.etcd_image
    return {
        "Milvus": Reference(registry=registry, repository=repository, tag=milvus.image.tag),
        "etcd": Reference(registry=etcd.registry, repository=etcd.repository, tag=etcd.tag),
    }


def pulled(milvus: Milvus) -> dict[str, Reference]:
    """The same as the cluster pulls them: from the mirror, if the stack names one."""
    found = origins(milvus)
    if milvus.mirror is None:
        return found
    return {
        who: Reference(registry=milvus.mirror, repository=one.repository, tag=one.tag)
        for who, one in found.items()
    }


def of_the_vault(vault: Vault) -> dict[str, Reference]:
    """The image of the job that seals: the user's own, so no mirror is asked for it."""
    if vault.image is None:
        return {}
    registry, repository = _parted(vault.image.repository)
    return {"seal job": Reference(registry=registry, repository=repository, tag=vault.image.tag)}


def _parted(repository: str) -> tuple[str, str]:
    """Registry and repository; a first part without dot or port belongs to Docker Hub."""
    first, slash, rest = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return DOCKER_HUB, repository
