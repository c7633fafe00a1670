"""The Milvus pod is killed without warning; what was acknowledged is still there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests import canary, credentials, dataset, engine, waiting
from smoke_tests.embedding import embed
from smoke_tests.engine import Hit
from smoke_tests.environment import Environment
from smoke_tests.errors import SmokeError
from smoke_tests.library import Library
from smoke_tests.report import Report

RECOVERY_SECONDS = 240
NEIGHBOURS = 10
LATE = "A courier delivers the last letter just before the gate closes."

TIE = 1e-5
"""Similarities closer than this are equal: a segment may be served from index or from memory."""

Answers = list[list[Hit]]


@dataclass(frozen=True)
class Survivor:
    """What the collection held and answered before its pod was killed."""

    name: str
    rows: int
    answers: Answers


@pytest.fixture(scope="module")
def survivor(environment: Environment, library: Library, report: Report) -> Iterator[Survivor]:
    """A collection whose Milvus was killed right after a write that was not flushed."""
    client = environment.connect()
    late = dataset.row("late-01", "late", LATE)
    engine.insert(client, library.name, dataset.with_vectors([late], embed([LATE])))
    before = Survivor(library.name, engine.count(client, library.name), ask(client, library))
    took = kill(environment, library)
    report.figures["recovery after the pod was killed"] = f"{took:.0f} s"
    yield before
    # Other tests count the rows of the dataset alone.
    environment.connect().delete(library.name, ids=["late-01"], timeout=engine.SECONDS)


def kill(environment: Environment, library: Library) -> float:
    """Kill the pods behind Milvus's service and wait until others answer; returns the seconds."""
    cluster, service = environment.cluster, environment.outputs.service
    pods = cluster.ready_pods_behind(service)
    assert pods, f"No ready pod stands behind service {service!r}: {cluster.state()}."
    # Their logs go with them.
    logs = {f"log of pod {pod.name}": cluster.logs(pod) for pod in pods}
    assert canary.leaks(canary.unlogged(credentials.known(cluster)), logs) == []
    cluster.kill(pods)

    def unrecovered() -> str:
        now = cluster.ready_pods_behind(service)
        if not now or {pod.uid for pod in now} & {pod.uid for pod in pods}:
            return f"pods {cluster.state()}"
        try:
            environment.address.renew()
            engine.count(environment.connect(), library.name)
        except (SmokeError, MilvusException) as error:
            return str(error)
        return ""

    return waiting.until(unrecovered, RECOVERY_SECONDS, "Recovery of the killed Milvus pod")


def ask(client: MilvusClient, library: Library) -> Answers:
    return engine.search(client, library.name, library.data.queries, limit=NEIGHBOURS)


def clear(answer: list[Hit]) -> set[str]:
    """The ids of an answer but for those that tie with the last one, which may change places."""
    return {hit.id for hit in answer if hit.similarity > answer[-1].similarity + TIE}


def test_no_row_is_lost_when_the_pod_is_killed(client: MilvusClient, survivor: Survivor) -> None:
    assert engine.count(client, survivor.name) == survivor.rows


def test_a_row_that_was_not_flushed_survives_the_kill(
    client: MilvusClient, survivor: Survivor
) -> None:
    (answer,) = engine.search(client, survivor.name, embed([LATE]), limit=1)
    assert (answer[0].id, answer[0].fields["text"]) == ("late-01", LATE)


def test_the_answers_are_the_same_after_the_kill(
    client: MilvusClient, library: Library, survivor: Survivor
) -> None:
    after = ask(client, library)
    given = [[hit.similarity for hit in answer] for answer in after]
    wanted = [[hit.similarity for hit in answer] for answer in survivor.answers]
    np.testing.assert_allclose(given, wanted, atol=TIE)
    assert [clear(answer) for answer in after] == [clear(answer) for answer in survivor.answers]
