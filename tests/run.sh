#!/usr/bin/env bash
# Installs what is missing, builds Release and runs all tests. Arguments go to ctest, but for those
# that come first:
#   --long           fuzzers, sanitizers, and all tests with their enumerations in full: hours
#   --sanitize KIND  a build of its own with sanitizers: address (and undefined behaviour), of all
#                    tests; thread, of those of the sync, the exports and the daemon
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$top/build}")
cmake_options=()
case "${1:-}" in
  --long)
    shift
    BUILD="$BUILD-fuzz" "$top/tests/fuzz/run.sh" 600
    for kind in address thread; do BUILD=$BUILD "$0" --sanitize "$kind"; done
    export NEXUS_MIRROR_LONG=1
    set -- --timeout 7200 "$@"
    ;;
  --sanitize)
    kind=${2:?usage: tests/run.sh --sanitize address|thread [ctest options]}
    shift 2
    BUILD=$BUILD-$kind
    cmake_options=("-DNEXUS_MIRROR_SANITIZE=$kind")
    export TSAN_OPTIONS="suppressions=$top/tests/tsan.supp"
    set -- --timeout 1800 "$@"
    if [ "$kind" = thread ]; then
      set -- -R 'Sync|Promise|Pass|Listing|Workers|Writer|Export|Daemon|Hook|Http|Transport' "$@"
    fi
    ;;
esac
export BUILD
"$top/config/build.sh" -DNEXUS_MIRROR_TESTS=ON ${CI:+-DNEXUS_MIRROR_WERROR=ON} "${cmake_options[@]}"
# Thousands of small mirrors are written and flushed: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] &&
  [ "$(df --output=avail -k /dev/shm | tail -1)" -gt $((2 * 1024 * 1024)) ]; then
  export TMPDIR=/dev/shm
fi
echo "== testing"
# One more than there are cores: many wait for a child, a socket or the disk.
ctest --test-dir "$BUILD" --output-on-failure -j "$(($(nproc) + 1))" "$@"
