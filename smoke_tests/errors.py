"""What the suite and the sample end with when an environment cannot be used."""


class SmokeError(Exception):
    """A sentence for the user: what happened, where, what was expected and what to do."""


class ServerDownError(SmokeError):
    """Nothing answers at the address of Milvus."""


class LoginRefusedError(SmokeError):
    """Milvus answers, and does not accept the user and password."""


class DimensionError(SmokeError):
    """A vector does not have the dimension of its collection."""
