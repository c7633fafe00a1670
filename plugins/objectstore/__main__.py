"""Entry point of the plugin: `python -m plugins.objectstore ENGINE_ADDRESS`."""

from plugins.objectstore.provider import ObjectStoreProvider
from plugins.server import serve

VERSION = "0.1.0"

if __name__ == "__main__":
    serve(ObjectStoreProvider(), VERSION)
