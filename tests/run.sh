#!/usr/bin/env bash
# Installs what is missing, builds Release and runs all tests. Arguments go to ctest.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
"$top/config/build.sh" -DNEXUS_MIRROR_TESTS=ON ${CI:+-DNEXUS_MIRROR_WERROR=ON}
echo "== testing"
ctest --test-dir "$BUILD" --output-on-failure -j "$(nproc)" "$@"
