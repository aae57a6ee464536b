#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file names its licence in its first two lines, and no test file is without a test that runs it."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".c", ".h", ".py", ".sh", ".cmake"}
NAMES = {"CMakeLists.txt", "quickstart", "run"}


def main():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    checked = 0
    wrong = []
    for name in filter(None, files):
        path = ROOT / name
        if not path.is_file() or (path.suffix not in SUFFIXES and path.name not in NAMES):
            continue
        checked += 1
        head = "".join(path.read_text(errors="replace").splitlines(True)[:2])
        if "SPDX-License-Identifier: Apache-2.0" not in head:
            wrong.append(f"{name}: no SPDX-License-Identifier in its first two lines")
    for corpus in (ROOT / "tests" / "fuzz" / "corpus").glob("*"):
        if not (ROOT / "tests" / "fuzz" / f"fuzz_{corpus.name}.c").exists():
            wrong.append(f"{corpus.relative_to(ROOT)}: a corpus without fuzz target")
    print("\n".join(wrong + [f"{checked} files, {len(wrong)} without licence or purpose"]))
    return 1 if wrong or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
