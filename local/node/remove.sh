#!/bin/sh
# Removes what a node leaves on the machine once its processes are gone: link, network namespace, cgroups.
# Environment: NODE_SPACE NODE_DIR NODE_VETH
set -u
ip link del "$NODE_VETH" 2>/dev/null
ip netns del "$NODE_SPACE" 2>/dev/null
[ -f "$NODE_DIR/cgroups" ] || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10; do
  left=0
  while read -r group; do
    [ -d "$group" ] || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
  done < "$NODE_DIR/cgroups"
  [ "$left" = 0 ] && break
  sleep 0.3
done
rm -f "$NODE_DIR/cgroups"
exit 0
