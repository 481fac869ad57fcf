#!/usr/bin/env bash
# Builds the Debian package and says where it is.
#   config/package.sh [CMake options]      BUILD=folder, default build/
# The manual pages' date is that of the newest entry in config/debian/changelog.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
date=$(sed -n 's/^ -- .*>  //p' "$top/config/debian/changelog" | head -1)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -d "$date" +%s)}
export SOURCE_DATE_EPOCH
PACKAGES="dpkg-dev file" "$top/config/build.sh" -DNEXUS_MIRROR_TESTS=OFF "$@"
echo "== packing"
(cd "$BUILD" && cpack -G DEB)
