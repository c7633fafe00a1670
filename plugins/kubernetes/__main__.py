"""Entry point of the plugin: `python -m plugins.kubernetes ENGINE_ADDRESS`."""

from plugins.kubernetes.installation import PLUGIN_VERSION
from plugins.kubernetes.provider import KubernetesProvider
from plugins.server import serve

if __name__ == "__main__":
    serve(KubernetesProvider(), PLUGIN_VERSION)
