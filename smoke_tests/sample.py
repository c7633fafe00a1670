"""The sample data: the corpus in a collection named `sample`, kept as part of the environment.

`python -m smoke_tests.sample` loads it into stack $STACK; `search` asks it a question.
"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pymilvus import MilvusClient

from smoke_tests import corpus, dataset, engine, outputs
from smoke_tests.credentials import Masked
from smoke_tests.embedding import DIMENSION, embed
from smoke_tests.engine import Hit
from smoke_tests.environment import open_stack
from smoke_tests.errors import SmokeError

NAME = "sample"
MADE_BY = "vectorkit's sample corpus"


@dataclass(frozen=True)
class Answers:
    """What a search found, nearest first. Prints as a list to read."""

    hits: list[Hit]

    def __str__(self) -> str:
        return "\n".join(f"{h.similarity:.2f}  [{h.id}] {h.fields['text']}" for h in self.hits)


def search(
    question: str, *, uri: str = "", password_file: str = "", limit: int = 3, where: str = ""
) -> Answers:
    """The passages that answer a question best.

    With an address and a file that holds root's password it needs nothing else; without them it
    asks stack $STACK.
    """
    with _open(uri, password_file) as client:
        (hits,) = engine.search(client, NAME, embed([question]), limit=limit, where=where)
    return Answers(hits)


def load(client: MilvusClient) -> bool:
    """Make the collection hold the corpus. Returns whether there was anything to do."""
    passages = corpus.passages()
    description = f"{MADE_BY} {corpus.digest(passages)}"
    if client.has_collection(NAME, timeout=engine.SECONDS):
        found = client.describe_collection(NAME, timeout=engine.SECONDS)["description"]
        if not found.startswith(MADE_BY):
            raise SmokeError(
                f"Milvus already has a collection {NAME!r} that is not {MADE_BY}. Rename it, "
                "and run this again."
            )
        if found == description and _holds(client, len(passages)):
            return False
        client.drop_collection(NAME, timeout=engine.SECONDS)
    rows = [dataset.row(passage.id, passage.topic, passage.text) for passage in passages]
    vectors = embed([passage.titled for passage in passages])
    engine.create(client, NAME, dimension=DIMENSION, description=description)
    engine.insert(client, NAME, dataset.with_vectors(rows, vectors))
    engine.serve(client, NAME)
    return True


def _holds(client: MilvusClient, rows: int) -> bool:
    """Whether the collection was loaded to its end."""
    if not client.list_indexes(NAME):
        return False
    client.load_collection(NAME, timeout=engine.SECONDS)
    return engine.count(client, NAME) == rows


@contextlib.contextmanager
def _open(uri: str = "", password_file: str = "") -> Iterator[MilvusClient]:
    if bool(uri) != bool(password_file):
        raise SmokeError("Give both `uri` and `password_file`, or neither of them.")
    if uri:
        with contextlib.closing(engine.connect(uri, _password(password_file))) as client:
            yield client
        return
    with (
        open_stack(outputs.stack_name()) as environment,
        contextlib.closing(environment.connect()) as client,
    ):
        yield client


def _password(path: str) -> Masked:
    try:
        return Masked(Path(path).read_text().strip())
    except OSError as error:
        raise SmokeError(
            f"The file with Milvus's root password, {path}, cannot be read ({error.strerror}). "
            "Expected the file that `make up` names; root alone may read it."
        ) from None


def main() -> int:
    try:
        with _open() as client:
            loaded = load(client)
            rows = engine.count(client, NAME)
    except SmokeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"collection {NAME!r}: {rows} passages, {'loaded' if loaded else 'already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
