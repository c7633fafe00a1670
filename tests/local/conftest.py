"""A folder for platforms, which refuse to live below /tmp."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def lasting_folder() -> Iterator[Path]:
    """An empty folder outside /tmp, removed after the module's tests."""
    with tempfile.TemporaryDirectory(prefix="vectorkit-", dir="/var/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)
