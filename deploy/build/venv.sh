#!/bin/sh
# Makes the checkout's own Python environment (.venv) and installs a lock file into it, once.
# Usage: deploy/build/venv.sh LOCKFILE    (PYTHON=/path/to/python chooses the interpreter)
set -eu
cd "$(dirname "$0")/../.."
lock=$1
stamp=.venv/.installed-$(basename "$lock")

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if cmp -s "$lock" "$stamp" && new_enough .venv/bin/python && [ -x .venv/bin/chatsvc ]; then
  exit 0
fi

if ! new_enough .venv/bin/python; then
  found=
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if new_enough "$candidate"; then found=$candidate; break; fi
  done
  if [ -z "$found" ]; then
    echo "chatsvc needs Python 3.11 or newer; none was found. Install it, or name it: make PYTHON=/path/to/python3.11" >&2
    exit 1
  fi
  echo "Making a Python environment in .venv with $("$found" --version) ..."
  if ! "$found" -m venv --clear .venv; then
    echo "This Python can't make environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  fi
fi

echo "Installing Python packages from $lock (versions and hashes are fixed there) ..."
pip() { .venv/bin/python -m pip "$@" --quiet --disable-pip-version-check --no-input; }
uv() { .venv/bin/uv --system-certs pip "$@" --quiet --python .venv/bin/python; }

# uv is several times faster; pip stays the way where uv finds no index (an address that only pip's settings name).
awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' "$lock" > .venv/uv.lock
if ! { pip install --require-hashes --no-deps --requirement .venv/uv.lock && uv install --require-hashes --requirement "$lock"; }; then
  pip install --require-hashes --no-deps --requirement "$lock"
fi
# Editable and without an isolated build environment, so that nothing outside the lock is fetched.
pip install --no-index --no-deps --no-build-isolation --editable .
cp "$lock" "$stamp"
# The development lock holds everything of the other one, in the same versions.
if [ "$lock" = requirements-dev.lock ]; then cp requirements.lock .venv/.installed-requirements.lock; fi
echo "Python packages are in place."
