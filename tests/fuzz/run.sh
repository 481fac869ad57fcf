#!/usr/bin/env bash
# Builds the fuzzers with clang and runs each of them, two at a time.
#   tests/fuzz/run.sh SECONDS [TARGET...]       BUILD=folder, default build-fuzz/
# What breaks a target is left in $BUILD/found/ and ends this with 1 (README.md beside it).
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build-fuzz}
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
if [ $# -eq 0 ]; then
  for source in "$top"/tests/fuzz/*_fuzz.cc; do set -- "$@" "$(basename "$source" _fuzz.cc)"; done
fi

echo "== building the fuzzers in $build"
launcher=""
if command -v ccache >/dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNEXUS_MIRROR_FUZZ=ON $launcher >/dev/null
cmake --build "$build" -j "$(nproc)" --target "${@/%/_fuzz}"

# Inputs are files that are written and read again: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
mkdir -p "$build/found" "$build/logs"

fuzz() {  # TARGET
  local program=$build/tests/fuzz/$1_fuzz corpus=$build/corpus/$1 log=$build/logs/$1
  local kept=$top/tests/fuzz/regressions/$1
  mkdir -p "$corpus"
  "$program" --seeds "$corpus"
  if [ -d "$kept" ]; then cp "$kept"/* "$corpus"; fi
  local failed=0
  "$program" "$corpus" -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=512 \
    -timeout=20 -max_len=16384 -use_value_profile=1 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$build/found/$1-" >"$log" 2>&1 || failed=1
  local executed covered
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -1)
  echo "[  FUZZ    ] $1: ${executed:-0} executions in $seconds s, ${covered:-no coverage}"
  if [ "$failed" -ne 0 ]; then
    echo "[  FOUND   ] $1: see $log"
    tail -n 40 "$log"
  fi
  return "$failed"
}
export -f fuzz
export build top seconds
echo "== fuzzing $# targets, $seconds s each"
printf '%s\n' "$@" | xargs -P 2 -I TARGET bash -c 'fuzz TARGET'
