#!/bin/sh
# Removes what a node leaves on the machine once its processes are gone: link, network namespace, cgroups.
# Ends with 1, and keeps the list of groups, while a group cannot be removed.
# Environment: NODE_SPACE NODE_DIR NODE_VETH
set -u
ip link del "$NODE_VETH" 2>/dev/null
ip netns del "$NODE_SPACE" 2>/dev/null
[ -f "$NODE_DIR/cgroups" ] || exit 0
for _ in $(seq 30); do
  left=
  while read -r group; do
    [ -d "$group" ] || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || left="$left $group"
  done < "$NODE_DIR/cgroups"
  [ -n "$left" ] || { rm -f "$NODE_DIR/cgroups"; exit 0; }
  sleep 0.3
done
echo "processes still run in the control groups$left; the files cgroup.procs there name them" >&2
exit 1
