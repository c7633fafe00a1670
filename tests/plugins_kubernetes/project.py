"""A Pulumi project on disk whose Kubernetes objects a test chooses, run by the real engine."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.kubernetes import installation
from tests import engine_environment

STACK = "trial"
PROGRAM = '''
import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
made = {}


def real(value):
    """{"$secret": X} is a secret, {"$of": [NAME, KEY, ...]} an output of another resource."""
    if isinstance(value, dict):
        if value.keys() == {"$secret"}:
            return pulumi.Output.secret(value["$secret"])
        if value.keys() == {"$of"}:
            name, *keys = value["$of"]
            output = getattr(made[name], keys[0])
            for key in keys[1:]:
                output = output[key]
            return output
        return {key: real(one) for key, one in value.items()}
    return [real(one) for one in value] if isinstance(value, list) else value


provider = kubernetes.Provider("cluster", **real(wanted["provider"]))
for name, (kind, inputs, options) in wanted["resources"].items():
    resource = kubernetes
    for part in kind.split("."):
        resource = getattr(resource, part)
    if timeout := options.pop("timeout", None):
        options["custom_timeouts"] = pulumi.CustomTimeouts(timeout, timeout, timeout)
    options["depends_on"] = [made[one] for one in options.pop("after", [])]
    made[name] = resource(
        name, **real(inputs), opts=pulumi.ResourceOptions(provider=provider, **options)
    )
for name, path in wanted["exports"].items():
    pulumi.export(name, real({"$of": path}))
'''


@dataclass(frozen=True)
class Answer:
    """How a command of the engine ended, and all that it printed."""

    code: int
    text: str

    @property
    def words(self) -> str:
        """The text on one line: the engine breaks and indents it as it likes."""
        return " ".join(self.text.split())


@dataclass
class Project:
    """A stack with its own backend, plugins folder and passphrase below one folder."""

    folder: Path
    provider: dict[str, Any]
    secrets: list[str] = field(default_factory=list)
    """Texts that no command may print."""

    @classmethod
    def create(cls, folder: Path, provider: Mapping[str, Any]) -> "Project":
        """Write the project's files and make its stack."""
        project = cls(folder / "a project", dict(provider))
        (project.folder / "state").mkdir(parents=True)
        installation.install(project.folder / "home" / "plugins")
        (project.folder / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
        (project.folder / "__main__.py").write_text(PROGRAM)
        project.succeed("stack", "init", STACK)
        return project

    def want(self, *, exports: Mapping[str, list[str]] | None = None, **resources: Any) -> None:
        """Set what the program declares from now on: class, inputs and options by name."""
        wanted = {"provider": self.provider, "resources": resources, "exports": exports or {}}
        (self.folder / "wanted.json").write_text(json.dumps(wanted))

    def succeed(self, *command: str) -> str:
        """Run a command that must succeed; returns what it printed."""
        answer = self.run(*command)
        assert answer.code == 0, answer.text
        return answer.text

    def fail(self, *command: str) -> str:
        """Run a command that must fail; returns what it printed, on one line."""
        answer = self.run(*command)
        assert answer.code != 0, answer.text
        return answer.words

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        shown: dict[str, Any] = json.loads(self.run("stack", "output", "--json").text)
        return shown

    def state(self) -> dict[str, Any]:
        """The state of every resource by its name, secrets in clear."""
        exported = json.loads(self._run("stack", "export", "--show-secrets").text)
        resources = exported["deployment"].get("resources", [])
        return {str(one["urn"]).rsplit("::", 1)[1]: one for one in resources}

    def run(self, *command: str) -> Answer:
        """Run one pulumi command to its end; it must print no secret."""
        answer = self._run(*command)
        for secret in self.secrets:
            assert secret not in answer.text, f"{command} prints a secret"
        return answer

    def _run(self, *command: str) -> Answer:
        done = subprocess.run(
            ["pulumi", *command, "--non-interactive"],
            cwd=self.folder,
            env=engine_environment.of_project(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Answer(done.returncode, done.stdout)
