#!/bin/sh
# Pins and hashes the requirements, each *.in as its *.txt; `sh local/lock.sh --upgrade` takes the
# newest that the *.in files allow. What several files hold must be the same version in all of
# them, for they go into one environment: so each is constrained by those before it.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }

for file in image/build.in image/requirements.in backend/requirements.in local/requirements/*.in requirements-dev.in; do
  # $constraints is a list of words without spaces.
  # shellcheck disable=SC2086
  uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
    ${constraints-} --output-file "${file%.in}.txt" "$@" "$file"
  constraints="${constraints-} --constraint ${file%.in}.txt"
done
