#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what certscour costs, as ratios within one run: against a bare libssl client, with and without the store.

usage: bench.py --build build/release [--quick] [--runs N] [--targets N]

Each figure is the median of interleaved runs. Nothing here passes or fails by speed; it fails when a scan does not find
every certificate."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PORT = 19443


def run(command, env=None):
    """CPU seconds and peak resident KiB of one process, and what it printed."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **(env or {})})
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss, out


class Bench:
    def __init__(self, build, targets, folder):
        self.build = build
        self.targets = targets
        self.folder = folder

    def scan(self, *words, inflight=500, db=None):
        cpu, rss, out = run([self.build / "certscour", "scan", self.range(), "-p", f"{PORT}/tls", "--rate", 0, "--per-host", 0,
                             "--per-prefix", 0, "--max-inflight", inflight, "--key-types", "first", *words],
                            {"CERTSCOUR_DB": str(self.folder / (db or "unused.db")), "CERTSCOUR_CONFIG": "/dev/null"})
        return {"cpu": cpu, "rss": rss, "out": out}

    def range(self):
        last = self.targets - 1
        return f"127.1.0.0-127.1.{last // 256}.{last % 256}"

    def floor(self, mode):
        cpu, rss, out = run([self.build / "tests/bench/floor_client", self.targets, PORT, 500, mode])
        if json.loads(out)["certificates"] != self.targets:
            sys.exit("the bare client missed certificates")
        return {"cpu": cpu, "rss": rss, "out": out}

    def stored(self):
        path = self.folder / "fresh.db"
        for file in self.folder.glob("fresh.db*"):
            file.unlink()
        result = self.scan(db=path.name)
        if f"{self.targets:,} certificate" not in result["out"]:
            sys.exit(f"certificates are missing: {result['out']}")
        return result

    def rescan(self):
        return self.scan(db="fresh.db")


def medians(bench, runs):
    cases = {
        "bare libssl client, full handshake": lambda: bench.floor("full"),
        "bare libssl client, stopped in verify": lambda: bench.floor("stop"),
        "scan, nothing kept": lambda: bench.scan("--no-store", "--format", "none"),
        "scan, jsonl, nothing stored": lambda: bench.scan("--no-store", "--format", "jsonl"),
        "scan into a new store": bench.stored,
        "scan again into that store": bench.rescan,
        "scan, one at a time": lambda: bench.scan("--no-store", "--format", "none", inflight=1),
    }
    results = {name: [] for name in cases}
    for _ in range(runs):
        for name, case in cases.items():
            results[name].append(case())
    return {name: {key: statistics.median(result[key] for result in found) for key in ("cpu", "rss")}
            for name, found in results.items()}


def report(table, targets, version):
    base = table["bare libssl client, stopped in verify"]["cpu"]
    print(f"TLS {version}, {targets} targets: CPU for each certificate, and times the bare client that stops at the certificate")
    for name, row in table.items():
        print(f"  {name:40} {row['cpu'] / targets * 1e6:8.0f} us  {row['cpu'] / base:5.2f}  peak {row['rss'] / 1024:6.1f} MB")
    kept = table["scan, nothing kept"]
    alone = table["scan, one at a time"]
    print(f"  memory of a probe in flight: {(kept['rss'] - alone['rss']) / 500:.1f} KiB (500 against 1)")
    print(f"  the store costs {table['scan into a new store']['cpu'] / kept['cpu']:.2f} times a scan that keeps nothing,"
          f" a second scan {table['scan again into that store']['cpu'] / kept['cpu']:.2f} times")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--build", type=Path, required=True)
    options.add_argument("--quick", action="store_true", help="one run of few targets: does it still work?")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--targets", type=int, default=4096)
    given = options.parse_args()
    if given.quick:
        given.runs, given.targets = 1, 512
    for version in ("1.2", "1.3"):
        server = subprocess.Popen([given.build / "tests/bench/bench_server", str(PORT), version], stdout=subprocess.PIPE)
        try:
            server.stdout.readline()
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(given.build, given.targets, Path(folder))
                report(medians(bench, given.runs), given.targets, version)
        finally:
            server.kill()
            server.communicate()


if __name__ == "__main__":
    main()
