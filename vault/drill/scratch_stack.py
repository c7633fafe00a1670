"""A scratch environment as a Pulumi stack of the same program, in the backend of its model."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from smoke_tests.cluster import Cluster
from smoke_tests.outputs import PROJECT
from vault.drill import clean_up
from vault.drill.environments import Scratch
from vault.places import VaultError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PULUMI_PROJECT = "vectorkit"
LAST_LINES = 20


@dataclass(frozen=True)
class ScratchStack:
    """Deployed like any stack, and taken away by its names."""

    scratch: Scratch
    folder: Path
    """For its stack file, which holds its encrypted secrets, and for logs."""
    secrets_provider: str | None = None
    """As `pulumi stack init` takes it; None: the backend's own."""

    @property
    def name(self) -> str:
        return self.scratch.name

    @property
    def cluster(self) -> Cluster:
        document = self.scratch.document
        given = document["cluster"]
        return Cluster(given["kubeconfig"], given["context"], document["namespace"])

    def up(self, secrets: Mapping[str, str]) -> None:
        """Deploy it. Raises VaultError with what pulumi said; its whole output is in a log."""
        self._make()
        for key, value in secrets.items():
            self._pulumi("config", "set", "--secret", key, config=True, stdin=value)
        self._pulumi("up", "--yes", "--skip-preview", config=True)

    def remove(self, deployer: "S3Client") -> None:
        """Namespace, buckets and stack, as far as they are there; also after a drill was killed.

        Raises VaultError, StoreError or SmokeError where something stays; VaultError before
        anything is removed where the stack of this name is somebody else's.
        """
        is_there = self._is_in_backend()
        if is_there:
            clean_up.refuse_foreign(self.scratch, json.loads(self._pulumi("stack", "export")))
        clean_up.remove_namespace(self.cluster, self.name)
        for purpose in ("live", "vault"):
            bucket = self.scratch.document["store"][purpose]["bucket"]
            clean_up.remove_bucket(deployer, bucket, self.name)
        if is_there:
            # Its lock is that of a drill which was killed: two at once are refused before.
            self._pulumi("cancel", "--yes")
            self._pulumi("stack", "rm", "--yes", "--force", "--preserve-config")
        shutil.rmtree(self._project, ignore_errors=True)

    @property
    def _project(self) -> Path:
        return self.folder / self.name

    @property
    def _file(self) -> Path:
        return self._project / f"Pulumi.{self.name}.yaml"

    def _make(self) -> None:
        # In a folder of its own: pulumi writes the salt into a stack file beside the project.
        self._project.mkdir(parents=True, exist_ok=True)
        (self._project / "Pulumi.yaml").write_text(f"name: {PULUMI_PROJECT}\nruntime: python\n")
        provider = ("--secrets-provider", self.secrets_provider) if self.secrets_provider else ()
        self._pulumi("stack", "init", self.name, *provider, where=self._project, named=False)
        file: dict[str, Any] = yaml.safe_load(self._file.read_text()) if self._file.exists() else {}
        file["config"] = {
            "pulumi:disable-default-providers": ["kubernetes", "objectstore"],
            f"{PULUMI_PROJECT}:environment": self.scratch.document,
        }
        self._file.write_text(yaml.safe_dump(file, sort_keys=False))

    def _is_in_backend(self) -> bool:
        listed = self._pulumi("stack", "ls", "--json", named=False)
        return any(one["name"].rpartition("/")[2] == self.name for one in json.loads(listed))

    def _pulumi(
        self,
        *arguments: str,
        where: Path = PROJECT,
        named: bool = True,
        config: bool = False,
        stdin: str | None = None,
    ) -> str:
        command = ["pulumi", "--non-interactive", "--color=never", *arguments]
        command += ["--stack", self.name] if named else []
        command += ["--config-file", str(self._file)] if config else []
        finished = subprocess.run(
            command, cwd=where, env=os.environ, input=stdin, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if finished.returncode:
            shown = f"pulumi {' '.join(arguments[:2])} of stack {self.name}"
            self.folder.mkdir(parents=True, exist_ok=True)
            log = self.folder / f"{self.name}.log"
            log.write_text(finished.stdout + finished.stderr)
            said = (finished.stdout + finished.stderr).strip().splitlines()[-LAST_LINES:]
            raise VaultError("\n".join([f"`{shown}` failed:", *said, f"All of it is in {log}."]))
        return finished.stdout
