"""The contents of the image that seals: this machine's Python, the pinned wheels, the vault's code.

For users vault/Containerfile says the same.
"""

import re
import shutil
import sys
from pathlib import Path

from local.command import run
from local.layout import CLONE

LOCK = CLONE / "vault" / "requirements.lock"
CODE = ("plugins", "smoke_tests", "vault")
USER = "65532:65532"
ENTRYPOINT = ("/usr/local/bin/python3", "-m", "vault.job")
PACKAGES = Path("app/site-packages")
ENVIRONMENT = (
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "LD_LIBRARY_PATH=/usr/local/lib",
    "PYTHONHOME=/usr/local",
    f"PYTHONPATH=/app:/{PACKAGES}",
    "PYTHONDONTWRITEBYTECODE=1",
    "PYTHONUNBUFFERED=1",
)
_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
_NOT_NEEDED = (
    "site-packages",
    "test",
    "idlelib",
    "tkinter",
    "ensurepip",
    "config-*",
    "__pycache__",
)


def sources() -> tuple[Path, ...]:
    """Whatever of the clone is in the image, or decides what is."""
    code = (path for folder in CODE for path in (CLONE / folder).rglob("*") if path.is_file())
    own = (path for path in code if "__pycache__" not in path.parts)
    return (Path(__file__), LOCK, *sorted(own))


def build_rootfs(target: Path) -> None:
    """Fill the empty folder `target` with the image's root file system."""
    _copy_interpreter(target)
    install = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    into = ("--no-compile", "--no-deps", "--require-hashes", "--target", target / PACKAGES)
    run([*install, *into, "-r", LOCK], what="Installing what the vault's image needs")
    for folder in CODE:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CLONE / folder, target / "app" / folder, ignore=ignored)
    _copy_libraries(target)
    (target / "tmp").mkdir()
    (target / "tmp").chmod(0o1777)


def _copy_interpreter(target: Path) -> None:
    base, local = Path(sys.base_prefix), target / "usr" / "local"
    (local / "bin").mkdir(parents=True)
    shutil.copy((base / "bin" / _VERSION).resolve(), local / "bin" / "python3")
    ignored = shutil.ignore_patterns(*_NOT_NEEDED)
    shutil.copytree(base / "lib" / _VERSION, local / "lib" / _VERSION, ignore=ignored)
    for library in (base / "lib").glob("libpython3*.so*"):
        shutil.copy(library.resolve(), local / "lib" / library.name)


def _copy_libraries(target: Path) -> None:
    """The machine's libraries that interpreter and packages are linked to."""
    programs = [target / "usr/local/bin/python3", *target.rglob("*.so"), *target.rglob("*.so.*")]
    # The interpreter's own library is in the image already.
    found_first = {"LD_LIBRARY_PATH": str(target / "usr/local/lib")}
    listing = run(["ldd", *programs], what="Listing the libraries of Python", env=found_first)
    for library in {Path(path) for path in re.findall(r"(/\S+\.so\S*) \(0x", listing)}:
        if not library.is_relative_to(target):
            place = target / library.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library.resolve(), place)
