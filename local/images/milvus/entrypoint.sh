#!/bin/sh
# Merges Milvus's configuration, starts the server, and gives root its own password.
set -eu

configs=/milvus/configs
# The root file system may be read-only; /tmp is what every pod can write to.
run=${TMPDIR:-/tmp}/milvus
export MILVUS_PASSWORD_MARKER="$run/root-password-is-set"

mkdir -p "$run"
rm -f "$MILVUS_PASSWORD_MARKER"
set -- "$@" --

# milvus.yaml is the image's own; the chart adds default.yaml, the user adds user.yaml: the last one wins.
