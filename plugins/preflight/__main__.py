"""Entry point of the plugin: `python -m plugins.preflight ENGINE_ADDRESS`."""

from plugins.preflight.provider import PreflightProvider
from plugins.preflight.schema import VERSION
from plugins.server import serve

if __name__ == "__main__":
    serve(PreflightProvider(), VERSION)
