# SPDX-License-Identifier: Apache-2.0
"""The cases: each takes a Bench, measures, and adds its figures."""
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import contextmanager

from inventory_cases import pulling, status_cost
from tools import fail, loopback, server

PORT = 19443
IN_FLIGHT = 500
TABLES = ("certificate", "certificate_value", "chain", "endpoint", "asset", "asset_interval")


def floor(bench, mode, count=None, **options):
    count = count or bench.targets
    result = bench.measure(bench.tool("floor"), mode, count, PORT, options.get("in_flight", IN_FLIGHT), *options.get("words", ()),
                           before=options.get("before", ()))
    if mode != "dark" and int(result["errors"]) != count:
        fail(f"the floor {mode} missed certificates")
    return result


def libssl_floor(bench):
    return bench.measure(bench.tool("floor_client"), bench.targets, PORT, IN_FLIGHT, "stop")


def checked(bench, result):
    """A scan whose summary was kept must have found every certificate."""
    if f"{bench.targets:,} certificate" not in result["out"]:
        fail(f"certificates are missing:\n{result['out']}")
    return result


def sweep(bench, *words, **options):
    return bench.scan(loopback(bench.targets), "-p", f"{PORT}/tls", "--max-inflight", IN_FLIGHT, *words, **options)


def stored(bench):
    return checked(bench, sweep(bench, "--format", "table", store=bench.fresh_store("store.db"), keep_output=True))


def tls12(bench):
    with server(bench, "replay_server", PORT, "same"):
        found = bench.interleaved({
            "a": lambda: floor(bench, "a"),
            "h": lambda: floor(bench, "h"),
            "scan": lambda: sweep(bench),
            "store": lambda: stored(bench),
            "again": lambda: sweep(bench, store="store.db"),
        })
    for name, case in found.items():
        bench.figure(f"TLS 1.2, {name}: CPU a target", case["cpu_s"] / bench.targets * 1e6, unit="us")
    floor_s = found["h"]["cpu_s"]
    bench.figure("TLS 1.2, chain known, nothing kept / h", found["scan"]["cpu_s"] / floor_s, 1.4)
    bench.figure("TLS 1.2, chain known, new store / h", found["store"]["cpu_s"] / floor_s, 1.8)
    bench.figure("TLS 1.2, the same store again / h", found["again"]["cpu_s"] / floor_s, 1.8)


def tls13(bench):
    with server(bench, "bench_server", PORT, "1.3"):
        found = bench.interleaved({"th": lambda: floor(bench, "th"), "scan": lambda: sweep(bench)})
    with server(bench, "bench_server", PORT, "1.3") as stop:
        checked(bench, sweep(bench, "--format", "table", keep_output=True))
        connections = stop()
    bench.figure("TLS 1.3, th: CPU a target", found["th"]["cpu_s"] / bench.targets * 1e6, unit="us")
    bench.figure("TLS 1.3, nothing kept / th", found["scan"]["cpu_s"] / found["th"]["cpu_s"], 1.5)
    bench.figure("TLS 1.3, connections a target", connections / bench.targets, 1.0, unit="")


def distinct(bench):
    with server(bench, "replay_server", PORT, "serial"):
        found = bench.interleaved({"d": lambda: floor(bench, "d"), "store": lambda: stored(bench)})
    bench.figure("every leaf different, d: CPU a target", found["d"]["cpu_s"] / bench.targets * 1e6, unit="us")
    bench.figure("every leaf different, new store / d", found["store"]["cpu_s"] / found["d"]["cpu_s"], 1.4)


def full_lane(bench):
    for version, letter in (("1.2", "c"), ("1.3", "c13")):
        with server(bench, "bench_server", PORT, version):
            found = bench.interleaved({"c": lambda: libssl_floor(bench), "scan": lambda: sweep(bench, "--lane", "full")})
        bench.figure(f"full lane, TLS {version} / {letter}", found["scan"]["cpu_s"] / found["c"]["cpu_s"], 1.2)


