"""A Pulumi project on disk whose buckets a test chooses, run by the real engine."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import engine_environment
from tests.stores import seaweedfs

ROOT = Path(__file__).resolve().parents[2]
STACK = "trial"
PROGRAM = """
import json
from pathlib import Path

import pulumi

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
store = pulumi.ProviderResource("objectstore", "store", wanted["store"])
made = {}
for name, settings in wanted["buckets"].items():
    # "{live}" stands for the id of another bucket, which a first preview does not know.
    settings = {
        key: {k: made["live"].id if v == "{live}" else v for k, v in value.items()}
        if key == "tags"
        else value
        for key, value in settings.items()
    }
    made[name] = pulumi.CustomResource(
        "objectstore:index:Bucket",
        name,
        {"arn": None, **settings},
        pulumi.ResourceOptions(provider=store),
    )
    pulumi.export(name, made[name].id)
"""


@dataclass(frozen=True)
class Answer:
    """How a command of the engine ended, and all that it printed."""

    code: int
    text: str


@dataclass(frozen=True)
class Project:
    """A stack with its own backend, plugins folder and passphrase below one folder."""

    folder: Path
    store: seaweedfs.Store

    @classmethod
    def create(cls, folder: Path, store: seaweedfs.Store) -> "Project":
        """Write the project's files and make its stack."""
        project = cls(folder / "a project", store)
        (project.folder / "state").mkdir(parents=True)
        manifest = {
            "name": "trial",
            "runtime": "python",
            "plugins": {
                "providers": [
                    {"name": "objectstore", "path": str(ROOT / "plugins" / "objectstore")}
                ]
            },
        }
        (project.folder / "Pulumi.yaml").write_text(json.dumps(manifest))
        (project.folder / "__main__.py").write_text(PROGRAM)
        made = project.run("stack", "init", STACK)
        if made.code:
            raise RuntimeError(made.text)
        return project

    def want(self, **buckets: dict[str, Any]) -> None:
        """Set what the program declares from now on."""
        wanted = {
            "store": {
                "endpoint": self.store.endpoint,
                "region": self.store.region,
                "ca_file": str(self.store.ca_file),
            },
            "buckets": buckets,
        }
        (self.folder / "wanted.json").write_text(json.dumps(wanted))

    def run(self, *command: str) -> Answer:
        """Run one pulumi command to its end."""
        done = subprocess.run(
            ["pulumi", *command, "--non-interactive"],
            cwd=self.folder,
            env=engine_environment.of_project(self.folder) | self.store.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout)
