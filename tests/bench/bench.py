#!/usr/bin/env python3
"""nexus-mirror beside what it is held against, in one run: see run.sh."""
import argparse
import json
import os
import signal
import sys
import tempfile

import measures
import targets

ALL = ("load", "second", "beside", "formats", "nochange", "changed", "quick", "files")
BYTES_A_ROW = 6000  # of all that lies there at the same time
MEMORY = "/dev/shm"
FILES_UP_TO = 200_000  # rows: 33,333 files of a gigabyte
BESIDE_UP_TO = 200_000  # rows: beyond, the slow ones of them take minutes and tell nothing new


def numbers(text):
    return [int(each.replace("_", "")) for each in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run.sh", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="What a first load, a sync without changes, one of 1 % changed, a quick one\n"
                    "and the exports cost, beside what they are held against. Ratios decide:\n"
                    "pass or short.",
        epilog=f"measures: {' '.join(ALL)}; the first load is always taken, "
               "exports are made for nochange and changed.\nsize: five annotations an asset; "
               "1200000 is a million of them")
    parser.add_argument("--rows", type=numbers, default=[100_000], metavar="N,N",
                        help="sizes; default 100000")
    parser.add_argument("--latency", type=numbers, default=[0, 50], metavar="MS,MS",
                        help="of each answer; default 0,50")
    parser.add_argument("--only", default=",".join(ALL), metavar="M,M",
                        help="measures; default all")
    parser.add_argument("--rounds", type=int, help="the fastest counts; default 2, of more than "
                        f"{BESIDE_UP_TO:,} rows 1")
    parser.add_argument("--concurrency", type=int, default=8, help="default 8")
    parser.add_argument("--json", metavar="FILE", help="all of it as lines of JSON, appended")
    parser.add_argument("--folder", help="for mirrors and exports; default /dev/shm where they "
                        "fit, else $TMPDIR")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.only = set(options.only.split(","))
    if unknown := options.only - set(ALL):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    options.bytes_written = os.path.join(options.build, "tests", "bench", "libbytes_written.so")
    return options


# In memory if it can be: a disk's own mood, and what others do to it, would be most of a ratio of
# seconds. What a design writes is counted, wherever it goes.
def folder_for(options, rows):
    if options.folder or not os.path.isdir(MEMORY):
        return options.folder or tempfile.gettempdir()
    space = os.statvfs(MEMORY)
    free = min(space.f_bavail * space.f_frsize,
               os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return MEMORY if 2 * BYTES_A_ROW * rows < free else tempfile.gettempdir()


def beside(bench, latency):
    if latency == 0:
        bench.bare_insert()
    if bench.server.rows > BESIDE_UP_TO or latency > 50:
        return
    bench.plain_script()
    bench.sqlite_utils()
    bench.curl()


# What does not depend on the distance is measured at 0 ms alone.
def at_latency(bench, latency, only):
    bench.latency = latency
    bench.server.set_latency(latency)
    bench.load()
    bench.check_load()
    if "second" in only and latency == 0:
        bench.second_project()
    if "beside" in only:
        beside(bench, latency)
    if "formats" in only and latency == 0:
        bench.scan()
        for name in measures.FOUR_FORMATS:
            bench.export(name, (name,))
        bench.export("four formats", measures.FOUR_FORMATS)
    if "nochange" in only or "changed" in only:
        bench.export("COCO and YOLO, new", ("coco", "yolo"))
        bench.export_in_place()
        if latency == 0:
            bench.fetch_and_decode()
        bench.no_change()
    if "changed" in only:
        bench.changed()
    if "quick" in only:
        bench.quick()
    bench.remove("mirror")
    if "files" in only and latency == 0 and bench.server.rows <= FILES_UP_TO:
        bench.files()


def of_size(options, rows, folder, note):
    print(f"== {rows:,} rows", file=sys.stderr, flush=True)
    with measures.Server(options.build, rows) as server:
        rounds = options.rounds or (2 if rows <= BESIDE_UP_TO else 1)
        bench = measures.Bench(options, server, folder, rounds)
        for latency in options.latency:
            print(f"== {latency} ms", file=sys.stderr, flush=True)
            at_latency(bench, latency, options.only)
            targets.print_costs(rows, latency, bench.results)
            sys.stdout.flush()
    for cost in bench.results.values():
        note(cost)
    return bench.results


def main():
    options = parse()
    # What lies in memory goes when the bench is told to, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lines = open(options.json, "a", encoding="utf-8") if options.json else None

    def note(fact):
        if lines:
            print(json.dumps(fact), file=lines, flush=True)

    all_results, found = {}, []
    for rows in sorted(options.rows):
        place = folder_for(options, rows)
        print(f"\n{rows:,} rows, in {place}")
        with tempfile.TemporaryDirectory(dir=place, prefix="nexus-bench-") as folder:
            all_results[rows] = of_size(options, rows, folder, note)
    for rows, results in all_results.items():
        found += targets.OfOneSize(rows, results).all()
    found += targets.across_sizes(all_results)
    targets.print_targets(found)
    for target in found:
        note(target.as_json())


if __name__ == "__main__":
    main()
