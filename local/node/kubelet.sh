#!/bin/sh
# The kubelet, as soon as kubeadm has written its configuration.
until [ -s /var/lib/kubelet/config.yaml ] && [ -s /var/lib/kubelet/kubeadm-flags.env ]; do
  sleep 0.2
done
. /var/lib/kubelet/kubeadm-flags.env
# shellcheck disable=SC2086  # kubeadm writes several flags into one variable
exec kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf \
  --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf $KUBELET_KUBEADM_ARGS
