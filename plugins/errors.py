"""What a provider tells the engine when it cannot do something."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Whoever only asks stores has no Pulumi.
    from pulumi.provider.experimental.property_value import PropertyValue


class Refusal(Exception):
    """A sentence for the user: what failed, where, why, and what to do."""


class NotReady(Refusal):
    """The object exists but did not become ready: the engine keeps it, and updates it next time."""

    def __init__(
        self,
        reason: str,
        identifier: str,
        properties: "dict[str, PropertyValue]",
        inputs: "dict[str, PropertyValue]",
    ) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.properties = properties
        self.inputs = inputs
