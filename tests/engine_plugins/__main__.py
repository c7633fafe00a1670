"""Entry point of a stand-in: `python -m tests.engine_plugins PACKAGE ENGINE_ADDRESS`."""

import sys

from plugins.server import serve
from tests.engine_plugins.installation import version_of
from tests.engine_plugins.stand_in import StandIn

if __name__ == "__main__":
    package = sys.argv.pop(1)
    serve(StandIn(package), version_of(package))
