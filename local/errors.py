"""The one error that the platform's commands end with."""


class Refusal(Exception):
    """A sentence for the user: what happened, where, what was expected and what to do."""
