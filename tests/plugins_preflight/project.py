"""The repository's program with a stack file, whose cluster alone is asked: cluster and store
themselves are stand-ins that make nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.engine_plugins.project import ROOT, Answer, Project
from tests.stacks import plan

COMMANDS = {"preview": ["preview"], "up": ["up", "--yes", "--skip-preview"]}
"""Both must refuse, and a deployment without a preview, too."""


@dataclass(frozen=True)
class Asking:
    """A stack whose question to the cluster is a real one."""

    engine: Project

    @classmethod
    def create(cls, folder: Path, stack: str = "dev") -> "Asking":
        """Write the project, with the provider of plugins/preflight itself."""
        engine = plan.project(stack, folder / "project")
        manifest = engine.folder / "Pulumi.yaml"
        document = yaml.safe_load(manifest.read_text())
        for one in document["plugins"]["providers"]:
            if one["name"] == "preflight":
                one["path"] = str(ROOT / "plugins" / "preflight")
        manifest.write_text(yaml.safe_dump(document))
        return cls(engine)

    def set(self, part: str, changes: Mapping[str, Any]) -> None:
        """Change a part of the stack file's document."""
        file = self.engine.folder / "stacks" / f"Pulumi.{self.engine.stack}.yaml"
        document = yaml.safe_load(file.read_text())
        environment = document["config"]["vectorkit:environment"]
        environment[part] = {**environment[part], **changes}
        file.write_text(yaml.safe_dump(document))

    def run(self, command: str) -> Answer:
        """Preview or deploy."""
        return self.engine.run(*COMMANDS[command], "--stack", self.engine.stack)

    def made(self) -> list[str]:
        """Types of all that the stack has made in a cluster or a store."""
        exported = self.engine.run("stack", "export", "--stack", self.engine.stack).output
        resources = json.loads(exported)["deployment"].get("resources", [])
        nothing = ("pulumi:", "vectorkit:")
        return [one["type"] for one in resources if not one["type"].startswith(nothing)]
