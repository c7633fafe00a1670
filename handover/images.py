"""`make images`: every image of an environment, and how to bring them into its mirror."""

import argparse
import json
import sys

from handover import stack_files
from handover.errors import HandoverError
from vectorkit import images


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
        if image != pulled[who]:
            print(f"skopeo copy docker://{image} docker://{pulled[who]}")
        else:
            print(image)
    return 0


if __name__ == "__main__":
    sys.exit(main())
