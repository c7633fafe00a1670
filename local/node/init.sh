#!/bin/sh
# The first process of a node: mounts what a node needs, then becomes the supervisor of its services.
# Environment: NODE NODE_DIR NODE_ADDRESS TOOLS SUPERVISORD
set -eu
mount --make-rprivate /
mount -t proc proc /proc
hostname "$NODE"

mount_cgroup_v1() {
  hierarchies=$(awk -F: '$2 != "" { print $2 }' /proc/self/cgroup)
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for hierarchy in $hierarchies; do
    mkdir -p "/sys/fs/cgroup/${hierarchy#name=}"
    case "$hierarchy" in
      name=*) mount -t cgroup -o "none,$hierarchy" cgroup "/sys/fs/cgroup/${hierarchy#name=}" ;;
      *) mount -t cgroup -o "$hierarchy" cgroup "/sys/fs/cgroup/$hierarchy" ;;
    esac
  done
  mkdir -p /sys/fs/cgroup/unified
  mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
}

mount_cgroup_v2() {
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # A group with processes of its own may not hand controllers to its children.
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  done < /sys/fs/cgroup/cgroup.procs
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
  done
}

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  umount /sys/fs/cgroup; mount_cgroup_v2
else
  mount_cgroup_v1
fi

# /etc and /var/lib are the machine's, with a layer of the node's own above: nothing is written to the machine.
mkdir -p /mnt
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/state /mnt/run /mnt/etc /mnt/etc.work /mnt/lib /mnt/lib.work
mount --bind "$NODE_DIR" /mnt/state
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/etc.work overlay /etc
mount -t overlay -o lowerdir=/var/lib,upperdir=/mnt/lib,workdir=/mnt/lib.work overlay /var/lib
mount --bind /mnt/run /run
mkdir -p /run/lock /run/netns /etc/kubernetes /etc/cni/net.d \
  /var/lib/kubelet /var/lib/containerd /var/lib/etcd /var/lib/local-path /var/log/pods /var/log/containers
for pair in kubernetes:/etc/kubernetes cni:/etc/cni/net.d kubelet:/var/lib/kubelet \
  containerd:/var/lib/containerd etcd:/var/lib/etcd volumes:/var/lib/local-path pod-logs:/var/log/pods; do
  mkdir -p "/mnt/state/${pair%%:*}"
  mount --bind "/mnt/state/${pair%%:*}" "${pair#*:}"
done
mount --make-rshared /

cp /mnt/state/hosts /etc/hosts
: > /etc/resolv.conf
for setting in net/ipv4/ip_forward net/ipv4/conf/all/route_localnet \
  net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables; do
  echo 1 > "/proc/sys/$setting"
done
[ -f /mnt/state/routes ] && while read -r subnet via; do ip route replace "$subnet" via "$via"
done < /mnt/state/routes

export PATH="$TOOLS:$PATH"
exec "$SUPERVISORD" --nodaemon --configuration /mnt/state/supervisord.conf
