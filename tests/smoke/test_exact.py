import numpy as np
import pytest

from smoke_tests import exact

STORED = np.array([[1, 0], [0.9, 0.1], [0, 1], [-1, 0]], dtype=np.float32)
QUERY = np.array([[1, 0]], dtype=np.float32)


def test_similarity_is_the_cosine_whatever_the_length() -> None:
    scores = exact.similarities(STORED * 7, QUERY * 3)
    np.testing.assert_allclose(scores[0, [0, 2, 3]], [1, 0, -1], atol=1e-7)


@pytest.mark.parametrize(
    ("found", "expected"),
    [([[0, 1]], 1.0), ([[1, 0]], 1.0), ([[0, 3]], 0.5), ([[2, 3]], 0.0), ([[]], 0.0)],
)
def test_recall_is_the_share_of_true_neighbours(found: list[list[int]], expected: float) -> None:
    assert exact.recall(exact.similarities(STORED, QUERY), found, 2) == expected


def test_a_tie_with_the_last_neighbour_is_no_miss() -> None:
    stored = np.array([[1, 0], [0, 1], [0, -1]], dtype=np.float32)
    assert exact.recall(exact.similarities(stored, QUERY), [[0, 2]], 2) == 1.0


def test_a_repeated_result_counts_once() -> None:
    assert exact.recall(exact.similarities(STORED, QUERY), [[0, 0]], 2) == 0.5


def test_recall_is_the_mean_over_the_queries() -> None:
    queries = np.array([[1, 0], [0, 1]], dtype=np.float32)
    assert exact.recall(exact.similarities(STORED, queries), [[0], [3]], 1) == 0.5
