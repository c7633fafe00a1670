#!/bin/sh
# Changes root's password from Milvus's own to $COMMON_SECURITY_DEFAULTROOTPASSWORD as soon as the server
# answers, and marks it as done. The password goes through pipes alone: an argument could be listed.
set -eu
marker=/tmp/milvus/password-set
if [ -z "${COMMON_SECURITY_DEFAULTROOTPASSWORD:-}" ]; then
  touch "$marker"
  exit 0
fi
encode() { base64 | tr -d '\n'; }

request() {
  body="{\"username\":\"root\",\"oldPassword\":\"$(printf Milvus | encode)\",\"newPassword\":\"$(
    printf %s "$COMMON_SECURITY_DEFAULTROOTPASSWORD" | encode)\"}"
  printf 'PATCH /api/v1/credential HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
    "${#body}" "$body"
}

while true; do
  answer=$(request | timeout 5 nc 127.0.0.1 9091 2> /dev/null || true)
  case "$answer" in
    # Changed now, or no longer the default since an earlier start.
    *'"error_code":'*'old password'* | *'old password'* | *'{}'*) break ;;
    *'HTTP/1.'*' 200 '*)
      case "$answer" in *'"error_code"'* | *'"code"'*) ;; *) break ;; esac ;;
  esac
  sleep 0.5
done
touch "$marker"
echo "root's password is the one of this environment"
