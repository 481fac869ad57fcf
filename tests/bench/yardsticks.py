#!/usr/bin/env python3
"""What the bench holds nexus-mirror against; each runs in a process of its own.

  yardsticks.py insert MIRROR TARGET        the same rows into the same schema, and nothing else
  yardsticks.py scan MIRROR [ordered]       what COCO needs, read; in the order in which it is written
  yardsticks.py plain ADDRESS PROJECT FILE  a script as one would write it, of the standard library
  yardsticks.py lines ADDRESS PROJECT KIND  rows as lines of JSON, for sqlite-utils

The first two print the seconds and the CPU of the work alone: opening and reading the source of the
rows that are inserted is no part of it.
"""
import gc
import http.client
import json
import sqlite3
import sys
import time

ROWS_A_COMMIT = 4000

SCAN = """
SELECT asset_id, id, tag, bound_type, bound, xmin, ymin, xmax, ymax FROM annotations
"""
ORDERED_SCAN = """
SELECT assets.id, filename, width, height, annotations.id, tag, bound_type, bound,
       xmin, ymin, xmax, ymax
FROM assets LEFT JOIN annotations
  ON annotations.asset_id = assets.id AND annotations.project_id = assets.project_id
ORDER BY filename, assets.id, annotations.id
"""


class Stopwatch:
    """Sums up what lies between start() and stop()."""

    def __init__(self):
        self.wall = self.cpu = 0.0

    def start(self):
        self.begin = time.perf_counter(), time.process_time()

    def stop(self):
        self.wall += time.perf_counter() - self.begin[0]
        self.cpu += time.process_time() - self.begin[1]

    def print(self, rows):
        print(json.dumps({"wall_s": self.wall, "cpu_s": self.cpu, "rows": rows}))


def objects_of(source, kind):
    return source.execute("SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL "
                          "AND name NOT LIKE 'sqlite_%' ORDER BY rowid", (kind,)).fetchall()


def insert(mirror, path):
    """Every table as it is, rows in the order in which they lie, indexes when they are all there."""
    source = sqlite3.connect(f"file:{mirror}?mode=ro", uri=True)
    target = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=OFF",
                   "cache_size=-32768", "wal_autocheckpoint=16384"):  # the mirror's own
        target.execute("PRAGMA " + pragma)
    watch, count = Stopwatch(), 0
    for name, sql in objects_of(source, "table"):
        target.execute(sql)
        rows = source.execute(f"SELECT * FROM {name}")
        marks = ",".join("?" * len(rows.description))
        while batch := rows.fetchmany(ROWS_A_COMMIT):
            watch.start()
            target.execute("BEGIN")
            target.executemany(f"INSERT INTO {name} VALUES({marks})", batch)
            target.execute("COMMIT")
            watch.stop()
            count += len(batch) if name in ("assets", "annotations") else 0
    watch.start()
    for _, sql in objects_of(source, "index"):
        target.execute(sql)
    target.close()
    watch.stop()
    watch.print(count)


def scan(mirror, *ordered):
    source = sqlite3.connect(f"file:{mirror}?mode=ro", uri=True)
    watch, rows = Stopwatch(), 0
    watch.start()
    for _ in source.execute(ORDERED_SCAN if ordered else SCAN):
        rows += 1
    watch.stop()
    watch.print(rows)


def pages(address, project, kind):
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    cursor = ""
    while cursor is not None:
        connection.request("GET", f"/projects/{project}/{kind}?limit=1000&page={cursor}",
                           headers={"Secret-Key": "b" * 64})
        page = json.load(connection.getresponse())
        yield page["data"]
        cursor = page.get("nextPage")


ASSET = ("id", "project_id", "filename", "status", "create_date", "url", "file_size", "mime_type",
         "height", "width", "custom_metadata", "tags_count", "total_annotations")
ANNOTATION = ("id", "project_id", "asset_id", "tag", "bound_type", "bound", "xmin", "ymin", "xmax",
              "ymax", "create_date", "frame", "sequence", "ontology_id", "attributes")


def upsert(table, columns):
    changes = ",".join(f"{name}=excluded.{name}" for name in columns[2:])
    return (f"INSERT INTO {table} VALUES({','.join('?' * len(columns))}) "
            f"ON CONFLICT(id, project_id) DO UPDATE SET {changes}")


def asset_row(row):
    metadata, statistic = row["metadata"], row["statistic"]
    return (row["id"], row["projectId"], row["filename"], row["status"], row["createDate"],
            row["url"], metadata["fileSize"], metadata["mimeType"], metadata["height"],
            metadata["width"], json.dumps(metadata["customMetadata"]),
            json.dumps(statistic["tagsCount"]), statistic["totalAnnotations"])


def annotation_row(row):
    xs, ys = [x for x, _ in row["bound"]], [y for _, y in row["bound"]]
    return (row["id"], row["projectId"], row["assetId"], row["tag"], row["boundType"],
            json.dumps(row["bound"]), min(xs), min(ys), max(xs), max(ys), row.get("createDate"),
            row.get("frame"), row.get("sequence"), row.get("ontologyId"),
            json.dumps(row.get("attributes")))


def plain(address, project, path):
    database = sqlite3.connect(path)
    for table, columns in (("assets", ASSET), ("annotations", ANNOTATION)):
        database.execute(f"CREATE TABLE {table}({','.join(columns)}, PRIMARY KEY(id, project_id))")
    database.execute("CREATE TABLE asset_groups(asset_id, name, PRIMARY KEY(asset_id, name))")
    for data in pages(address, project, "assets"):
        database.executemany(upsert("assets", ASSET), map(asset_row, data))
        database.executemany("INSERT OR REPLACE INTO asset_groups VALUES(?,?)",
                             [(row["id"], name) for row in data
                              for name in row["metadata"]["groups"]])
        database.commit()
    for data in pages(address, project, "annotations"):
        database.executemany(upsert("annotations", ANNOTATION), map(annotation_row, data))
        database.commit()
    database.close()


def lines(address, project, kind):
    for data in pages(address, project, kind):
        for row in data:
            print(json.dumps(row))


if __name__ == "__main__":
    gc.disable()  # nothing here makes cycles
    {"insert": insert, "scan": scan, "plain": plain, "lines": lines}[sys.argv[1]](*sys.argv[2:])
