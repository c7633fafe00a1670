"""The image of the job that seals, in the nodes of the platform that runs."""

import os
import shutil
from pathlib import Path

from local import images, settings
from local.platform import Platform
from local.progress import Progress
from local.tools import Toolbox


def imported() -> str:
    """Pack it and import it into every node; returns its reference."""
    # `make test` names the platform's own cluster there, which has no nodes of the platform then.
    own = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    platform, image = Platform(settings.read(own)), images.of_the_vault()
    programs = Path(shutil.which("kubeadm") or "").parent
    toolbox = Toolbox(programs, wheels=programs)
    archives = images.ensure(platform.layout.cache, toolbox, Progress(), [image])
    for node in platform.nodes:
        node.run(
            platform.supervisor,
            *("ctr", "--namespace=k8s.io", "images", "import", archives[image.reference]),
            what=f"Importing {image.reference}",
        )
    return image.reference
