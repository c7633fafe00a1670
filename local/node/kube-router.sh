#!/bin/sh
# Enforces NetworkPolicies, once the cluster has given it an identity.
[ -s /etc/kubernetes/kube-router.conf ] || exit 0
exec kube-router --run-firewall=true --run-router=false --run-service-proxy=false --run-loadbalancer=false \
  --kubeconfig=/etc/kubernetes/kube-router.conf --hostname-override="$NODE" --health-port=0 --metrics-port=0 \
  --service-cluster-ip-range="$SERVICE_SUBNET"
