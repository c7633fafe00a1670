"""checkov, in an environment of its own: a hundred packages that nothing else here imports.

It is installed from checkov.lock once into the cache, and runs without any network for root.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from local import settings
from tests.rendered.rendering import Manifest

LOCK = Path(__file__).parent / "checkov.lock"

Finding = tuple[str, str]
"""The check's name, and Kind/name of what fails it."""


def findings(manifests: Sequence[Manifest]) -> set[Finding]:
    """All that checkov complains of. Raises AssertionError when it could not read them all."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "manifests.yaml"
        file.write_text(yaml.safe_dump_all(manifests))
        report = _run(file)
    assert report["summary"]["parsing_errors"] == 0, report["results"]["parsing_errors"]
    assert report["summary"]["passed"] > 0
    return {
        (one["check_id"], _named(one["resource"])) for one in report["results"]["failed_checks"]
    }


def _named(resource: str) -> str:
    """Kind/name: a pod of a template is called by its owner's name, and by all of its labels."""
    kind, _, rest = resource.split(".", 2)
    return f"{kind}/{rest.split('.')[0]}"


def _run(file: Path) -> dict[str, Any]:
    options = ("--framework", "kubernetes", "--output", "json", "--quiet", "--skip-download")
    # Of a network of its own that has nothing: what checks charts asks nobody.
    alone = ["unshare", "--net"] if os.geteuid() == 0 else []
    command = [*alone, str(_installed()), "--file", str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in {0, 1}, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _installed() -> Path:
    key = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    target = settings.read().cache / f"checkov-{key}"
    complete = target / "complete"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(target)], check=True)
        install = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes")
        pip = [str(target / "bin" / "python"), "-m", "pip", *install, "-r", str(LOCK)]
        subprocess.run(pip, check=True, timeout=600)
        complete.touch()
    return target / "bin" / "checkov"
