"""Disks that are full, each mounted where nobody else sees it."""

import pytest

from tests.vault import alone

pytestmark = pytest.mark.tools


def test_a_full_disk_fails_with_a_sentence_and_the_next_run_ends_what_was_begun() -> None:
    alone.passes("full_disks.py", 5)
