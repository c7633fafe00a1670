#!/bin/sh
# Starts the store, "$@", with a /tmp of its own: SeaweedFS puts sockets there that are named by port
# alone, and two stores would speak to each other through them.
# Environment: SOCKETS KEY_FILE
set -eu
mount --bind "$SOCKETS" /tmp
# The key comes from a file: what stands in a configuration or in arguments can be listed.
WEED_S3_SSE_KEK=$(cat "$KEY_FILE")
export WEED_S3_SSE_KEK
exec "$@"