def threads(bench):
    free = os.cpu_count() >= 4
    with server(bench, "replay_server", PORT, "same"):
        found = bench.interleaved({
            "one": lambda: sweep(bench),
            "two": lambda: sweep(bench, "--threads", 2),
        })
    ratio = found["two"]["cpu_s"] / found["one"]["cpu_s"]
    bench.figure("two loops / one, CPU", ratio, 1.1 if free else None, note="" if free else " not judged: fewer than four cores")


@contextmanager
def dark_network(bench):
    """A network namespace whose 10.0.0.0/8 is behind a neighbour that swallows everything."""
    name = f"bench{os.getpid()}"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        yield None
        return
    setup = [["netns", "add", name]] + [["-n", name, *words.split()] for words in (
        "link set lo up", "link add dark type veth peer name behind", "link set dark up", "link set behind up",
        "addr add 192.0.2.1/24 dev dark", "neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev dark nud permanent",
        "route add 10.0.0.0/8 via 192.0.2.2")]
    try:
        for words in setup:
            subprocess.run(["ip", *words], check=True, capture_output=True)
        yield ("ip", "netns", "exec", name)
    except subprocess.CalledProcessError as error:
        print(f"  no network namespace: {error.stderr.decode().strip()}")
        yield None
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def dark_range(count, first="10.1"):
    a, b = first.split(".")
    last = count - 1
    return f"{a}.{b}.0.0-{a}.{int(b) + last // 65536}.{last // 256 % 256}.{last % 256}"


def dark(bench):
    with dark_network(bench) as inside:
        if inside is None:
            print("  dark space: left out, for it takes root and ip")
            return
        dark_wall(bench, inside)
        dark_slope(bench, inside)
        dark_memory(bench, inside)


