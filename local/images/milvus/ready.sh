#!/bin/sh
# Succeeds when clients can be let in: root has its own password, every component of Milvus is
# healthy, and gRPC answers on the clients' port.
set -eu

port=19530
# No `timeout`: busybox leaves a process behind that the server, as PID 1, would never reap.
[ -e /tmp/root-password-is-set ]
printf 'GET /healthz HTTP/1.0\r\n\r\n' | nc -w 3 127.0.0.1 "${METRICS_PORT:-9091}" |
    grep -q '^HTTP/1.[01] 200 '

# grpc.health.v1.Health/Check as HTTP/2 frames: preface and settings, headers, an empty message.
check_health() {
    printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0'
    printf '\0\0\113\1\4\0\0\0\1\203\206\4\034/grpc.health.v1.Health/Check\1\11localhost'
    printf '\17\20\20application/grpc\0\2te\10trailers\0\0\5\0\1\0\0\0\1\0\0\0\0\0'
    # The server drops the answer when the connection is closed before it.
    sleep 0.2
}
serving=00000000020801
# With authorization on, Milvus asks even a health check for credentials (grpc-status 16).
unauthenticated=9acac8b21234da8f023136
case $(check_health | nc -w 3 127.0.0.1 "$port" | od -An -v -tx1 | tr -d ' \n') in
*$serving* | *$unauthenticated*) ;;
*) exit 1 ;;
esac
