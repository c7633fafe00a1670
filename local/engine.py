"""Runs the Pulumi engine on stack `local`: environment, stack file, recovery after a kill."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from local import credentials, recovery, stack_file
from local.command import LAST_LINES, run
from local.errors import CommandFailed, Refusal
from local.layout import CLONE, Layout
from local.platform import Platform
from local.progress import Progress
from local.stack_file import PROJECT, STACK
from local.tools import Toolbox
from plugins.kubernetes import installation as stand_in

UP = ("up", "--yes", "--policy-pack", str(CLONE / "policy"))
"""With its preview: rules about a whole stack are asked at the end of one, and else too late."""
PLUGIN_INSTALL_SECONDS = 20
ANSWER_SECONDS = 180
EVIDENCE = "VECTORKIT_EVIDENCE"
"""The variable that names the folder for what the immutability tests record."""

_RUNS = ("Previewing update (", "Updating (", "Destroying (", "Refreshing (")
_TELLING = ("Policies:", "Diagnostics:")
_SECTIONS = (*_TELLING, "Outputs:", "Resources:")
_NO_REASON = ("error: update failed", "error: preview failed", "warning: using", "✅")
"""How pulumi's output is parted, and lines in it that give no reason."""
STORE_USERS = {
    "VECTORKIT_VAULT": "vault",
    "VECTORKIT_DRILL_MILVUS": "milvus-drill",
    "VECTORKIT_DRILL_VAULT": "vault-drill",
}
"""The variables with a key begin like this; whose key it is."""


