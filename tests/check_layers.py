#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares every #include line with the layer table of docs/architecture.md.

usage: check_layers.py [--self-test]

The table has rows `| folder | may include | third-party headers | ... |`; a third-party entry is `name.h` (any file of
the folder), `dir/` (all headers below it) or `name.h in file.c`."""
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBC = re.compile(
    r"^(arpa|bits|net|netinet|sys|linux)/|^(assert|ctype|dirent|endian|errno|fcntl|float|ftw|getopt|glob|inttypes|limits|"
    r"locale|math|netdb|poll|pthread|pwd|signal|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|time|"
    r"unistd|wchar)\.h$")


def read_table(text):
    """folder -> (set of folders it may include, list of (header or dir/, file or None))"""
    table = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 3 or not re.fullmatch(r"`[a-z]+`", cells[0]):
            continue
        layers = set(re.findall(r"`([a-z]+)`", cells[1]))
        owned = []
        for entry in re.findall(r"`([^`]+)`", cells[2]):
            header, _, only = entry.partition(" in ")
            owned.append((header, only or None))
        table[cells[0].strip("`")] = (layers, owned)
    return table


def owns(owned, header, file):
    for entry, only in owned:
        fits = header.startswith(entry) if entry.endswith("/") else header == entry
        if fits and (only is None or only == file.name):
            return True
    return False


def violations(root, table):
    for folder, (layers, owned) in sorted(table.items()):
        for file in sorted((root / folder).glob("*.[ch]")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
                if not match:
                    continue
                own, foreign = match.groups()
                if own is not None:
                    target = own.split("/")[0]
                    if "/" not in own or target != folder and target not in layers:
                        yield f"{file.relative_to(root)}:{number}: {folder} must not include {own}"
                elif not LIBC.search(foreign) and not owns(owned, foreign, file):
                    yield f"{file.relative_to(root)}:{number}: {folder} does not own <{foreign}>"


def self_test():
    table = {"low": (set(), []), "high": ({"low"}, [("uv.h", None), ("pcre2.h", "pattern.c")])}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "low").mkdir()
        (root / "high").mkdir()
        (root / "high" / "a.c").write_text('#include "low/b.h"\n#include <uv.h>\n#include <stdio.h>\n')
        (root / "high" / "pattern.c").write_text("#include <pcre2.h>\n")
        assert list(violations(root, table)) == []
        (root / "low" / "b.c").write_text('#include "high/a.h"\n#include <uv.h>\n')
        (root / "high" / "c.c").write_text('#include <pcre2.h>\n#include "c.h"\n')
        found = list(violations(root, table))
        assert len(found) == 4, found


def main():
    self_test()
    table = read_table((ROOT / "docs" / "architecture.md").read_text())
    folders = {path.parent.name for path in ROOT.glob("*/CMakeLists.txt")} - {"tests"}
    if folders != set(table):
        print(f"docs/architecture.md has rows for {sorted(table)}, the tree has {sorted(folders)}")
        return 1
    found = list(violations(ROOT, table))
    for line in found:
        print(line)
    files = sum(len(list((ROOT / folder).glob("*.[ch]"))) for folder in table)
    print(f"{files} files in {len(table)} layers, {len(found)} violations")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
