#!/usr/bin/env bash
# Shows the main job on real data without an account: builds what is needed, starts nexus-emulator
# on tests/corpus, mirrors and exports it, with the pictures of one project, asks the mirror three
# questions, and what a model was trained on. Everything lands in one folder.
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

# A training begins, then somebody relabels a box and uploads an image. The emulator is told as a
# test tells it: PUT /_emulator/objects/<kind>/<id>.
put() {
  local address=${url#http://} body
  body=$(grep -m 1 "\"$2\"" "$top/tests/corpus/$1.ndjson" | sed "$4")
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
  printf 'PUT /_emulator/objects/%s/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
    "$1" "$3" "$address" "$(printf %s "$body" | wc -c)" "$body" >&3
  grep -q '^HTTP/1.1 200' <&3 || { echo "the emulator did not take $3" >&2; exit 1; }
  exec 3>&-
}
run=run_b4051371-3e22-56cf-99e1-bf59c1a15747
model=model_15dd67ea78be1e95a16739bb7c932783
box=annot_00013495-7c4c-501f-b0d7-79639c50d70b
echo
echo "== meanwhile: a training begins, a box is relabelled, an image comes; nexus-mirror sync"
put runs $run $run "s/\"createDate\":[0-9]*/\"createDate\":$(date +%s%3N)/"
put annotations $box $box 's/"tag":"RBC"/"tag":"WBC"/'
put assets asset_00002987-b397-5788-97da-4c7be436b29d asset_new \
  's/asset_00002987-b397-5788-97da-4c7be436b29d/asset_new/; s/BloodImage_00265/BloodImage_09999/'
mirror sync
command_of() { echo; echo "== nexus-mirror $*"; mirror "$@"; }
command_of changes --since 1
command_of diff --since 1
command_of query --at 1 "SELECT tag, annotations FROM tag_statistics WHERE project_name = 'blood-cells'"
command_of lineage $model

cat <<TEXT

== where everything is
mirror          $folder/mirror.db       (sqlite3, Python, DBeaver: any reader of SQLite)
exports         $folder/exports         (index.json, by-name/, a manifest.json per project)
pictures        $folder/files           (each content once; exports have links to it)
train on it     yolo detect train data=$yolo/data.yaml
configuration   $folder/nexus-mirror.toml
program         $BUILD/nexus-mirror

For your own account: $BUILD/nexus-mirror config init, which asks, tests and says what comes next
TEXT
