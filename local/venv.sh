#!/bin/sh
# Makes the Python environment of this requirements.lock once, in the cache, and links .venv to it.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if [ "$(id -u)" = 0 ]; then cache=/var/cache/vectorkit
else cache=$HOME/.cache/vectorkit; fi
cache=${VECTORKIT_CACHE:-$cache}

if [ -d .venv ] && [ ! -L .venv ]; then
  echo "error: .venv is a folder of your own; move it away, then run the command again." >&2; exit 1
fi
command -v "$python" > /dev/null || {
  echo "error: $python was not found; install Python 3.11 or newer, or name one with PYTHON=..." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "error: $($python --version) is too old; Python 3.11 or newer is needed (PYTHON=...)." >&2; exit 1; }

key=$({ cat requirements.lock; "$python" -VV; command -v "$python"; } | sha256sum | cut -c1-12)
target=$cache/venv-$key
if [ ! -e "$target/complete" ]; then
  mkdir -p "$cache"
  exec 9> "$target.lock"
  flock 9
  if [ ! -e "$target/complete" ]; then
    echo "  Python packages (once per requirements.lock) ..." >&2
    rm -rf "$target"
    "$python" -m venv "$target" || {
      echo "error: $python cannot make virtual environments; install the package python3-venv." >&2; exit 1; }
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
      --requirement requirements.lock || {
      echo "error: the Python packages could not be installed; is the package index reachable (PIP_INDEX_URL)?" >&2
      exit 1; }
    touch "$target/complete"
  fi
fi
[ "$(readlink .venv 2> /dev/null)" = "$target" ] || ln -sfn "$target" .venv
