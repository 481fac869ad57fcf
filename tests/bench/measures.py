"""The measures of the bench: each starts a program and tells what it cost."""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request

KEY = "b" * 64
HERE = os.path.dirname(os.path.abspath(__file__))
YARDSTICKS = os.path.join(HERE, "yardsticks.py")
FOUR_FORMATS = ("coco", "yolo", "pascal_voc", "csv_fourcorner")
PAGE = 1000
FILE_BYTES = 30_000


class Server:
    """nexus-bench-server, two projects of the same size; ends with the `with`."""

    def __init__(self, build, rows):
        self.assets = rows // 6
        self.rows = self.assets * 6
        self.process = subprocess.Popen(
            [os.path.join(build, "tests", "bench", "nexus-bench-server"),
             "--assets", str(self.assets), "--projects", "2"],
            stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.project = json.loads(self.get("/workspace/projects"))[0]["id"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, target):
        with urllib.request.urlopen(self.address + target) as answer:
            return answer.read()

    def set_latency(self, latency):
        self.get(f"/control/latency?ms={latency}")

    def change_some(self):
        self.get("/control/change?one_in=100")

    def requests(self):
        return json.loads(self.get("/control/counts"))["requests"]

    def files_asked_for(self):
        return json.loads(self.get("/control/counts"))["files"]

    def serve_files(self, bytes_each):
        self.get(f"/control/files?at={self.address}&bytes={bytes_each}")

    # Links to all of them, and the names under which a tool is to keep them.
    def links(self):
        for first in range(0, self.assets, PAGE):
            target = f"/projects/{self.project}/assets?limit={PAGE}&page=c{first}"
            yield from ((row["url"], row["id"]) for row in json.loads(self.get(target))["data"])

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def page_addresses(self):
        for kind, count in (("assets", self.assets), ("annotations", self.assets * 5)):
            for first in range(0, count, PAGE):
                yield f"{self.address}/projects/{self.project}/{kind}?limit={PAGE}&page=c{first}"


class Bench:
    """Runs programs against one server at one latency, in a folder that is theirs."""

    def __init__(self, options, server, folder, rounds):
        self.options, self.server, self.folder, self.rounds = options, server, folder, rounds
        self.results = {}
        self.latency = 0
        with open(self.in_folder("pages.curl"), "w", encoding="ascii") as file:
            for address in server.page_addresses():
                file.write(f'url = "{address}"\noutput = "/dev/null"\n')

    def in_folder(self, *names):
        return os.path.join(self.folder, *names)

    def in_bench(self, name):
        return os.path.join(self.options.build, "tests", "bench", name)

    # One program, and what it cost. Its own word on seconds and CPU counts before ours.
    def run(self, command, own_word=False, stdin=None):
        report = self.in_folder("report.json")
        environment = dict(os.environ, NEXUS_SECRET_KEY=KEY, BENCH_REPORT=report,
                           LD_PRELOAD=self.options.bytes_written, NO_PROXY="127.0.0.1",
                           TMPDIR=self.folder)
        os.sync()  # what was written before is not for this one to wait for
        requests, server = self.server.requests(), self.server.cpu()
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=stdin, stderr=subprocess.PIPE,
                                   stdout=subprocess.PIPE if own_word else subprocess.DEVNULL)
        try:
            said = process.stdout.read() if own_word else b""
            complaint = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{complaint.decode()}")
        with open(report, encoding="ascii") as file:
            written = json.load(file)
        mirror = written["database"] + written["wal"] + written["temporary"]
        cost = {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime,
                "peak_mib": written["peak_kib"] / 1024, "written": mirror + written["other"],
                "written_mirror": mirror, "written_temporary": written["temporary"],
                "requests": self.server.requests() - requests,
                "server_share": (self.server.cpu() - server) / max(wall, 0.01)}
        if own_word:
            cost.update(json.loads(said))
        return cost

    # The cheapest of some rounds stands for a measure: others on the machine only ever add.
    def keep(self, name, take, rounds=None, **more):
        taken = [take() for _ in range(rounds or self.rounds)]
        cost = dict(min(taken, key=lambda each: each["wall_s"]), **more)
        cost.setdefault("rows", self.server.rows)
        cost.update(measure=name, size=self.server.rows, latency_ms=self.latency)
        self.results[self.latency, name] = cost
        print(f"   {name}: {cost['wall_s']:.2f} s", file=sys.stderr, flush=True)
        return cost

    def mirror(self, mirror, *command, formats=("coco", "yolo"), projects=("bench-1",),
               images=()):
        folder = self.in_folder(mirror)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "nexus-mirror.toml")
        with open(path, "w", encoding="ascii") as file:
            file.write(f'[mirror]\ndatabase = "{folder}/mirror.db"\n'
                       f'export_dir = "{folder}/exports"\n'
                       f'[[workspace]]\nname = "bench"\nendpoint = "{self.server.address}"\n'
                       f'secret_key_env = "NEXUS_SECRET_KEY"\n'
                       f'projects = {json.dumps(list(projects))}\n'
                       f'[http]\nconcurrency = {self.options.concurrency}\npage_size = {PAGE}\n'
                       f'[[export]]\nformats = {json.dumps(list(formats))}\n'
                       f'[files]\nimages = {json.dumps(list(images))}\nmin_free = "0"\n')
        return self.run([os.path.join(self.options.build, "nexus-mirror"), "--config", path,
                         "--log-level", "warning", *command])

    def remove(self, *names):
        for name in names:
            shutil.rmtree(self.in_folder(name), ignore_errors=True)
            with contextlib.suppress(OSError):
                os.unlink(self.in_folder(name))

    def size_of(self, *names):
        return os.path.getsize(self.in_folder(*names))

    # The measures themselves, in the order in which one leaves the mirror to the next.
    def load(self):
        def take():
            self.remove("mirror")
            return self.mirror("mirror", "sync", "--no-export", "--no-progress")
        cost = self.keep("first load", take)
        cost["file"] = self.size_of("mirror", "mirror.db")

    # A rate of rows that are not there would be a fine one.
    def check_load(self):
        mirror = sqlite3.connect(f"file:{self.in_folder('mirror', 'mirror.db')}?mode=ro", uri=True)
        rows = sum(mirror.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                   for table in ("assets", "annotations"))
        mirror.close()
        if rows != self.server.rows:
            sys.exit(f"the mirror has {rows} rows, the server {self.server.rows}")

    def second_project(self):
        def take():
            self.remove("both")
            shutil.copytree(self.in_folder("mirror"), self.in_folder("both"))
            return self.mirror("both", "sync", "--no-export", "--no-progress",
                               projects=("bench-1", "bench-2"))
        self.keep("second project", take)
        self.remove("both")

    def fetch_and_decode(self):
        self.keep("fetch, decode", lambda: self.run(
            [self.in_bench("nexus-bench-fetch"), self.server.address,
             self.server.project, str(PAGE)]))

    def bare_insert(self):
        def take(*more):
            self.remove("bare.db")
            return self.run([self.in_bench("nexus-bench-sqlite"), "insert",
                             self.in_folder("mirror", "mirror.db"), self.in_folder("bare.db"),
                             *more], own_word=True)
        self.keep("bare insert", take)
        self.keep("bare insert, keys kept", lambda: take("whole"))
        self.remove("bare.db")

    def plain_script(self):
        def take():
            self.remove("plain.db")
            return self.run([sys.executable, YARDSTICKS, "plain", self.server.address,
                             self.server.project, self.in_folder("plain.db")])
        self.keep("plain script", take)

    def sqlite_utils(self):
        tool = shutil.which("sqlite-utils")
        if tool is None:
            return
        def take_kind(kind):
            with subprocess.Popen([sys.executable, YARDSTICKS, "lines", self.server.address,
                                   self.server.project, kind], stdout=subprocess.PIPE) as lines:
                return self.run([tool, "upsert", self.in_folder("utils.db"), kind, "-", "--nl",
                                 "--pk", "id", "--batch-size", "1000"], stdin=lines.stdout)
        def take():
            self.remove("utils.db")
            both = [take_kind("assets"), take_kind("annotations")]
            return {name: max(cost[name] for cost in both) if name in ("peak_mib", "server_share")
                    else sum(cost[name] for cost in both) for name in both[0]}
        self.keep("sqlite-utils", take, rounds=1)

    def curl(self):
        command = ["curl", "--silent", "--fail", "--config", self.in_folder("pages.curl")]
        self.keep("curl", lambda: self.run(command))
        self.keep("curl, 8 at once", lambda: self.run(
            command + ["--parallel", "--parallel-max", "8"]))

    def scan(self):
        mirror = self.in_folder("mirror", "mirror.db")
        for name, more in (("bare scan", ()), ("bare scan, ordered", ("ordered",))):
            self.keep(name, lambda more=more: self.run(
                [self.in_bench("nexus-bench-sqlite"), "scan", mirror, *more], own_word=True))

    # Into an empty folder.
    def export(self, name, formats):
        def take():
            self.remove("mirror/exports")
            return self.mirror("mirror", "export", "--force", formats=formats)
        self.keep(name, take, rows=self.server.assets * 5)
        with open(self.in_folder("mirror", "exports", "index.json"), encoding="utf-8") as file:
            (project,) = json.load(file)["projects"]
        told = project["annotations"], sorted(project["formats"])
        if told != (self.server.assets * 5, sorted(formats)):
            sys.exit(f"exported are {project}")

    def export_in_place(self):
        self.keep("COCO and YOLO", lambda: self.mirror("mirror", "export", "--force"),
                  rows=self.server.assets * 5)

    def no_change(self):
        self.keep("no change", lambda: self.mirror("mirror", "sync", "--no-progress"))

    def changed(self):
        def take():
            self.server.change_some()
            return self.mirror("mirror", "sync", "--no-progress")
        self.keep("1 % changed", take)

    def quick(self):
        def take():
            self.server.change_some()
            return self.mirror("mirror", "sync", "--quick", "--no-export", "--no-progress")
        self.keep("quick, 1 % changed", take)

    # Each file of the project, into a mirror that has its rows, and into a folder.
    def files(self):
        self.server.serve_files(FILE_BYTES)
        def sync(*more):
            return self.mirror("kept", "sync", "--no-export", "--no-progress", *more,
                               images=("bench-1",))
        def take():
            self.remove("kept")
            sync("--no-files")
            return sync()
        cost = self.keep("files", take, rows=self.server.assets)
        if (here := self.size_of_all("kept", "files", "sha256")) != self.server.assets * FILE_BYTES:
            sys.exit(f"the mirror keeps {here} bytes")
        before = self.server.files_asked_for()
        self.keep("files, second sync", sync, rows=self.server.assets, rounds=1)
        cost["asked_again"] = self.server.files_asked_for() - before
        self.remove("kept")
        if shutil.which("aria2c") is None:
            return
        with open(self.in_folder("links"), "w", encoding="ascii") as file:
            for link, name in self.server.links():
                file.write(f"{link}\n  out={name}.jpg\n")
        def aria2():
            self.remove("fetched")
            return self.run(["aria2c", "-q", "-j8", "-i", self.in_folder("links"), "-d",
                             self.in_folder("fetched")])
        self.keep("aria2c -j8", aria2, rows=self.server.assets)
        self.remove("fetched")

    def size_of_all(self, *names):
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, files in os.walk(self.in_folder(*names)) for name in files)
