#!/usr/bin/env python3
"""Scripts that the bench holds nexus-mirror against; each runs in a process of its own.

  yardsticks.py plain ADDRESS PROJECT FILE  a script as one would write it, of the standard library
  yardsticks.py lines ADDRESS PROJECT KIND  rows as lines of JSON, for sqlite-utils
"""
import gc
import http.client
import json
import sqlite3
import sys

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
    {"plain": plain, "lines": lines}[sys.argv[1]](*sys.argv[2:])
