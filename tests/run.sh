#!/usr/bin/env bash
# Installs what is missing, builds Release and runs all tests. Arguments go to ctest.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
"$top/config/build.sh" -DNEXUS_MIRROR_TESTS=ON ${CI:+-DNEXUS_MIRROR_WERROR=ON}
# Thousands of small mirrors are written and flushed: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
  [ "$(df --output=avail -k /dev/shm | tail -1)" -gt $((2 * 1024 * 1024)) ]; then
  export TMPDIR=/dev/shm
fi
echo "== testing"
ctest --test-dir "$BUILD" --output-on-failure -j "$(nproc)" "$@"
