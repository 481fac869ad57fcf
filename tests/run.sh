#!/usr/bin/env bash
# Installs what is missing, builds Release and runs all tests. Arguments go to ctest, but for the
# first when it is --long: then the enumerations run in their long form (src/README.md, "Recovery").
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
if [ "${1:-}" = --long ]; then
  shift
  export NEXUS_MIRROR_LONG=1
fi
"$top/config/build.sh" -DNEXUS_MIRROR_TESTS=ON ${CI:+-DNEXUS_MIRROR_WERROR=ON}
# Thousands of small mirrors are written and flushed: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
  [ "$(df --output=avail -k /dev/shm | tail -1)" -gt $((2 * 1024 * 1024)) ]; then
  export TMPDIR=/dev/shm
fi
echo "== testing"
ctest --test-dir "$BUILD" --output-on-failure -j "$(nproc)" "$@"
