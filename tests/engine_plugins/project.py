"""A Pulumi project on disk whose plugins act on nothing, run by the real engine."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import engine_environment
from tests.engine_plugins import installation

ROOT = installation.ROOT
STACK = "trial"


@dataclass(frozen=True)
class Answer:
    """How a command of the engine ended, and all that it printed."""

    code: int
    output: str
    errors: str

    @property
    def words(self) -> str:
        """Everything on one line: the engine breaks and indents it as it likes."""
        return " ".join(f"{self.output} {self.errors}".split())


@dataclass(frozen=True)
class Project:
    """A stack with its own backend, plugins and passphrase below one folder."""

    folder: Path
    stack: str = STACK

    @classmethod
    def create(cls, folder: Path, manifest: Mapping[str, Any], stack: str = STACK) -> "Project":
        """Write the project file, install the stand-ins and make the stack."""
        project = cls(folder, stack)
        (folder / "state").mkdir(parents=True)
        installation.install(folder / "home")
        own = {one: installation.folder(folder / "home", one) for one in installation.OWN}
        plugins = {"providers": [{"name": one, "path": str(own[one])} for one in own]}
        runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
        written = {**manifest, "runtime": runtime, "plugins": plugins}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(written))
        made = project.run("stack", "init", stack)
        if made.code:
            raise RuntimeError(made.words)
        return project

    def run(self, *command: str) -> Answer:
        """Run one pulumi command to its end."""
        done = subprocess.run(
            ["pulumi", *command, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=engine_environment.of_project(self.folder),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def preview(self, *options: str) -> Answer:
        """Preview under the policy pack."""
        pack = str(ROOT / "policy")
        return self.run("preview", "--stack", self.stack, "--policy-pack", pack, *options)


def steps(answer: Answer) -> list[dict[str, Any]]:
    """The resources of a preview with --json, in the order of their URNs."""
    planned: list[dict[str, Any]] = json.loads(answer.output)["steps"]
    return sorted((one["newState"] for one in planned), key=lambda one: str(one["urn"]))
