"""The settings reference and the schema for editors say what the models say."""

import json
import os
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import yaml

from tests.infra.stack_document import REPOSITORY, STACKS

SCHEMA = json.loads((REPOSITORY / "stacks" / "stack.schema.json").read_text())


def stack_file(stack: str) -> dict[str, Any]:
    text = (REPOSITORY / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_both_are_as_the_models_say() -> None:
    command = [sys.executable, "-m", "handover.reference", "--check"]
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("stack", STACKS)
def test_an_editor_takes_every_stack_file_and_is_told_where_the_schema_is(stack: str) -> None:
    jsonschema.validate(stack_file(stack), SCHEMA)
    text = (REPOSITORY / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=stack.schema.json\n")


@pytest.mark.parametrize(
    "path", ["durabel", "store.live.undelete_day", "milvus.scale.proxy", "monitoring.namespaces"]
)
def test_an_editor_marks_a_misspelt_key(path: str) -> None:
    document = stack_file("prod-onprem")
    *parents, last = path.split(".")
    place = document["config"]["vectorkit:environment"]
    for parent in parents:
        place = place[parent]
    place[last] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
