"""A stack file's plan: the whole program through the real engine, the policy pack and stand-ins.

The recorded plans in plans/ are written anew with `make record`; read the difference in review.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.engine_plugins.project import ROOT, Answer, Project, steps
from tests.infra.stack_document import CA, STACKS

FOLDER = ROOT / "stacks"
PLANS = Path(__file__).parent / "plans"
CANARIES = {
    "vectorkit:milvusRootPassword": "canary-root-password",
    "vectorkit:etcdRootPassword": "canary-etcd-root-password",
    "vectorkit:s3AccessKeyId": "canary-access-key",
    "vectorkit:s3SecretAccessKey": "canary-secret-key",
    "vectorkit:vaultAccessKeyId": "canary-vault-access-key",
    "vectorkit:vaultSecretAccessKey": "canary-vault-secret-key",
}


def project(stack: str, folder: Path, plain: Mapping[str, str] | None = None) -> Project:
    """The repository's program with one of its stack files, secrets added; `plain` is settings
    that are added as they are."""
    manifest = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    made = Project.create(folder, {**manifest, "main": str(ROOT / "infra")}, stack)
    config = folder / manifest["stackConfigDir"] / f"Pulumi.{stack}.yaml"
    salted = yaml.safe_load(config.read_text()) if config.exists() else {}
    document = yaml.safe_load((FOLDER / f"Pulumi.{stack}.yaml").read_text())
    environment = document["config"]["vectorkit:environment"]
    store = environment["store"]
    (folder / "ca.crt").write_text(CA)
    for one in (store, environment["milvus"].get("tls", {})):
        if "ca_file" in one:
            one["ca_file"] = str(folder / "ca.crt")
    document["config"].update(plain or {})
    config.parent.mkdir(exist_ok=True)
    config.write_text(yaml.safe_dump({**salted, **document}))
    of_aws, sealed = store.get("kind") == "aws", "schedule" in store["vault"]
    wanted = {"s3": not of_aws, "vault": sealed and not of_aws, "milvus": True, "etcd": True}
    secrets = [
        f"--secret={name}={one}"
        for name, one in CANARIES.items()
        if name not in (plain or {})
        and any(name.split(":")[1].startswith(k) for k in wanted if wanted[k])
    ]
    answer = made.run("config", "set-all", "--stack", stack, *secrets)
    if answer.code:
        raise RuntimeError(answer.words)
    return made


def readable(answer: Answer, folder: Path) -> str:
    """The plan of a preview with --json, without what differs from machine to machine."""
    plan = [_told(one) for one in steps(answer)]
    text = json.dumps(plan, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    for place, name in ((folder, "FOLDER"), (ROOT, "CLONE"), (Path.home(), "HOME")):
        text = text.replace(f'"{place}/', f'"{name}/')
    return text


def recorded(stack: str) -> str:
    """The plan as it was recorded; empty when it was not."""
    file = PLANS / f"{stack}.json"
    return file.read_text() if file.exists() else ""


def record(stack: str) -> None:
    """Write the plan that a stack has now."""
    with tempfile.TemporaryDirectory() as folder:
        made = project(stack, Path(folder).resolve() / "project")
        answer = made.preview("--json")
        if answer.code:
            raise RuntimeError(answer.words)
        PLANS.mkdir(exist_ok=True)
        (PLANS / f"{stack}.json").write_text(readable(answer, made.folder))


def _told(state: dict[str, Any]) -> dict[str, Any]:
    return {
        "urn": state["urn"],
        "type": state["type"],
        "inputs": _opened(state.get("inputs", {})),
        "protect": state.get("protect", False),
    }


def _opened(value: Any) -> Any:
    """With JSON inside of texts as data, so that a change of a policy shows by its line."""
    if isinstance(value, dict):
        return {key: _opened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_opened(one) for one in value]
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


if __name__ == "__main__":
    for name in STACKS:
        record(name)
        print(f"{PLANS / name}.json")
