#!/bin/sh
# Enforces NetworkPolicies, as soon as the cluster has given it an identity.
until [ -s /etc/kubernetes/kube-router.conf ]; do
  sleep 0.2
done
exec kube-router --run-firewall=true --run-router=false --run-service-proxy=false --run-loadbalancer=false \
  --kubeconfig=/etc/kubernetes/kube-router.conf --hostname-override="$NODE" --health-port=0 --metrics-port=0 \
  --service-cluster-ip-range="$SERVICE_SUBNET"