def dark_wall(bench, inside):
    limits = [word for name in ("connect-timeout", "answer-timeout", "timeout") for word in (f"--{name}", 2)]
    live = [f"10.2.{i // 13}.{i * 20 % 256}" for i in range(51)]
    for address in live:
        subprocess.run([*inside, "ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    with server(bench, "replay_server", PORT, "same", before=inside):
        found = bench.interleaved({"scan": lambda: bench.scan(
            "10.2.0.0/22", "-p", f"{PORT}/tls", "--max-inflight", 2000, *limits, before=inside)})
    bench.figure("1,024 addresses, 5 % live, limits of 2 s: wall", found["scan"]["wall_s"], 2.3, unit="s")


def dark_slope(bench, inside):
    few, many = (2048, 8192) if bench.quick else (16384, 65536)
    in_flight = min(many, bench.files)
    limits = [word for name in ("connect-timeout", "answer-timeout", "timeout") for word in (f"--{name}", 1)]

    def scan(count):
        return bench.scan(dark_range(count), "-p", f"{PORT}/tls", "--max-inflight", in_flight, *limits, before=inside)

    def bare(count):
        return floor(bench, "dark", count, in_flight=in_flight, words=(1000, "10.1.0.0"), before=inside)
    found = bench.interleaved({
        "few": lambda: scan(few), "many": lambda: scan(many),
        "bare few": lambda: bare(few), "bare many": lambda: bare(many),
    })
    slope = {name: (found[f"{name}many"]["cpu_s"] - found[f"{name}few"]["cpu_s"]) / (many - few) for name in ("", "bare ")}
    bench.figure("dark target: CPU", slope[""] * 1e6, unit="us")
    bench.figure("dark target, CPU / a bare connect with a timer", slope[""] / slope["bare "], 1.5)


def dark_memory(bench, inside):
    limits = [word for name in ("connect-timeout", "answer-timeout", "timeout") for word in (f"--{name}", 2)]
    count = 10000
    result = bench.scan(dark_range(count), "-p", f"{PORT}/tls", "--max-inflight", count, *limits, before=inside,
                        store=bench.fresh_store("dark.db"))
    bench.figure("10,000 connecting: peak resident", result["rss_kib"] / 1024, 60, unit="MB")


def memory(bench):
    with server(bench, "replay_server", PORT, "half"):
        result = bench.scan(loopback(1000), "-p", f"{PORT}/tls", "--max-inflight", 1000, "--answer-timeout", 2, "--timeout", 3,
                            store=bench.fresh_store("half.db"))
    bench.figure("1,000 handshakes in flight: peak resident", result["rss_kib"] / 1024, 25, unit="MB")
    peaks = [bench.scan(targets, "-p", f"{PORT}/tls", "--max-inflight", 1000, store=bench.fresh_store("flat.db"))["rss_kib"]
             for targets in ((loopback(4096), loopback(16384)) if bench.quick else (loopback(10000), "127.16.0.0/12"))]
    bench.figure("peak resident, 1,048,576 closed ports / 10,000", peaks[1] / peaks[0], 1.2)


def rows_of(path):
    with sqlite3.connect(path) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def sql_floor(bench, *words):
    out = subprocess.run([str(word) for word in (bench.tool("sql_floor"), *words)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def store(bench):
    with server(bench, "replay_server", PORT, "serial"):
        found = bench.interleaved({"kept": lambda: stored(bench), "not": lambda: sweep(bench, "--format", "jsonl")})
    inserted = sql_floor(bench, "insert", bench.folder / "store.db", bench.folder / bench.fresh_store("floor.db"))
    storing = found["kept"]["cpu_s"] - found["not"]["cpu_s"]
    bench.figure("rows a second into the store", inserted["rows"] / max(storing, 1e-9), unit="rows/s")
    bench.figure("storing / prepared INSERTs of the same rows, CPU", storing / inserted["cpu_s"], 2.0)
    with server(bench, "replay_server", PORT, "same"):
        stored(bench)
        before = rows_of(bench.folder / "store.db")
        sweep(bench, store="store.db")
        if rows_of(bench.folder / "store.db") != before:
            fail(f"a second scan added rows: {before} became {rows_of(bench.folder / 'store.db')}")
    bench.figure("rows added by a scan of an unchanged network", 0, 0, unit="rows")


ESTATE = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
"""
ESTATE_ROWS = {
    "certificate": "SELECT 1000 + i, randomblob(32), record_version, malformed, randomblob(32), 'host' || i || '.university.example',"
                   " 'CN=host' || i || '.university.example,O=University,C=BE', organization, city, state, country, issuer,"
                   " issuer_common_name, issuer_organization, printf('%020x', 4096 + i), key_type, key_bits, signature_algorithm,"
                   " template_name, not_before, not_before + (i * 7919 % 400) * 86400, lifetime_days, self_signed, is_ca, wildcard,"
                   " first_seen, der, flaws FROM n, certificate WHERE id = 1",
    "endpoint": "SELECT 1000 + i, '', CAST(x'00000000000000000000ffff0a' || char(i / 10000 % 100 + 1, i / 100 % 100 + 1, i % 100 + 1)"
                " AS BLOB), 443, 0, 'host' || i || '.university.example', NULL, last_probe, 0, last_scan_id FROM n, endpoint"
                " WHERE endpoint.id = 1",
    "asset": "SELECT 1000 + i, 1000 + i, slot, state, 1000 + i, chain_id, 1000 + i, tls_version, lane, first_seen, last_seen,"
             " last_scan_id, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL FROM n, asset WHERE asset.id = 1",
}


def make_estate(bench, count):
    path = bench.folder / bench.fresh_store("estate.db")
    with server(bench, "replay_server", PORT, "same"):
        bench.scan("127.1.0.1", "-p", f"{PORT}/tls", store=path.name)
    with sqlite3.connect(path) as db:
        for table, rows in ESTATE_ROWS.items():
            db.execute(f"INSERT INTO {table} {ESTATE.format(count=count)} {rows}")
    return path


ASSET_SQL = """SELECT a.id, e.network, e.ip, e.port, e.protocol, e.server_name, e.host_name, a.state, a.first_seen, a.last_seen,
a.tls_version, a.lane, o.name, a.rule_name, h.members, c.*,
(SELECT group_concat(value) FROM certificate_value v WHERE v.certificate_id = c.id)
FROM endpoint e JOIN asset a ON a.endpoint_id = e.id JOIN certificate c ON c.id = a.certificate_id JOIN chain h ON h.id = a.chain_id LEFT JOIN owner o ON o.id = a.owner_id
WHERE a.state = 'live' AND likelihood(c.not_after < {limit}, 0.01) ORDER BY e.network, e.ip, e.port, e.protocol, e.server_name, a.slot"""


def estate(bench):
    count = 20000 if bench.quick else 1000000
    path = make_estate(bench, count)
    with sqlite3.connect(path) as db:
        limit = db.execute("SELECT not_before + 86400 * 4 FROM certificate WHERE id = 1").fetchone()[0]

    def assets(where):
        return bench.measure(bench.build / "certscour", "assets", "--db", path, "--where", where, "--format", "csv", keep_output=True)
    plain = [sql_floor(bench, "query", path, ASSET_SQL.format(limit=limit))["cpu_s"] for _ in range(bench.runs)]
    date = subprocess.run(["date", "-u", "-d", f"@{limit}", "+%Y-%m-%dT%H:%M:%SZ"], check=True, capture_output=True, text=True).stdout.strip()
    found = bench.interleaved({"indexed": lambda: assets(f"not_after < {date}")})
    rows = len(assets(f"not_after < {date}")["out"].splitlines()) - 1
    if rows < count // 200:
        fail(f"assets found {rows} rows")
    bench.figure(f"{count:,} assets, indexed condition, {rows:,} rows: CPU / SQLite", found["indexed"]["cpu_s"] / sorted(plain)[len(plain) // 2], 1.5)
    other = assets("common_name matches_regex \"host(77|78)[0-9]+7[.]\"")
    bench.figure(f"{count:,} assets, a regular expression: CPU", other["cpu_s"], unit="s")
    bench.figure(f"{count:,} assets, a regular expression: peak resident", other["rss_kib"] / 1024, 60, unit="MB")


def status(bench):
    status_cost(bench, make_estate, sqlite3.connect)


def peers(bench):
    """Other scanners where they are installed, against the same server and targets."""
    commands = {
        "tlsx": lambda ranges: f"tlsx -l {ranges} -p {PORT} -silent -json -c 300",
        "tls-scan": lambda ranges: f"tls-scan --infile={ranges} --port={PORT} --concurrency=300 --cacert=/etc/ssl/certs/ca-certificates.crt",
        "zgrab2": lambda ranges: f"zgrab2 tls --port {PORT} --senders 300 -f {ranges}",
        "nmap": lambda ranges: f"nmap -n -Pn -p {PORT} --script ssl-cert -iL {ranges}",
    }
    installed = {name: command for name, command in commands.items() if shutil.which(name)}
    print("  not installed: " + (", ".join(sorted(set(commands) - set(installed))) or "none"))
    ranges = bench.folder / "addresses"
    ranges.write_text("".join(f"127.1.{i // 256}.{i % 256}\n" for i in range(bench.targets)))
    with server(bench, "bench_server", PORT, "1.2"):
        base = bench.interleaved({"scan": lambda: sweep(bench)})["scan"]["cpu_s"]
        for name, command in installed.items():
            used = bench.measure(*command(ranges).split())
            bench.figure(f"{name} / certscour, CPU, TLS 1.2", used["cpu_s"] / base)


CASES = {"tls12": tls12, "tls13": tls13, "distinct": distinct, "full": full_lane, "memory": memory, "dark": dark, "store": store,
         "estate": estate, "threads": threads, "pull": pulling, "status": status}
