"""The targets of the bench as ratios of what one run has measured, and its tables."""

MIB = 2**20
COLUMNS = f"{'':24}{'rows/s':>10}{'wall s':>9}{'CPU s':>9}{'MiB':>6}{'written':>10}" \
          f"{'sorter':>9}{'requests':>9}{'server':>8}"


def print_costs(size, latency, results):
    print(f"\n{size:,} rows, {latency} ms\n{COLUMNS}")
    for (at, name), cost in results.items():
        if at != latency:
            continue
        print(f"{name:24}{cost['rows'] / cost['wall_s']:>10,.0f}{cost['wall_s']:>9.2f}"
              f"{cost['cpu_s']:>9.2f}{cost['peak_mib']:>6.0f}{cost['written'] / MIB:>10.1f}"
              f"{cost['written_temporary'] / MIB:>9.1f}{cost['requests']:>9}"
              f"{cost['server_share']:>8.0%}")
    name = "curl, 8 at once"
    if latency == 0 and (0, name) in results:
        cost = results[0, name]
        print(f"The server's own rate: {cost['rows'] / cost['wall_s']:,.0f} rows/s.")


class Target:
    """A ratio, what it should be, and the same by CPU where that says something more."""

    def __init__(self, what, figure, wanted, at_least=False, unit="", cpu=None, decides=True):
        self.what, self.figure, self.wanted, self.unit, self.cpu = what, figure, wanted, unit, cpu
        self.at_least, self.decides = at_least, decides

    def result(self):
        if not self.decides:
            return "-"
        return "pass" if self.passes() else "short"

    def passes(self):
        return self.figure >= self.wanted if self.at_least else self.figure <= self.wanted

    def line(self):
        sign = ">=" if self.at_least else "<="
        cpu = "" if self.cpu is None else f"{self.cpu:.2f}"
        wanted = f"{sign} {self.wanted:g}{self.unit}"
        return f"{self.what:66}{self.figure:>9.2f}{cpu:>8}{wanted:>13}  {self.result()}"

    def as_json(self):
        return {"target": self.what, "figure": self.figure, "by_cpu": self.cpu,
                "wanted": self.wanted, "at_least": self.at_least, "unit": self.unit.strip(),
                "result": self.result()}


class OfOneSize:
    """Targets of one size; those whose measures were not taken are left out."""

    def __init__(self, size, results):
        self.size, self.results, self.targets = size, results, []

    # The ratio of sums of a field, of measures at one latency.
    def ratio(self, field, above, below, latency=0):
        total = [sum(self.results[latency, name][field] for name in names)
                 for names in (above, below)]
        return total[0] / max(total[1], 1e-9)

    # By the clock, and by CPU beside it.
    def add(self, what, above, below, wanted, at_least=False, latency=0, decides=True):
        if any((latency, name) not in self.results for name in above + below):
            return
        wall, cpu = (self.ratio(field, above, below, latency) for field in ("wall_s", "cpu_s"))
        self.targets.append(Target(f"{self.size:,}: {what}", wall, wanted, at_least,
                                   cpu=cpu, decides=decides))

    def add_figure(self, what, name, field, divisor, wanted, unit="", latency=0):
        if (latency, name) not in self.results:
            return
        figure = self.results[latency, name][field] / divisor
        self.targets.append(Target(f"{self.size:,}: {what}", figure, wanted, unit=unit))

    def all(self):
        load, one = ("first load",), self.results.get((0, "first load"))
        if one is not None:
            self.add_figure("written in a first load / the file", "first load", "written",
                            one["file"], 3)
            self.add_figure("written by a second project / its own size", "second project",
                            "written", one["file"], 5)
        self.add("first load / bare insert (rate)", ("bare insert",), load, 0.7, True)
        self.add("first load / bare insert that keeps keys (rate)",
                 ("bare insert, keys kept",), load, 0.7, True, decides=False)
        self.add("first load / plain script, 0 ms (rate)", ("plain script",), load, 4, True)
        if self.targets and self.targets[-1].what.endswith("script, 0 ms (rate)"):
            self.targets.append(Target(f"{self.size:,}: plain script / first load, 0 ms (CPU)",
                                       self.targets[-1].cpu, 4, True))
        self.add("first load / plain script, 50 ms (rate)", ("plain script",), load, 6, True, 50)
        self.no_change()
        self.add_figure("peak of a first load", "first load", "peak_mib", 1, 64, " MiB")
        self.add_figure("peak of a sync without changes", "no change", "peak_mib", 1, 64, " MiB")
        self.exports()
        self.files()
        return self.targets

    def no_change(self):
        key = 0, "no change"
        if key in self.results and (0, "fetch, decode") in self.results:
            cpu = self.ratio("cpu_s", ("no change",), ("fetch, decode",))
            self.targets.append(Target(f"{self.size:,}: no change / fetching and decoding (CPU)",
                                       cpu, 1.8))
        for latency in (0, 50, 200):
            self.add_figure(f"written to the mirror without changes, {latency} ms", "no change",
                            "written_mirror", 1024, 64, " KiB", latency)

    def exports(self):
        self.add("COCO / bare scan of what it needs, in its order (rate)",
                 ("bare scan, ordered",), ("coco",), 0.8, True)
        # How far off the rows' own order, without their images: for the eye.
        self.add("COCO / bare scan of annotations, as they lie (rate)", ("bare scan",), ("coco",),
                 0.8, True, decides=False)
        self.add_figure("peak of a COCO export", "coco", "peak_mib", 1, 32, " MiB")
        alone = ("coco", "yolo", "pascal_voc", "csv_fourcorner")
        self.add("four formats at once / each alone", ("four formats",), alone, 0.6)
        for latency in (0, 50, 200):
            self.add(f"1 % changed / no change + COCO and YOLO, {latency} ms", ("1 % changed",),
                     ("no change", "COCO and YOLO"), 1.3, latency=latency)

    def files(self):
        if (0, "files") not in self.results:
            return
        self.add("files of 30 KB / aria2c -j8 without hashing (rate)", ("aria2c -j8",), ("files",),
                 0.9, True)
        again = self.results[0, "files"]["asked_again"]
        self.targets.append(Target(f"{self.size:,}: files asked for again", again, 0))
        self.add_figure("written by a second sync that keeps files", "files, second sync",
                        "written", 1024, 64, " KiB")


# Of the smallest and the largest size.
def across_sizes(all_results):
    small, large = min(all_results), max(all_results)
    loads = [all_results[size].get((0, "first load")) for size in (small, large)]
    if small == large or None in loads:
        return []
    rates = [load["rows"] / load["wall_s"] for load in loads]
    by_cpu = [load["rows"] / load["cpu_s"] for load in loads]
    sizes = f"{large:,} / {small:,}"
    return [Target(f"{sizes}: rate of a first load", rates[1] / rates[0],
                   0.9 if large >= 9_000_000 else 0.95, True, cpu=by_cpu[1] / by_cpu[0]),
            Target(f"{sizes}: peak of a first load", loads[1]["peak_mib"] / loads[0]["peak_mib"],
                   1.1)]


def print_targets(targets):
    print(f"\n{'ratio':66}{'figure':>9}{'by CPU':>8}{'wanted':>13}")
    for target in targets:
        print(target.line())
    results = [target.result() for target in targets]
    print(f"{results.count('pass')} pass, {results.count('short')} short")
