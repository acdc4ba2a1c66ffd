#!/bin/sh
# Pins and hashes the requirements of each *.in file in a *.txt file; `sh local/lock.sh --upgrade`
# takes the newest versions that the *.in files allow.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }

lock() {
  uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
    --output-file "${1%.in}.txt" "$@"
}

lock image/app-environment.in "$@"
# These are installed into one environment, so that each is constrained by the ones before it.
for file in image/build.in image/requirements.in backend/requirements.in local/requirements/*.in requirements-dev.in; do
  # $constraints is a list of words without spaces.
  # shellcheck disable=SC2086
  lock "$file" ${constraints-} "$@"
  constraints="${constraints-} --constraint ${file%.in}.txt"
done
