"""`make images`: every image of an environment, and how to bring them into its mirror."""

import argparse
import json
import sys

from handover import stack_files
from handover.errors import HandoverError
from vectorkit.decisions import images
from vectorkit.decisions.images import Reference


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.images", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--json", action="store_true", help="print origin and mirror as JSON")
    arguments = parser.parse_args()
    try:
        found = stack_files.settings(arguments.stack)
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    own = images.of_the_vault(found.store.vault)
    origins, pulled = images.origins(found.milvus) | own, images.pulled(found.milvus) | own
    if arguments.json:
        told = {who: {"from": str(origins[who]), "pulled": str(pulled[who])} for who in origins}
        print(json.dumps(told, indent=2))
        return 0
    for who, image in origins.items():
        print(image if image == pulled[who] else copying(image, pulled[who]))
    return 0


def copying(image: Reference, mirror: Reference) -> str:
    """The command that brings an image into the mirror, for every architecture.

    skopeo refuses a reference with tag and digest: the digest says what is copied and must stay
    what it is, the tag is for people.
    """
    tag, _, digest = image.tag.partition("@")
    source = f"{image.registry}/{image.repository}@{digest}" if digest else str(image)
    kept = " --preserve-digests" if digest else ""
    target = f"{mirror.registry}/{mirror.repository}:{tag}"
    return f"skopeo copy --all{kept} docker://{source} docker://{target}"


if __name__ == "__main__":
    sys.exit(main())
