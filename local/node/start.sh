#!/bin/sh
# Starts one node in its own namespaces, from a clean slate: whatever a killed node left is removed first.
# Environment: NODE_SPACE NODE_DIR NODE_ADDRESS NODE_PREFIX NODE_VETH BRIDGE GATEWAY
set -eu
here=$(dirname "$0")

"$here/remove.sh"

ip netns add "$NODE_SPACE"
ip link add "$NODE_VETH" type veth peer name eth0 netns "$NODE_SPACE"
ip link set "$NODE_VETH" master "$BRIDGE" up
ip -n "$NODE_SPACE" link set lo up
ip -n "$NODE_SPACE" addr add "$NODE_ADDRESS/$NODE_PREFIX" dev eth0
ip -n "$NODE_SPACE" link set eth0 up
ip -n "$NODE_SPACE" route add default via "$GATEWAY"

# One cgroup per node in every hierarchy: the pods of two nodes stay apart, and the whole node is removed with it.
while IFS=: read -r _ controllers path; do
  case "$controllers" in
    "") [ -f /sys/fs/cgroup/cgroup.controllers ] || continue; base=/sys/fs/cgroup ;;
    name=*) base=/sys/fs/cgroup/${controllers#name=} ;;
    *) base=/sys/fs/cgroup/$controllers ;;
  esac
  group="$base${path%/}/$NODE_SPACE"
  echo "$group"
  mkdir -p "$group"
  if [ -f "$group/cpuset.cpus" ]; then
    cat "$base${path%/}/cpuset.cpus" > "$group/cpuset.cpus"
    cat "$base${path%/}/cpuset.mems" > "$group/cpuset.mems"
  fi
  echo $$ > "$group/cgroup.procs"
done < /proc/self/cgroup > "$NODE_DIR/cgroups"

exec nsenter --net="/run/netns/$NODE_SPACE" \
  unshare --mount --cgroup --pid --uts --ipc --fork --propagation private --kill-child \
  "$here/init.sh"
