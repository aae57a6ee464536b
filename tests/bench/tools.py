# SPDX-License-Identifier: Apache-2.0
"""What the cases of the bench share: measured runs, servers, medians, one table of figures."""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

CLIENT_CORE, SERVER_CORE = 0, 1


def fail(message):
    sys.exit(f"bench: {message}")


class Bench:
    """One run of the bench: where things are, how often they are measured, what came out."""

    def __init__(self, build, runs, quick):
        self.build = build
        self.runs = runs
        self.quick = quick
        self.figures = []
        self.folder = Path(tempfile.mkdtemp(prefix="certscour-bench-"))
        self.targets = 512 if quick else 4096
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.files = hard - 200

    def tool(self, name):
        return self.build / "tests/bench" / name

    def measure(self, *command, core=CLIENT_CORE, before=(), keep_output=False):
        """CPU seconds, peak resident KiB and wall seconds of one process, and what it wrote to stderr."""
        result = self.folder / "measured.json"
        out = subprocess.PIPE if keep_output else subprocess.DEVNULL
        done = subprocess.run([str(word) for word in (*before, self.tool("measure"), core, result, *command)], stdout=out,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, "CERTSCOUR_CONFIG": "/dev/null"})
        if done.returncode != 0:
            fail(f"{' '.join(str(word) for word in command)}\n{done.stderr}")
        return {**json.loads(result.read_text()), "errors": done.stderr, "out": done.stdout}

    def scan(self, targets, *words, store=None, before=(), keep_output=False):
        """certscour scan, without any limit of pace; `store` is a file name, None keeps nothing."""
        stored = ["--db", self.folder / store] if store else ["--no-store", "--db", self.folder / "absent.db"]
        if not any(word in ("--format",) for word in words):
            words = (*words, "--format", "none")
        return self.measure(self.build / "certscour", "scan", targets, "--rate", 0, "--per-host", 0, "--per-prefix", 0,
                            "--key-types", "first", *stored, *words, before=before, keep_output=keep_output)

    def fresh_store(self, name):
        for file in self.folder.glob(f"{name}*"):
            file.unlink()
        return name

    def interleaved(self, cases):
        """The medians of every case's figures over runs that take turns."""
        results = {name: [] for name in cases}
        for _ in range(self.runs):
            for name, case in cases.items():
                results[name].append(case())
        return {name: {key: statistics.median(run[key] for run in found) for key in ("cpu_s", "rss_kib", "wall_s")}
                for name, found in results.items()}

    def figure(self, name, value, limit=None, unit="times", note=""):
        """One line of the table; `limit` is what it is held against, not what passes or fails."""
        row = {"name": name, "value": round(value, 3), "limit": limit, "unit": unit, "note": note}
        self.figures.append(row)
        verdict = "" if limit is None else ("ok" if value <= limit else "MISSED")
        shown = f"{value:10.2f} {unit:9}" + (f" at most {limit:<6}" if limit is not None else " " * 15)
        print(f"  {name:62}{shown}{verdict:7}{note}", flush=True)


@contextmanager
def server(bench, *command, before=()):
    """A server of tests/bench while it is needed; yields a function that stops it and tells how many it accepted."""
    process = subprocess.Popen([str(word) for word in (*before, "taskset", "-c", SERVER_CORE, bench.tool(command[0]), *command[1:])],
                               stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "ready":
        fail(f"{command[0]} does not start")

    def stop():
        process.terminate()
        return int(process.communicate()[0])
    try:
        yield stop
    finally:
        process.kill()
        process.wait()


def loopback(count, first="127.1"):
    last = count - 1
    return f"{first}.0.0-{first}.{last // 256}.{last % 256}"
