#!/usr/bin/env bash
# Installs what the build needs (Debian 12) and builds Release into $BUILD. For demo.sh and run.sh.
#   config/build.sh [CMake options]      BUILD=folder, default build/; PACKAGES=more to install
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}

packages="$(tr '\n' ' ' <"$top/config/packages.txt") ${PACKAGES:-}"
# Tests pack the Debian package, ask systemd about the units, read the mirror with sqlite3 and the
# exports with Python.
case " $* " in
  *NEXUS_MIRROR_TESTS=OFF*) ;;
  *)
    packages="$packages libgtest-dev dpkg-dev file systemd sqlite3 python3 python3-lxml python3-yaml"
    # Readers of annotation files: 0.7 GB on the disk, a minute. Tests say which of them they miss.
    packages="$packages python3-numpy python3-pandas python3-pil python3-opencv python3-torchvision"
    # promtool comes with a server that would start here; a container starts none.
    if [ ! -d /run/systemd/system ]; then
      packages="$packages prometheus"
    elif ! command -v promtool >/dev/null; then
      echo "== without promtool (package prometheus) the metrics go unchecked" >&2
    fi
    ;;
esac
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "== installing:$missing"
  run=""
  if [ "$(id -u)" -ne 0 ]; then
    run=sudo
    command -v sudo >/dev/null || { echo "not root and no sudo: install$missing first" >&2; exit 1; }
  fi
  $run apt-get update -qq
  # shellcheck disable=SC2086
  $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

echo "== building in $build (Release)"
launcher=""
if command -v ccache >/dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release $launcher "$@" >/dev/null
cmake --build "$build" -j "$(nproc)"
