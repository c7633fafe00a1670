"""`make docs`: the settings reference and the JSON Schema of stack files, from the models.

`--check` writes nothing; exit status 1 says that one of the two is not what it should be.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vectorkit.schema.strict import Strict

REPOSITORY = Path(__file__).resolve().parents[1]
SCHEMA = REPOSITORY / "stacks" / "stack.schema.json"
REFERENCE = REPOSITORY / "docs" / "settings.md"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
HEAD = """# Settings of a stack file

Everything below `vectorkit:environment` of `stacks/Pulumi.<stack>.yaml`. What has no default must
be given; whatever else is given is refused, with the nearest key that there is. Made by
`make docs` from `infra/vectorkit`; editors read the same from `stacks/stack.schema.json`.
"""


def document() -> type[BaseModel]:
    """The model of the stack document, with the texts below its fields as descriptions.

    Only here: reading them takes longer than all that a deployment does with settings.
    """
    Strict.model_config["use_attribute_docstrings"] = True
    found: type[BaseModel] = importlib.import_module("vectorkit.schema.document").Document
    return found


def stack_schema(environment: dict[str, Any]) -> dict[str, Any]:
    """Of a whole stack file: its environment, and whatever else Pulumi keeps there."""
    definitions = environment.pop("$defs")
    return {
        "$schema": DIALECT,
        "title": "vectorkit stack file",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {"vectorkit:environment": environment},
                "required": ["vectorkit:environment"],
            }
        },
        "required": ["config"],
        "$defs": definitions,
    }


def markdown(environment: dict[str, Any]) -> str:
    """A table for each part of the document."""
    definitions = environment["$defs"]
    parts = [("vectorkit:environment", environment), *definitions.items()]
    return "\n".join([HEAD, *(_part(name, one) for name, one in parts)])


def _part(name: str, part: dict[str, Any]) -> str:
    required = part.get("required", [])
    lines = [f"## {name}", "", part.get("description", ""), ""]
    lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, field in part["properties"].items():
        default = "**required**" if key in required else f"`{json.dumps(field.get('default'))}`"
        if "$ref" in field and key not in required:
            default = "as below"
        meaning = " ".join(field.get("description", "").split())
        lines.append(f"| `{key}` | {_type(field)} | {default} | {meaning} |")
    return "\n".join([*lines, ""])


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    for several in ("anyOf", "oneOf"):
        if several in field:
            return " or ".join(_type(one) for one in field[several] if one.get("type") != "null")
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("type") == "object" and "additionalProperties" in field:
        return f"mapping to {_type(field['additionalProperties'])}"
    low, high = field.get("minimum"), field.get("maximum")
    bounds = f", {low} to {high}" if high is not None else f", at least {low}" if low else ""
    return f"{field.get('type', 'any')}{bounds}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    model = document()
    made = {
        REFERENCE: markdown(model.model_json_schema()),
        SCHEMA: json.dumps(stack_schema(model.model_json_schema()), indent=2) + "\n",
    }
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    if arguments.check:
        for path in stale:
            print(f"error: {path} is not what the models say; run `make docs`.", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(made[path])
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
