"""What this package refuses to do, in sentences for whoever asked."""


class HandoverError(Exception):
    """Nothing was changed; the sentence says what to do."""
