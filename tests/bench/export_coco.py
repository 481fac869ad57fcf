#!/usr/bin/env python3
"""Export of synthetic annotations to COCO, beside a bare read of the same rows in the same run.

  tests/bench/export_coco.py [--build build] [--annotations 1000000] [--assets 200000] [--rounds 3]

bare read: Python's sqlite3 goes over what the export needs, in the export's order, and does nothing
with it. Each round takes both; the fastest of each counts. Fails when the file does not hold all
annotations, or the export is slower or larger than the project allows itself.
"""
import argparse
import glob
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

KEY = "b" * 64
LEAST_RATE = 150000  # annotations a second
MOST_MEMORY = 64  # MiB

ROWS = """
SELECT assets.id, filename, width, height, annotations.id, tag, bound_type, bound,
       xmin, ymin, xmax, ymax
FROM assets LEFT JOIN annotations ON annotations.asset_id = assets.id
ORDER BY filename, assets.id, annotations.id
"""


def start_emulator(arguments):
    process = subprocess.Popen(
        [os.path.join(arguments.build, "nexus-emulator"), "--port", "0", "--secret-key", KEY,
         "--synthetic", f"assets={arguments.assets},annotations={arguments.annotations},seed=1"],
        stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[-1]


def write_config(folder, url):
    path = os.path.join(folder, "nexus-mirror.toml")
    with open(path, "w") as file:
        file.write(f'[mirror]\ndatabase = "{folder}/mirror.db"\nexport_dir = "{folder}/exports"\n'
                   f'[[workspace]]\nname = "bench"\nendpoint = "{url}"\n'
                   f'secret_key_env = "NEXUS_SECRET_KEY"\n'
                   f'[[export]]\nformats = ["coco"]\n')
    return path


def run_mirror(arguments, config, *command):
    """Seconds, and MiB of memory at most, of this run alone."""
    whole = [os.path.join(arguments.build, "nexus-mirror"), "--config", config, *command]
    begin = time.monotonic()
    process = subprocess.Popen(whole, stdout=subprocess.DEVNULL,
                               env=dict(os.environ, NEXUS_SECRET_KEY=KEY))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, whole)
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def bare_read(folder):
    mirror = sqlite3.connect(f"file:{folder}/mirror.db?mode=ro", uri=True)
    begin = time.monotonic()
    for _ in mirror.execute(ROWS):
        pass
    seconds = time.monotonic() - begin
    mirror.close()
    return seconds


def exported(folder):
    """Annotations and bytes of the file that was written."""
    (path,) = glob.glob(os.path.join(folder, "exports", "proj_*", "annotations", "coco", "*.json"))
    with open(path, "rb") as file:
        return sum(b'"annotation_id"' in line for line in file), os.path.getsize(path)


def measure(arguments, folder, config):
    rounds = []
    for _ in range(arguments.rounds):
        seconds, memory = run_mirror(arguments, config, "export", "--format", "coco", "--force")
        rounds.append((seconds, memory, bare_read(folder)))
    return [best(column) for best, column in zip((min, max, min), zip(*rounds))]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--build", default=os.path.join(top, "build"))
    parser.add_argument("--annotations", type=int, default=1000000)
    parser.add_argument("--assets", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        emulator, url = start_emulator(arguments)
        try:
            config = write_config(folder, url)
            run_mirror(arguments, config, "sync", "--no-export", "--no-progress")
        finally:
            emulator.terminate()
            emulator.wait()
        seconds, memory, bare = measure(arguments, folder, config)
        count, size = exported(folder)
    print(f"{'':28}{'rows/s':>10}{'of bare':>9}{'seconds':>9}")
    for name, taken in (("nexus-mirror, export coco", seconds), ("bare SQLite read, Python", bare)):
        print(f"{name:28}{count / taken:>10,.0f}{bare / taken:>9.2f}{taken:>9.2f}")
    print(f"memory {memory:.0f} MiB; {count:,} annotations in {size / 2**20:.0f} MiB")
    faults = []
    if count != arguments.annotations:
        faults.append(f"{count} of {arguments.annotations} annotations were written")
    if count / seconds < LEAST_RATE:
        faults.append(f"slower than {LEAST_RATE:,} annotations/s")
    if memory > MOST_MEMORY:
        faults.append(f"more than {MOST_MEMORY} MiB of memory")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
