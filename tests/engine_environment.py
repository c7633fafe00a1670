"""What pulumi is given in the environment of a test's own project."""

import os
import sys
from pathlib import Path

_OF_THE_MACHINE = ("AWS_", "PULUMI_", "KUBECONFIG")


def of_project(folder: Path) -> dict[str, str]:
    """The variables of a project whose backend, home and passphrase are below one folder.

    No credential, backend or cluster of the machine's is among them.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OF_THE_MACHINE)}
    return {
        **inherited,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "throw-away",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # It would ask for a plugin of every Pulumi SDK installed beside this one.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
