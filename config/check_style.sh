#!/usr/bin/env bash
# Fails on C++ that clang-format would write otherwise and on what .clang-tidy forbids.
#   config/check_style.sh       BUILD=folder, default build/: configured, with what is generated
# Both are of Debian 12 (LLVM 14): other versions write otherwise.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
cd "$top"

echo "== style: clang-format"
find include src tests -name '*.h' -o -name '*.cc' | xargs clang-format --dry-run --Werror

echo "== style: clang-tidy"
cmake --build "$build" --target nexus_tf_example >/dev/null
find src -name '*.cc' | xargs -P "$(nproc)" -n 8 clang-tidy -p "$build" --quiet --extra-arg=-w
