"""A container image in the stack document."""

from vectorkit.schema.strict import Strict
from vectorkit.schema.value_types import ImageTag, Text


class Image(Strict):
    """A container image, pinned."""

    repository: Text
    tag: ImageTag

    @property
    def reference(self) -> str:
        """As Kubernetes names it."""
        return f"{self.repository}:{self.tag}"
