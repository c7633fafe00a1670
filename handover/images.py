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
        milvus = stack_files.settings(arguments.stack).milvus
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    origins, pulled = images.origins(milvus), images.pulled(milvus)
    if arguments.json:
        found = {who: {"from": str(origins[who]), "pulled": str(pulled[who])} for who in origins}
        print(json.dumps(found, indent=2))
        return 0
    for who, image in origins.items():
        if milvus.mirror:
            print(f"skopeo copy docker://{image} docker://{pulled[who]}")
        else:
            print(image)
    return 0


if __name__ == "__main__":
    sys.exit(main())
