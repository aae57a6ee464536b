#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what certscour costs, as ratios within one run against floors that the bench builds itself.

usage: bench.py --build build/release [--quick] [--runs N] [--only CASE] [--peers] [--json FILE]

Each figure is the median of interleaved runs, client and server each pinned to a core. `ok` and `MISSED` compare it with
what the project wants to hold; no figure passes or fails a run. A run fails when a scan misses a certificate or a program
ends badly. docs/performance.md explains the figures."""
import argparse
import json
import shutil
from pathlib import Path

from cases import CASES, peers
from tools import Bench


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--build", type=Path, required=True)
    options.add_argument("--quick", action="store_true", help="one run of little: does it still work?")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--only", action="append", choices=sorted(CASES), help="this case alone")
    options.add_argument("--peers", action="store_true", help="other scanners too, where they are installed")
    options.add_argument("--json", type=Path, help="the figures as JSON")
    given = options.parse_args()
    bench = Bench(given.build.resolve(), 1 if given.quick else given.runs, given.quick)
    try:
        for name in given.only or CASES:
            print(f"{name}:", flush=True)
            CASES[name](bench)
        if given.peers:
            print("peers:", flush=True)
            peers(bench)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps(bench.figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
