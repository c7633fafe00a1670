"""The one error that the platform's commands end with."""


class Refusal(Exception):
    """A sentence for the user: what happened, where, what was expected and what to do."""


class CommandFailed(Refusal):
    """A program ended with an error; `output` is all that it printed."""

    def __init__(self, sentence: str, output: str) -> None:
        super().__init__(sentence)
        self.output = output
