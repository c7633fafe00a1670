"""The stores that are built from a Go module; built when a test first asks for one."""

import re
from pathlib import Path

from local import settings, tools
from local.progress import Progress


def program(tool: tools.GoTool) -> Path:
    """The program's path. Raises Refusal when it is not built and cannot be."""
    return tools.built(tool, settings.read().cache, Progress())


def module_version(tool: tools.GoTool, module: str) -> str:
    """The version of `module` that the tool is built from."""
    pins = (tools.FOLDER / tool.name / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (\S+)", pins, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"local/tools/{tool.name}/go.mod does not require {module}.")
    return found.group(1)
