#!/usr/bin/env bash
# Shows the main job on real data without an account: builds what is needed, starts nexus-emulator
# on tests/corpus, mirrors and exports it, with the pictures of one project, and asks the
# mirror three questions. Everything lands in one folder.
#   config/demo.sh [FOLDER]      default: nexus-mirror-demo in $TMPDIR or /tmp
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
folder=${1:-${TMPDIR:-/tmp}/nexus-mirror-demo}
"$top/config/build.sh" -DNEXUS_MIRROR_TESTS=OFF

mkdir -p "$folder"
rm -f "$folder"/mirror.db "$folder"/mirror.db-wal "$folder"/mirror.db-shm
rm -rf "$folder"/exports "$folder"/files
NEXUS_SECRET_KEY=$(printf 'demo%.0s' {1..16})
export NEXUS_SECRET_KEY

echo
echo "== starting nexus-emulator on tests/corpus (blood cells, litter, keypoints: public data)"
"$BUILD/nexus-emulator" --data "$top/tests/corpus" --port 0 >"$folder/emulator.log" 2>&1 &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; wait "$emulator" 2>/dev/null || true' EXIT
url=""
for _ in $(seq 300); do
  url=$(sed -n 's/^nexus-emulator listening on //p' "$folder/emulator.log")
  [ -n "$url" ] && break
  kill -0 "$emulator" 2>/dev/null || { cat "$folder/emulator.log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$url" ] || { echo "nexus-emulator did not start" >&2; exit 1; }

cat >"$folder/nexus-mirror.toml" <<TOML
[mirror]
database   = "mirror.db"
export_dir = "exports"

[[workspace]]
name           = "demo"
endpoint       = "$url"
secret_key_env = "NEXUS_SECRET_KEY"

[files]
images   = ["blood-cells"]        # made up by the emulator, in the size of the real ones
min_free = "100MiB"
TOML
mirror() { "$BUILD/nexus-mirror" --config "$folder/nexus-mirror.toml" "$@"; }
ask() {
  echo
  echo "== $1"
  mirror query "$2"
}

echo "== nexus-mirror sync"
mirror sync
echo
echo "== nexus-mirror status"
mirror status
ask "Which classes are rare?" \
  "SELECT project_name, tag, annotations, assets FROM tag_statistics
   WHERE annotations > 0 ORDER BY annotations LIMIT 5"
ask "How far is the labelling?" \
  "SELECT name, assets, annotated, review, completed, tofix, none FROM project_progress"
ask "Which boxes are smaller than 16 pixels?" \
  "SELECT filename, tag, round(width, 1) AS width, round(height, 1) AS height
   FROM annotation_boxes WHERE bound_type = 'Rectangle' AND width < 16 AND height < 16
   ORDER BY width * height LIMIT 5"

ask "Which files were exported?" \
  "SELECT p.name AS project, e.format, count(*) AS files, sum(e.annotations) AS annotations
   FROM exports e JOIN projects p ON p.id = e.project_id GROUP BY 1, 2 ORDER BY 1, 2"
echo
echo "== blood-cells as COCO: the first image, the first box"
grep -m 2 '^{"id":1,' "$folder/exports/by-name/blood-cells/annotations/coco/annotations.json"

yolo=$folder/exports/by-name/blood-cells/annotations/yolo
echo
echo "== blood-cells as YOLO, with its pictures: an image, its labels, and how many there are"
image=$(find "$yolo/images/train/" -name '*.jpg' | sort | sed -n 1p)
name=$(basename "$image" .jpg)
ls -l "$image"
head -n 2 "$yolo/labels/train/$name.txt"
echo "images $(find "$yolo/images/train/" -type f | wc -l), labels $(find "$yolo/labels/train/" -type f | wc -l)"

cat <<TEXT

== where everything is
mirror          $folder/mirror.db       (sqlite3, Python, DBeaver: any reader of SQLite)
exports         $folder/exports         (index.json, by-name/, a manifest.json per project)
pictures        $folder/files           (each content once; exports have links to it)
train on it     yolo detect train data=$yolo/data.yaml
configuration   $folder/nexus-mirror.toml
program         $BUILD/nexus-mirror

For your own account, change two lines of the configuration:
  endpoint       = "https://api.datature.io"
  secret_key_env = "NEXUS_SECRET_KEY"      # and export your key under that name
then run: $BUILD/nexus-mirror --config $folder/nexus-mirror.toml sync
TEXT
