#!/bin/sh
# The probe of the upstream chart's etcd, at the path where its own image has it.
set -eu
# Not wget: without the C library's name services it ends in a segmentation fault. The pause keeps
# the connection open until etcd has answered.
{ printf 'GET /health HTTP/1.0\r\n\r\n'; sleep 1; } | nc -w 3 127.0.0.1 2379 | grep -q '"health":"true"'
