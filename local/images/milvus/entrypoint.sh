#!/bin/sh
# Merges Milvus's configuration, has root's password set, and becomes the server "$@".
set -eu

configs=/milvus/configs
# The root file system may be read-only; /tmp is where every pod can write.
merged=/tmp/milvus-configs
mkdir -p "$merged"
rm -f /tmp/root-password-is-set

# This build of Milvus reads milvus.yaml alone. That is the image's; the chart mounts default.yaml
# and user.yaml beside it, and the last one wins.
layers=$configs/milvus.yaml
for layer in "$configs/default.yaml" "$configs/user.yaml"; do
    if [ -s "$layer" ]; then layers="$layers $layer"; fi
done
# Comments and flow style (user.yaml may be JSON) do not go together in what Milvus can parse.
# shellcheck disable=SC2086 # a list of paths without spaces
yq eval-all --prettyPrint '. as $layer ireduce ({}; . * ($layer // {})) | ... comments=""' \
    $layers >"$merged/milvus.yaml"
cp "$configs/glog.conf" "$merged/"
export MILVUSCONF="$merged"

# A replaced pod may still be closing the queue: a second server on it ends in a panic. The server
# inherits descriptor 9, and with it the lock, for as long as it lives.
lock_queue() {
    folder=$(dirname "$(yq .rocksmq.path "$merged/milvus.yaml")")
    exec 9>>"$folder/in-use"
    flock -n 9 || { echo "waiting until the server that uses $folder has ended" && flock 9; }
}

case "$*" in "milvus run standalone"*) lock_queue ;; esac
case "$*" in
"milvus run standalone"* | "milvus run proxy"*) /milvus/set-root-password.sh 9>&- & ;;
esac
# The server has no use for it, and what it does not know it cannot log.
unset COMMON_SECURITY_DEFAULTROOTPASSWORD
exec "$@"
