"""Brute force: the true neighbours, against which an approximate search is measured."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smoke_tests.embedding import Vectors

TIE = 1e-6
"""Similarities closer than this are equal: engine and numpy add up floats in another order."""


def similarities(stored: Vectors, queries: Vectors) -> NDArray[np.float64]:
    """Cosine of every query (row) with every stored vector (column)."""
    left, right = queries.astype(np.float64), stored.astype(np.float64)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return np.asarray(left @ right.T)


def recall(scores: NDArray[np.float64], found: Sequence[Sequence[int]], k: int) -> float:
    """The share of the true k nearest that was found, over all queries.

    A result counts when it is as near as the true k-th, so that ties are no misses; a result
    that is repeated counts once.
    """
    threshold = np.sort(scores, axis=1)[:, -k] - TIE
    hits = 0
    for row, columns in enumerate(found):
        near = {column for column in columns if scores[row, column] >= threshold[row]}
        hits += min(len(near), k)
    return hits / (k * len(found))
