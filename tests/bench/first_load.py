#!/usr/bin/env python3
"""First load of synthetic annotations, beside two yardsticks taken in the same run.

  tests/bench/first_load.py [--build build] [--annotations 200000] [--assets 20000]

bare SQLite: the same rows, prepared inserts into the same schema, one transaction.
plain Python: standard library only; pages, decodes and upserts what the mirror stores.
"""
import argparse
import json
import os
import resource
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

KEY = "b" * 64


def start_emulator(arguments):
    process = subprocess.Popen(
        [os.path.join(arguments.build, "nexus-emulator"), "--port", "0", "--secret-key", KEY,
         "--synthetic", f"assets={arguments.assets},annotations={arguments.annotations},seed=1"],
        stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[-1]


def run_mirror(arguments, folder, url):
    config = os.path.join(folder, "nexus-mirror.toml")
    with open(config, "w") as file:
        file.write(f'[mirror]\ndatabase = "mirror.db"\nexport_dir = "exports"\n'
                   f'[[workspace]]\nname = "bench"\nendpoint = "{url}"\n'
                   f'secret_key_env = "NEXUS_SECRET_KEY"\n')
    command = [os.path.join(arguments.build, "nexus-mirror"), "--config", config, "sync", "--no-export",
               "--no-progress"]
    begin = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, NEXUS_SECRET_KEY=KEY))
    seconds = time.monotonic() - begin
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, usage.ru_utime - before, usage.ru_maxrss / 1024


def bare_sqlite(folder):
    source = sqlite3.connect(os.path.join(folder, "mirror.db"))
    target = sqlite3.connect(os.path.join(folder, "bare.db"), isolation_level=None)
    target.execute("PRAGMA journal_mode=WAL")
    for pragma in ("synchronous=NORMAL", "secure_delete=OFF", "cache_size=-32768"):
        target.execute("PRAGMA " + pragma)
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
                                 "AND name IN ('annotations', 'annotations_by_asset', "
                                 "'annotations_by_tag') ORDER BY rowid"):
        target.execute(sql)
    rows = source.execute("SELECT * FROM annotations").fetchall()
    marks = ",".join("?" * len(rows[0]))
    begin = time.monotonic()
    target.execute("BEGIN")
    target.executemany(f"INSERT INTO annotations VALUES({marks})", rows)
    target.execute("COMMIT")
    return time.monotonic() - begin, len(rows)


def get(url, path):
    request = urllib.request.Request(url + path, headers={"Secret-Key": KEY})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def plain_python(folder, url):
    database = sqlite3.connect(os.path.join(folder, "plain.db"))
    database.execute("CREATE TABLE annotations(id TEXT PRIMARY KEY, project_id, asset_id, tag, "
                     "bound_type, bound, create_date)")
    begin = time.monotonic()
    for project in get(url, "/workspace/projects"):
        cursor = ""
        while cursor is not None:
            page = get(url, f"/projects/{project['id']}/annotations?limit=1000"
                            + (f"&page={urllib.parse.quote(cursor)}" if cursor else ""))
            database.executemany(
                "INSERT INTO annotations VALUES(?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                "tag=excluded.tag, bound=excluded.bound",
                [(a["id"], a["projectId"], a["assetId"], a["tag"], a["boundType"],
                  json.dumps(a["bound"]), a.get("createDate")) for a in page["data"]])
            database.commit()
            cursor = page.get("nextPage")
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--build", default=os.path.join(top, "build"))
    parser.add_argument("--annotations", type=int, default=200000)
    parser.add_argument("--assets", type=int, default=20000)
    arguments = parser.parse_args()
    emulator, url = start_emulator(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            first, cpu, memory = run_mirror(arguments, folder, url)
            again, cpu_again, _ = run_mirror(arguments, folder, url)
            bare, rows = bare_sqlite(folder)
            plain = plain_python(folder, url)
    finally:
        emulator.terminate()
        emulator.wait()
    limit = rows / bare
    print(f"{'':28}{'rows/s':>10}{'of bare':>9}{'seconds':>9}")
    for name, seconds in (("nexus-mirror, first load", first),
                          ("nexus-mirror, no change", again),
                          ("bare SQLite inserts", bare), ("plain Python client", plain)):
        print(f"{name:28}{rows / seconds:>10,.0f}{rows / seconds / limit:>9.2f}{seconds:>9.2f}")
    print(f"memory {memory:.0f} MiB; CPU of no change / first load {cpu_again / cpu:.2f}")


if __name__ == "__main__":
    main()
