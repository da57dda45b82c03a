#!/usr/bin/env python3
"""bench-table.py DIR: medians of what the load probe printed (DIR/skeg.N, DIR/upstream.N, DIR/alone.N), their ratio and the aim."""
import pathlib
import re
import statistics
import sys

# What is counted: row, the line's beginning, divisor (operations the line stands for), unit, factor to the unit, aim for the ratio.
LISTS = 5
ROWS = [
    ("CREATE", "CREATE:", None, "ms CPU", 1e3, 1 / 5),
    ("GET", "GET:", None, "ms CPU", 1e3, 1 / 8),
    ("LIST of all, consistent", "LIST consistent", LISTS, "ms CPU", 1e3, 1 / 5),
    ("LIST of all, resourceVersion=0", "LIST resourceVersion=0", LISTS, "ms CPU", 1e3, 1 / 5),
    ("LIST, first page of 500", "LIST limit=500", LISTS, "ms CPU", 1e3, None),
    ("PUT", "PUT ", None, "ms CPU", 1e3, 1 / 5),
    ("watch opened", "WATCH open:", None, "ms CPU", 1e3, None),
    ("event fanned out", "WATCH fan-out:", None, "us CPU", 1e6, 1 / 5),
    ("DELETECOLLECTION of all", "DELETECOLLECTION:", 1, "s CPU", 1, None),
]


def number(pattern, line):
    found = re.search(pattern, line)
    return float(found.group(1)) if found else None


def servers(line):
    """CPU seconds and MiB of the server's processes, the probe's own left out."""
    own = [part for part in line.split("|")[-1].split(";") if "cpu=" in part and "probe cpu=" not in part]
    return sum(number(r"cpu=([\d.]+)", part) for part in own), sum(number(r"rss=([\d.]+)", part) for part in own)


def operations(line):
    for pattern in (r"events=(\d+)", r"\bn=(\d+)", r"open: (\d+) ok"):
        if (count := number(pattern, line)) is not None:
            return count
    raise SystemExit(f"no count in: {line}")


def read(path):
    """One run: row -> figure."""
    lines = path.read_text().splitlines()
    for line in lines:
        if (number(r"bad=(\d+)", line) or 0) > 0 or re.search(r"open: \d+ ok [1-9]\d* bad", line):
            raise SystemExit(f"{path}: requests failed: {line}")
    figures = {}
    for row, start, divisor, _, factor, _ in ROWS:
        line = next(line for line in lines if line.startswith(start))
        figures[row] = servers(line)[0] / (divisor or operations(line)) * factor
    at = {start: servers(next(line for line in lines if line.startswith(start)))[1] for start in ("CREATE:", "PUT ", "WATCH open:", "WATCH fan-out:")}
    figures["memory with all objects"] = at["CREATE:"]
    figures["memory after the fan-out"] = at["WATCH fan-out:"]
    watches = operations(next(line for line in lines if line.startswith("WATCH open:")))
    figures["memory per watch"] = (at["WATCH open:"] - at["PUT "]) * 1024 / watches
    return figures


def medians(folder, who):
    runs = [read(path) for path in sorted(folder.glob(f"{who}.*"))]
    return {row: statistics.median(run[row] for run in runs) for row in runs[0]} if runs else {}


def alone(folder):
    for path in sorted(folder.glob("alone.*")):
        found = dict(pair.split("=") for pair in path.read_text().split())
        for what, value, aim, unit in [
            ("/readyz", int(found["ready_ms"]) / 1000, 0.4, "s"),
            ("memory", float(found["resident_mib"]), 35, "MiB"),
            ("idle CPU", int(found["idle_ticks"]) / 100, 0.1, "s a minute"),
        ]:
            print(f"empty, alone: {what:<18} {value:8.2f} {unit} (aim {aim}){'' if value <= aim else '  MISSED'}")


def main():
    folder = pathlib.Path(sys.argv[1])
    ours, upstream = medians(folder, "skeg"), medians(folder, "upstream")
    units = {row: (unit, aim) for row, _, _, unit, _, aim in ROWS}
    units |= {
        "memory with all objects": ("MiB", 1 / 6),
        "memory per watch": ("KiB", None),
        "memory after the fan-out": ("MiB", None),
    }
    print(f"{'medians':<32}{'':<8}{'skeg':>10}{'upstream':>10}{'ratio':>8}{'aim':>8}")
    for row, (unit, aim) in units.items():
        line = f"{row:<32}{unit:<8}{ours[row]:>10.3f}"
        if upstream:
            ratio = ours[row] / upstream[row]
            line += f"{upstream[row]:>10.3f}{ratio:>8.3f}"
            line += f"{'1/' + str(round(1 / aim)):>8}" if aim else ""
            line += "  MISSED" if aim and ratio > aim else ""
        print(line)
    alone(folder)


main()
