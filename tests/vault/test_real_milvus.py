"""A real Milvus, sealed and restored, where nobody else can reach it.

Milvus listens on every interface and leaves files in /tmp; there both are its own.
"""

import pytest

from tests.vault import alone

pytestmark = pytest.mark.tools


def test_a_sealed_milvus_comes_back_with_every_acknowledged_row_and_the_same_answers() -> None:
    alone.passes("restored_milvus.py", 1)


def test_clients_and_the_job_that_seals_speak_to_milvus_over_tls_and_to_no_other_server() -> None:
    alone.passes("encrypted_milvus.py", 1)
