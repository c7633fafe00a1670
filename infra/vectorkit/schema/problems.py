"""Problems of a document: each a place and a sentence, reported all at once."""

from collections.abc import Iterator


class Problems(ValueError):
    """One or more problems; a validator raises it with paths relative to its own model."""

    def __init__(self, *found: tuple[str, str]) -> None:
        self.found = found
        super().__init__("\n".join(f"{path}: {sentence}" for path, sentence in found))


def refuse(found: Iterator[tuple[str, str]]) -> None:
    """Raises Problems when there are any."""
    collected = tuple(found)
    if collected:
        raise Problems(*collected)
