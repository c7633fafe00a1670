"""What each command does, from the lock it takes to the summary it prints."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from local import lock, proof, settings, stack_file, tools
from local.engine import EVIDENCE, Engine, environment, without_stack
from local.errors import Refusal
from local.layout import CLONE
from local.platform import Platform
from local.progress import Progress
from local.stack_file import STACK, buckets
from local.summary import print_status, print_summary
from local.tools import Toolbox


def run(arguments: argparse.Namespace) -> int:
    """Run one command; returns the exit status. Raises Refusal."""
    platform = Platform(settings.read())
    verb: str = arguments.verb
    if verb == "kubeconfig":
        print(platform.kubeconfig)
        return 0
    if verb == "status":
        return print_status(platform)
    if verb in OF_ANY_STACK and arguments.stack != STACK:
        return OF_ANY_STACK[verb](arguments, _variables_of_another(arguments.stack, platform))
    if verb == "record":
        return _record(without_stack(platform.layout, _toolbox(platform, Progress())))
    _refuse_without_rights(platform)
    with lock.hold(platform.layout.state.with_suffix(".lock"), f"make {verb}"):
        if verb == "down":
            return _down(platform)
        progress = Progress()
        if verb == "start":
            platform.start(_toolbox(platform, progress), progress, buckets())
            return print_status(platform)
        if verb in OF_ANY_STACK:
            variables = environment(platform, _toolbox(platform, progress))
            return OF_ANY_STACK[verb](arguments, variables)
        if verb == "evidence":
            return _evidence(without_stack(platform.layout, _toolbox(platform, progress)))
        engine = _deploy(platform, progress)
        if verb == "test":
            # Here and not by the first test that asks: a build may take longer than a test may.
            with progress.stage("Stores that only tests start"):
                for tool in tools.TEST_TOOLS:
                    tools.built(tool, platform.layout.cache, progress)
            cluster = {"KUBECONFIG": str(platform.kubeconfig)}
            suites = ["tests", "smoke_tests", *arguments.arguments]
            return _pytest(suites, engine.environment | cluster)
        return _finish(engine, progress)


def _deploy(platform: Platform, progress: Progress) -> Engine:
    stack_file.refuse_other_target(platform)
    toolbox = _toolbox(platform, progress)
    platform.start(toolbox, progress, buckets())
    engine = Engine(platform, toolbox)
    with progress.stage("Stack file, secrets and plugins"):
        engine.prepare(progress)
    with progress.stage("pulumi up"):
        refresh = os.environ.get("REFRESH", "") == "1"
        engine.up(platform.layout.logs / "pulumi-up.log", refresh=refresh)
    with progress.stage("Milvus answers"):
        engine.wait_until_answering()
    with progress.stage("Sample data"):
        sample = [sys.executable, "-m", "smoke_tests.sample"]
        status = subprocess.run(sample, cwd=CLONE, env=os.environ | engine.environment, check=False)
        if status.returncode:
            raise Refusal("The sample data could not be loaded into Milvus; the reason is above.")
    return engine


def _toolbox(platform: Platform, progress: Progress) -> Toolbox:
    with progress.stage("Tools"):
        return platform.tools(progress)


def _variables_of_another(stack: str, platform: Platform) -> dict[str, str]:
    """Backend, credentials and programs are the caller's; the cache has what they have not. The
    smoke tests leave their report where the page of the stack looks for it."""
    toolbox = tools.found(platform.layout.cache)
    beside = f":{toolbox.bin}" if toolbox else ""
    report = os.environ.get("SMOKE_REPORT") or CLONE / "handoff" / f"{stack}.smoke.json"
    return {"STACK": stack, "PATH": os.environ["PATH"] + beside, "SMOKE_REPORT": str(report)}


def _finish(engine: Engine, progress: Progress) -> int:
    _prove(engine, progress)
    engine.layout.last_up.write_text(json.dumps(progress.seconds))
    print_summary(engine, progress)
    return 0


def _prove(engine: Engine, progress: Progress) -> None:
    wanted = proof.fingerprint(engine)
    if proven := proof.proven_at(engine.layout.smoke_proof, wanted):
        progress.note(f"nothing has changed since the smoke tests passed at {proven}")
        return
    with progress.stage("Smoke tests"):
        status = _smoke(engine.environment, engine.layout.smoke_report)
    if status:
        raise Refusal("The smoke tests failed; see above which claim does not hold.")
    proof.remember(engine.layout.smoke_proof, wanted)


def _smoke(variables: Mapping[str, str], report: Path | None) -> int:
    return _pytest(["smoke_tests", "-q"] if report else ["smoke_tests"], variables)


def _evidence(variables: Mapping[str, str]) -> int:
    status = _pytest(["tests/immutability", "-q"], variables)
    print(f"What was tried and answered is in the newest file of {variables[EVIDENCE]}.")
    return status


def _record(variables: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "tests.stacks.plan"]
    known = os.environ | variables | {"PYTHONPATH": f"{CLONE}:{CLONE / 'infra'}"}
    return subprocess.run(command, cwd=CLONE, env=known, check=False).returncode


def _undelete(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "local.undelete", "--stack", arguments.stack]
    command += ["--at", arguments.at] if arguments.at else []
    command += ["--dry-run"] if os.environ.get("DRY_RUN", "") == "1" else []
    return subprocess.run(command, cwd=CLONE, env=os.environ | variables, check=False).returncode


def _drift(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    options = ["--json"] if arguments.json else []
    return _handover("drift", arguments.stack, variables, *options)


def _handoff(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    return _handover("page", arguments.stack, variables)


def _handover(module: str, stack: str, variables: Mapping[str, str], *options: str) -> int:
    command = [sys.executable, "-m", f"handover.{module}", "--stack", stack, *options]
    known = os.environ | variables | {"PYTHONPATH": str(CLONE / "infra")}
    return subprocess.run(command, cwd=CLONE, env=known, check=False).returncode


def _vault(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    verb = arguments.verb.removeprefix("vault-")
    command = [sys.executable, "-m", "vault", verb, "--stack", arguments.stack]
    command += [one for one in arguments.arguments if one != "--"]
    known = os.environ | variables | {"PYTHONPATH": str(CLONE / "infra")}
    return subprocess.run(command, cwd=CLONE, env=known, check=False).returncode


def _pytest(arguments: list[str], variables: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=CLONE, env=os.environ | variables, check=False).returncode


VAULT = {
    "seal": "seal a whole instance in the vault",
    "snapshots": "list the snapshots of the vault",
    "vault-verify": "say whether a snapshot is whole, locked and unchanged",
    "restore": "bring a snapshot into an empty stack",
    "drill": "attack a scratch copy of a stack, and bring it back",
}
OF_ANY_STACK: dict[str, Callable[[argparse.Namespace, Mapping[str, str]], int]] = {
    "smoke": lambda _, variables: _smoke(variables, None),
    "undelete": _undelete,
    "drift": _drift,
    "handoff": _handoff,
    **dict.fromkeys(VAULT, _vault),
}
"""What runs against somebody's own stack too, then with the variables that they have set."""


