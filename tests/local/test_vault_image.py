"""The image that seals runs by itself: nothing of this machine, no Pulumi, no root."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local import vault_image
from local.layout import CLONE

CONTAINERFILE = CLONE / "vault" / "Containerfile"
IMPORTS = "boto3, pymilvus, ssl, vault.job, vault.verify"


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[\w.-]+==\S+", lock.read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vault-image")
    folder.chmod(0o755)
    vault_image.build_rootfs(folder)
    return folder


def python(rootfs: Path, *arguments: str) -> str:
    """What the image's Python prints, as the image's user, with nothing but the image."""
    variables = dict(one.split("=", 1) for one in vault_image.ENVIRONMENT)
    alone = [shutil.which("chroot") or "chroot", f"--userspec={vault_image.USER}", str(rootfs)]
    done = subprocess.run(
        [*alone, vault_image.ENTRYPOINT[0], *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.tools
def test_its_python_loads_all_that_a_seal_needs_and_no_pulumi(rootfs: Path) -> None:
    said = python(rootfs, "-c", f"import {IMPORTS}, sys; print('pulumi' in sys.modules)")
    assert said.strip() == "False"


@pytest.mark.tools
def test_nothing_of_this_machines_own_folders_is_in_it(rootfs: Path) -> None:
    assert sorted(one.name for one in rootfs.iterdir()) == ["app", "lib", "lib64", "tmp", "usr"]
    assert list(rootfs.rglob("__pycache__")) == []


def test_what_it_holds_is_pinned_as_everywhere_else() -> None:
    assert pins(vault_image.LOCK) <= pins(CLONE / "requirements.lock")
    assert pins(vault_image.LOCK)


def test_the_containerfile_makes_the_same_image() -> None:
    text = CONTAINERFILE.read_text()
    for folder in vault_image.CODE:
        assert f"COPY {folder} /app/{folder}\n" in text
    assert f"USER {vault_image.USER}\n" in text
    assert "--require-hashes -r /tmp/requirements.lock" in text
    *_, module = vault_image.ENTRYPOINT
    assert f'ENTRYPOINT ["python3", "-m", "{module}"]' in text
