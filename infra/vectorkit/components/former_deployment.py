"""What the stack's own outputs say of its last deployment."""

from collections.abc import Mapping
from typing import Any

import pulumi

from vectorkit.decisions import upgrades
from vectorkit.settings import Settings

OUTPUT = "deployed"


def allows(settings: Settings, facts: pulumi.Output[dict[str, str]]) -> pulumi.Output[None]:
    """Fails the program with a RunError when what is deployed may not become what is declared."""
    place = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
    own = pulumi.StackReference("/".join(place))
    agreed = settings.milvus.changed_root_password
    return pulumi.Output.all(own.outputs, facts).apply(
        lambda both: _refuse(both[0], both[1], agreed)
    )


def _refuse(
    outputs: Mapping[str, Any] | None, after: Mapping[str, str], agreed: str | None
) -> None:
    before = (outputs or {}).get(OUTPUT)
    found = list(upgrades.refusals(before, after, changed_root_password=agreed)) if before else []
    if found:
        lines = "\n".join(f"  {path}: {sentence}" for path, sentence in found)
        raise pulumi.RunError(f"vectorkit:environment cannot follow what is deployed:\n{lines}")
