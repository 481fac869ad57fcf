#!/usr/bin/env bash
# Installs what is missing, builds Release and runs all tests, then the fuzzers (fuzz/README.md).
# Arguments go to ctest, and there is no fuzzing then, but for the first when it is --long: then the
# enumerations run in their long form (src/README.md, "Recovery"), and the fuzzers too.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$top/build}")
export BUILD
fuzz_seconds=30
if [ "${1:-}" = --long ]; then
  shift
  export NEXUS_MIRROR_LONG=1
  fuzz_seconds=600
fi
if [ $# -eq 0 ]; then PACKAGES="${PACKAGES:-} clang-14 libclang-rt-14-dev"; fi
PACKAGES="${PACKAGES:-}" "$top/config/build.sh" -DNEXUS_MIRROR_TESTS=ON ${CI:+-DNEXUS_MIRROR_WERROR=ON}
# Thousands of small mirrors are written and flushed: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
  [ "$(df --output=avail -k /dev/shm | tail -1)" -gt $((2 * 1024 * 1024)) ]; then
  export TMPDIR=/dev/shm
fi
echo "== testing"
ctest --test-dir "$BUILD" --output-on-failure -j "$(nproc)" "$@"
cd "$top/tests"
if [ $# -eq 0 ]; then BUILD="$BUILD-fuzz" fuzz/run.sh "$fuzz_seconds"; fi
