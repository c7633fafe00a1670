"""What Milvus's own credentials destroy comes back, and Milvus answers as before."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from smoke_tests import corpus, engine, objects, outputs, sample, waiting
from smoke_tests.embedding import embed
from smoke_tests.engine import Hit
from smoke_tests.environment import Environment, open_stack
from smoke_tests.errors import SmokeError
from tests.infra.stack_document import REPOSITORY

pytestmark = pytest.mark.platform
RECOVERY_SECONDS = 300
TIE = 1e-5


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    with open_stack(outputs.stack_name()) as found:
        yield found


def answers(client: MilvusClient) -> list[list[Hit]]:
    questions = [question.question for question in corpus.questions()]
    return engine.search(client, sample.NAME, embed(questions), limit=5)


def similarities(found: list[list[Hit]]) -> list[list[float]]:
    return [[hit.similarity for hit in answer] for answer in found]


def kill(environment: Environment) -> None:
    """Kill Milvus's pods and wait for their successors, whether these can answer or not."""
    cluster, service = environment.cluster, environment.outputs.service
    pods = cluster.ready_pods_behind(service)
    cluster.kill(pods)

    def unreplaced() -> str:
        now = cluster.ready_pods_behind(service)
        fresh = now and not {pod.uid for pod in now} & {pod.uid for pod in pods}
        return "" if fresh else f"pods {cluster.state()}"

    waiting.until(unreplaced, RECOVERY_SECONDS, "A new Milvus pod")
    environment.address.renew()


def await_answers(environment: Environment) -> None:
    """Until Milvus has loaded from the store what it answers."""

    def silent() -> str:
        try:
            answers(environment.connect())
        except (SmokeError, MilvusException) as error:
            return str(error)
        return ""

    waiting.until(silent, RECOVERY_SECONDS, "Milvus after the undelete")


def undelete(stack: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "local.undelete", "--stack", stack, *options],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_that_milvus_can_delete_comes_back_with_the_same_answers(
    environment: Environment,
) -> None:
    client = environment.connect()
    sample.load(client)
    before, rows = answers(client), engine.count(client, sample.NAME)
    milvus = objects.milvus(environment.outputs, environment.store_key())
    bucket, prefix = environment.outputs.live_bucket, f"{environment.outputs.root_path}/"
    keys = set(objects.keys(milvus, bucket, prefix))
    assert keys
    # The store's dates have whole seconds: what is deleted must be of a later one.
    at = datetime.now(UTC).replace(microsecond=0)
    while datetime.now(UTC) < at + timedelta(seconds=1):
        time.sleep(0.1)

    for key in keys:
        milvus.delete_object(Bucket=bucket, Key=key)
    lost = keys - set(objects.keys(milvus, bucket, prefix))
    try:
        assert lost == keys
        said = undelete(environment.stack, "--at", at.isoformat(), "--dry-run")
        assert all(key in said for key in keys)
        assert not keys & set(objects.keys(milvus, bucket, prefix))
        # Nothing is answered from memory any more.
        kill(environment)
        with pytest.raises((SmokeError, MilvusException)):
            answers(environment.connect())
    finally:
        # Whatever fails above, the environment gets its data back.
        said = undelete(environment.stack, "--at", at.isoformat())
    assert "nothing is left to do" in said
    assert keys <= set(objects.keys(milvus, bucket, prefix))

    kill(environment)
    await_answers(environment)
    client = environment.connect()
    assert engine.count(client, sample.NAME) == rows
    np.testing.assert_allclose(similarities(answers(client)), similarities(before), atol=TIE)