def environment(platform: Platform, toolbox: Toolbox) -> dict[str, str]:
    """The variables that pulumi and its plugins need; no secret ever goes into argv."""
    layout = platform.layout
    variables = {
        **without_stack(layout, toolbox),
        "PULUMI_HOME": str(layout.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{layout.pulumi_backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(layout.secrets / "passphrase"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "STACK": STACK,
        "STACK_FILE": str(layout.stack_file),
        "SMOKE_REPORT": str(layout.smoke_report),
    }
    if platform.own_store:
        deployer = _deployer(layout)
        variables["AWS_ACCESS_KEY_ID"] = deployer.access_key_id
        variables["AWS_SECRET_ACCESS_KEY"] = deployer.secret_access_key
        variables["AWS_SESSION_TOKEN"] = ""
        for role, name in STORE_USERS.items():
            user = credentials.identity(layout.secrets, name)
            variables[f"{role}_ACCESS_KEY_ID"] = user.access_key_id
            variables[f"{role}_SECRET_ACCESS_KEY"] = user.secret_access_key
    return variables


def without_stack(layout: Layout, toolbox: Toolbox) -> dict[str, str]:
    """The variables of what needs the tools, but nothing that is deployed."""
    python = Path(sys.executable).absolute().parent
    return {
        "PATH": f"{python}:{toolbox.bin}:{os.environ['PATH']}",
        EVIDENCE: os.environ.get(EVIDENCE) or str(layout.state / "evidence"),
    }


def _deployer(layout: Layout) -> credentials.Identity:
    try:
        return credentials.identity(layout.secrets, "admin")
    except FileNotFoundError:
        raise Refusal(
            f"There are no credentials in {layout.secrets}: stack {STACK} is not deployed on this "
            "machine. Run `make up` first."
        ) from None


class Engine:
    """Pulumi with a file backend and encrypted secrets, for stack `local`."""

    def __init__(self, platform: Platform, toolbox: Toolbox) -> None:
        self.platform = platform
        self.layout = platform.layout
        self.environment = environment(platform, toolbox)

    def prepare(self, progress: Progress) -> None:
        """Plugin, stack and stack file; repeatable."""
        for folder in (self.layout.pulumi_home, self.layout.pulumi_backend):
            folder.mkdir(parents=True, exist_ok=True)
        progress.note(f"Kubernetes plugin: {self.ensure_plugin()}")
        self._ensure_stack()
        stack_file.write(self.platform, self.environment)
        self._set_secrets()

    def up(self, log: Path, *, refresh: bool = False) -> None:
        """Deploy; with `refresh` what was changed by hand is made as declared, too. Raises Refusal
        with pulumi's own diagnostics; the whole output goes to `log`."""
        recovery.recover(self)
        options = ["--refresh"] if refresh else []
        self.pulumi(*UP, *options, what="pulumi up", log=log, config=True)

    def wait_until_answering(self) -> None:
        """Wait for Milvus at the stack's address: after a restart of the nodes there is nothing to
        deploy and yet something to wait for. Raises Refusal after ANSWER_SECONDS."""
        uri = self.outputs().get("milvus_uri")
        deadline = time.monotonic() + ANSWER_SECONDS
        while uri is not None:
            try:
                urllib.request.urlopen(uri, timeout=5).close()  # noqa: S310
                return
            except urllib.error.HTTPError:
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Refusal(
                        f"Milvus did not answer at {uri} within {ANSWER_SECONDS} s ({error}); see "
                        "`kubectl get pods` with the kubeconfig that `make kubeconfig` prints."
                    ) from None
                time.sleep(0.5)

    def destroy(self, log: Path) -> None:
        """Destroy what stack `local` declares."""
        recovery.recover(self)
        self.pulumi(
            "destroy", "--yes", "--skip-preview", what="pulumi destroy", log=log, config=True
        )

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; secret ones are masked."""
        printed = self.pulumi("stack", "output", "--json", what="Reading the stack's outputs")
        outputs: dict[str, Any] = json.loads(printed)
        return outputs

    def pulumi(
        self,
        *arguments: str,
        what: str,
        log: Path | None = None,
        config: bool = False,
        stdin: str | None = None,
    ) -> str:
        """Run pulumi in the clone on stack `local`; `config` adds this machine's stack file."""
        command = ["pulumi", "--non-interactive", "--color=never", *arguments, "--stack", STACK]
        if config:
            command += ["--config-file", str(self.layout.stack_file)]
        try:
            return run(command, what=what, log=log, env=self.environment, cwd=CLONE, stdin=stdin)
        except CommandFailed as failed:
            if "incorrect passphrase" not in failed.output:
                where = f"\nThe whole output is in {log}." if log else ""
                raise Refusal(f"{what} failed:\n{diagnostics(failed.output)}{where}") from None
            raise Refusal(
                f"The passphrase in {self.layout.secrets / 'passphrase'} does not open stack "
                f"{STACK}. Restore that file from a backup, or throw the local platform's data "
                "away with `make down PURGE=1` and start again."
            ) from None

    def ensure_plugin(self) -> str:
        """Install the official Kubernetes plugin or its stand-in; returns which one is in use."""
        version = stand_in.PLUGIN_VERSION
        home = self.layout.pulumi_home / "plugins"
        refused = self.layout.pulumi_home / f"no-kubernetes-plugin-{version}"
        official = home / f"resource-kubernetes-v{version}"
        if official.is_dir() and not stand_in.is_stand_in(official):
            return f"the official one, {version}"
        if self.platform.settings.try_official_plugin and not refused.exists():
            install = ["pulumi", "plugin", "install", "resource", "kubernetes", f"v{version}"]
            try:
                # Without the flag a stand-in of this version counts as installed already.
                run(
                    [*install, "--reinstall"],
                    what="Installing the official Kubernetes plugin",
                    env=self.environment,
                    timeout=PLUGIN_INSTALL_SECONDS,
                )
                return f"the official one, {version}"
            except Refusal:
                refused.touch()
        stand_in.install(home)
        return f"the stand-in in plugins/kubernetes (the official {version} cannot be downloaded)"

    def _ensure_stack(self) -> None:
        if self.layout.stack_file.exists():
            return
        state = self.layout.pulumi_backend / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
        if not state.exists():
            self._make_stack()
        latest = json.loads(state.read_text())["checkpoint"]["latest"]
        # A stack that holds nothing is one that a killed run has made: its salt is all it needs.
        if latest.get("resources"):
            raise Refusal(
                f"The stack's state is in {self.layout.pulumi_backend}, but its stack file "
                f"{self.layout.stack_file} is gone, and with it where the stack is deployed. "
                "Restore it from a backup, or throw the data away with `make down PURGE=1`."
            )
        fresh = self.layout.stack_file.with_suffix(".new")
        fresh.touch(mode=0o600)
        salt = latest["secrets_providers"]["state"]["salt"]
        fresh.write_text(yaml.safe_dump({"encryptionsalt": salt}))
        fresh.replace(self.layout.stack_file)

    def _make_stack(self) -> None:
        # In a folder of its own: pulumi writes a stack file beside the project.
        project = self.layout.state / "new-stack"
        project.mkdir(exist_ok=True)
        (project / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        run(
            ["pulumi", "--non-interactive", "stack", "init", STACK],
            what="Making stack local",
            env=self.environment,
            cwd=project,
        )

    def _set_secrets(self) -> None:
        given = self.platform.settings.store
        milvus = given.milvus if given else credentials.identity(self.layout.secrets, "milvus")
        values = {
            "milvusRootPassword": credentials.read(self.layout.secrets, "milvus-root-password"),
            "etcdRootPassword": credentials.read(self.layout.secrets, "etcd-root-password"),
            "s3AccessKeyId": milvus.access_key_id,
            "s3SecretAccessKey": milvus.secret_access_key,
        }
        known = yaml.safe_load(self.layout.stack_file.read_text())["config"]
        for name, value in values.items():
            # A given store's key may be another today; what is made here never changes.
            if given or f"{PROJECT}:{name}" not in known:
                set_secret = ("config", "set", "--secret", name)
                self.pulumi(*set_secret, what=f"Setting {name}", config=True, stdin=value)


def diagnostics(output: str) -> str:
    """What pulumi and the policy pack say went wrong, without the outputs and counts around it."""
    section = ""
    told: list[str] = []
    for line in output.splitlines():
        if line.startswith(_RUNS):
            # A preview that went well is no part of what failed.
            section, told = "", []
        elif line.strip() in _SECTIONS:
            section = line.strip()
        elif section in _TELLING and line.strip() and not any(one in line for one in _NO_REASON):
            told.append(line)
    return "\n".join(told or output.splitlines()[-LAST_LINES:])
