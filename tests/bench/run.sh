#!/usr/bin/env bash
# Builds what is missing and measures nexus-mirror beside what it is held against; --help tells the
# options. A quick run (100,000 rows, 0 and 50 ms) takes two or three minutes; more of it:
#   tests/bench/run.sh --rows 100000,1000000 --latency 0,50,200
#   BUILD=folder, default build/; `--rows 100000,1000000,10000000` takes hours and 40 GB
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath -m "${BUILD:-$top/build}")

if [ ! -f "$build/CMakeCache.txt" ]; then
  launcher=""
  if command -v ccache >/dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
  # shellcheck disable=SC2086
  cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DNEXUS_MIRROR_TESTS=OFF \
    $launcher >/dev/null
fi
cmake --build "$build" --target bench -j "$(nproc)" >&2
command -v sqlite-utils >/dev/null || echo "sqlite-utils is not installed: not measured" >&2
exec python3 "$top/tests/bench/bench.py" --build "$build" "$@"
