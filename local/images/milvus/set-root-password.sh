#!/bin/sh
# Replaces root's built-in password by $COMMON_SECURITY_DEFAULTROOTPASSWORD as soon as the server
# answers, then makes a marker that readiness waits for. A password that was changed before stays,
# as in the Milvus versions (2.4.7 and later) that know this variable themselves.
set -eu

built_in=Milvus
marker=/tmp/root-password-is-set

encoded() { printf %s "$1" | base64 -w 0; }

# The password is on pipes and in this shell alone: arguments are visible to every process.
answer_to_change() {
    body="{\"username\":\"root\",\"oldPassword\":\"$(encoded "$built_in")\""
    body="$body,\"newPassword\":\"$(encoded "$COMMON_SECURITY_DEFAULTROOTPASSWORD")\"}"
    {
        printf 'PATCH /api/v1/credential HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
        printf 'Content-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' ${#body} "$body"
    } | nc -w 10 127.0.0.1 "${METRICS_PORT:-9091}" 2>/dev/null | tail -n 1
}

if [ -z "${COMMON_SECURITY_DEFAULTROOTPASSWORD:-}" ]; then
    touch "$marker"
    exit
fi
while true; do
    answer=$(answer_to_change || true)
    case "$answer" in
    '{}') echo "root's password was set" && break ;;
    *'old password not correct'*) echo "root's password was changed before and stays" && break ;;
    *'invalid password'*) echo "Milvus refused root's new password: $answer" >&2 && exit 1 ;;
    esac
    sleep 0.2
done
touch "$marker"
