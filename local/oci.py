"""Writes container images as OCI archives, without a registry and without a container engine."""

import fcntl
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

REGISTRY = "registry.local"
DEFAULT_PATH = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image: `build` fills its root folder; the rest is its configuration."""

    name: str
    tag: str
    build: Callable[[Path], None]
    entrypoint: tuple[str, ...] = ()
    env: tuple[str, ...] = (DEFAULT_PATH,)
    user: str = ""
    working_dir: str = "/"
    sources: tuple[Path, ...] = field(default=())
    """Files of the clone that the image is made from, besides the tools."""

    @property
    def reference(self) -> str:
        return f"{REGISTRY}/{self.name}:{self.tag}"


def pack(image: Image, archive: Path) -> None:
    """Build the image and write its archive, whole or not at all, unless it is there."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with archive.with_suffix(".lock").open("w") as turn:
        # Platforms may share the cache, and a killed one leaves its folder of a gigabyte.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not archive.exists():
            for killed in archive.parent.glob(f"{archive.stem}.*.part"):
                shutil.rmtree(killed)
            _pack_anew(image, archive)


def _pack_anew(image: Image, archive: Path) -> None:
    with tempfile.TemporaryDirectory(".part", f"{archive.stem}.", archive.parent) as folder:
        root, fresh = Path(folder) / "root", Path(folder) / "image.tar"
        root.mkdir()
        image.build(root)
        layer = Path(folder) / "layer.tar"
        with tarfile.open(layer, "w") as tar:
            for path in sorted(root.rglob("*")):
                tar.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=_plain)
        shutil.rmtree(root)
        _write_archive(image, layer, fresh)
        fresh.rename(archive)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    # The same content must give the same digest on every machine and day.
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def _write_archive(image: Image, layer: Path, archive: Path) -> None:
    with layer.open("rb") as stream:
        layer_digest = hashlib.file_digest(stream, "sha256").hexdigest()
    run_as = {"Env": list(image.env), "WorkingDir": image.working_dir, "User": image.user}
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": run_as | ({"Entrypoint": image.entrypoint} if image.entrypoint else {}),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
        }
    )
    kind = "application/vnd.oci.image"
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": _descriptor(f"{kind}.config.v1+json", config),
            "layers": [
                {
                    "mediaType": f"{kind}.layer.v1.tar",
                    "digest": f"sha256:{layer_digest}",
                    "size": layer.stat().st_size,
                }
            ],
        }
    )
    entry = _descriptor(f"{kind}.manifest.v1+json", manifest)
    entry["annotations"] = {
        "io.containerd.image.name": image.reference,
        "org.opencontainers.image.ref.name": image.tag,
    }
    index = _json({"schemaVersion": 2, "manifests": [entry]})
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(tar, "index.json", index)
        _add(tar, f"blobs/sha256/{hashlib.sha256(config).hexdigest()}", config)
        _add(tar, f"blobs/sha256/{hashlib.sha256(manifest).hexdigest()}", manifest)
        tar.add(layer, arcname=f"blobs/sha256/{layer_digest}", filter=_plain)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def digest_of(archive: Path) -> str:
    """The digest of an archive's image, as containerd lists it."""
    with tarfile.open(archive) as tar:
        index = tar.extractfile("index.json")
        if index is None:
            raise FileNotFoundError(f"{archive} holds no index.json.")
        return str(json.load(index)["manifests"][0]["digest"])
