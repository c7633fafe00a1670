"""A collection of the suite and the data that it holds."""

import time
from dataclasses import dataclass

from pymilvus import MilvusClient

from smoke_tests import dataset, engine
from smoke_tests.dataset import Dataset
from smoke_tests.embedding import DIMENSION
from smoke_tests.report import Report


@dataclass(frozen=True)
class Library:
    """One collection, named for this run."""

    name: str
    data: Dataset

    @classmethod
    def make(cls, client: MilvusClient, name: str, data: Dataset, report: Report) -> "Library":
        """Create, insert, flush, index and load."""
        start = time.monotonic()
        engine.create(client, name, dimension=DIMENSION, description="made by the smoke tests")
        engine.insert(client, name, dataset.with_vectors(data.rows, data.vectors))
        inserted = time.monotonic()
        engine.serve(client, name)
        served = time.monotonic()
        report.figures["rows inserted"] = f"{len(data.rows)} in {inserted - start:.1f} s"
        report.figures["flush, HNSW index and load"] = f"{served - inserted:.1f} s"
        return cls(name, data)
