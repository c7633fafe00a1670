#!/bin/sh
# Ready means: root has the environment's password, the components are healthy, and the port that
# clients use answers a request that goes through the proxy.
set -eu
[ -e /tmp/milvus/password-set ]
printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' | timeout 3 nc 127.0.0.1 9091 | grep -q '^HTTP/1.. 200'
answer=$(printf 'GET /v1/vector/collections HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer root:%s\r\n\r\n' \
  "${COMMON_SECURITY_DEFAULTROOTPASSWORD:-}" | timeout 3 nc 127.0.0.1 19530)
case "$answer" in *'"code"'*) ;; *) exit 1 ;; esac
case "$answer" in *'not ready'* | *'unhealthy'*) exit 1 ;; esac