def _down(platform: Platform) -> int:
    purge = os.environ.get("PURGE", "") == "1"
    if purge and stack_file.is_elsewhere(platform):
        _destroy_elsewhere(platform)
    platform.stop(purge=purge)
    kept = "its data is gone, too" if purge else f"its data stays in {platform.layout.state}"
    print(f"The platform is down; {kept}. The tools stay in {platform.layout.cache}.")
    return 0


def _destroy_elsewhere(platform: Platform) -> None:
    """What the forgotten stack would leave on somebody's cluster and store is deleted first."""
    stack_file.refuse_other_target(platform)
    progress = Progress()
    toolbox = _toolbox(platform, progress)
    # What is the platform's own of the two may have been stopped before.
    platform.start(toolbox, progress, buckets())
    engine = Engine(platform, toolbox)
    with progress.stage("pulumi destroy"):
        engine.destroy(platform.layout.logs / "pulumi-destroy.log")


def _refuse_without_rights(platform: Platform) -> None:
    if (platform.nodes or platform.own_store) and os.geteuid() != 0:
        raise Refusal(
            "The local platform needs root, for namespaces, mounts and a bridge. Run the command "
            "with sudo, or use what you have: KUBECONFIG=... and VECTORKIT_S3_ENDPOINT=..."
        )
