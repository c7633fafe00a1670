"""Real text embeddings without a network: static word vectors that come with their package."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import wordllama
from numpy.typing import NDArray

MODEL = "wordllama l2_supercat"
DIMENSION = 256
BATCH = 64

Vectors = NDArray[np.float32]
"""One row per text, each of length one."""


def embed(texts: Sequence[str]) -> Vectors:
    """Vectors of length one: their cosine and their inner product are the same."""
    vectors = _model().embed(list(texts), norm=True, batch_size=BATCH)
    return np.asarray(vectors, dtype=np.float32)


@cache
def _model() -> wordllama.WordLlamaInference:
    # The package's own look-up asks the network; weights and tokenizer lie beside its code.
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True, dim=DIMENSION)
