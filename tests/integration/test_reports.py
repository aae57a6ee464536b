# SPDX-License-Identifier: Apache-2.0
"""Reports against independent SQL over the same database, and their pages in a real browser."""
import collections
import csv
import datetime
import html.parser
import http.server
import io
import json
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import threading
import zlib
from pathlib import Path

from support import Case, Certificate, need, tls_server

HOSTILE = "<img src=http://evil.example/a.png>&\"'"
PAGES = ("summary", "owners", "findings", "expiring", "forecast", "changes")


class World(Case):
    """Endpoints on loopback with certificates that have ended, that end soon, that are fine, and one that is hostile."""

    def setUp(self):
        super().setUp()
        self.shown = {}
        for number, days in enumerate((1, 10, 25, 60, 365, 800)):
            self.show(f"127.72.0.{number + 1}", Certificate(self.folder, f"h{number}.example.org", days=days))
        hostile = self.folder / "hostile"
        hostile.mkdir()
        self.show("127.72.0.9", Certificate(hostile, "hostile", key="rsa", days=5, alt_names=False, extra=("-subj", "/CN=" + HOSTILE.replace("/", "\\/"))))
        for owner in ("University", "University/Library", "Hospital"):
            self.run_program("org", "add", owner)
        self.run_program("rule", "add", "library", "--match", "ip in 127.72.0.2/31", "--assign", "University/Library")
        self.run_program("rule", "add", "rest", "--match", "name in_domain example.org", "--assign", "University")
        self.run_program("scan", *(f"{ip}:{port}" for ip, port in self.shown), "--key-types", "first", "--format", "none", "--rate", 0)

    def show(self, ip, certificate):
        server = tls_server(certificate, ip)
        self.addCleanup(server.close)
        self.shown[ip, server.port] = certificate

    def rows(self, name, *words):
        rows = json.loads(self.run_program("report", name, *words, "--format", "json").stdout)
        self.assertLessEqual({row["report"] for row in rows}, {name})
        return rows

    def sql(self, statement):
        with sqlite3.connect(self.db) as store:
            return store.execute(statement).fetchall()


class Numbers(World):
    LIVE = " FROM asset a JOIN certificate c ON c.id = a.certificate_id LEFT JOIN owner o ON o.id = a.owner_id WHERE a.state = 'live'"
    LIMIT = "max(min((c.not_after - c.not_before) * {0} / 100, {1} * 86400), 48 * 3600)"

    def expiries(self):
        """By sha256, as the documentation defines them."""
        warning, critical = (self.LIMIT.format(*limit) for limit in ((33, 30), (15, 14)))
        left = "(c.not_after - unixepoch())"
        return dict(self.sql(f"SELECT lower(hex(c.sha256)), CASE WHEN {left} < 0 THEN 'expired' WHEN {left} <= {critical} THEN 'critical'"
                             f" WHEN {left} <= {warning} THEN 'warning' ELSE 'fine' END {self.LIVE}"))

    def test_summary_is_what_sql_counts(self):
        summary = {(row["group"], row["name"]): row["assets"] for row in self.rows("summary")}
        expected = {("state", state): count for state, count in self.sql("SELECT state, count(*) FROM asset GROUP BY 1")}
        expected |= {("key_type", kind): count for kind, count in self.sql(f"SELECT c.key_type, count(*) {self.LIVE} GROUP BY 1")}
        expected |= {("expiry", name): count for name, count in collections.Counter(self.expiries().values()).items()}
        expected |= {("owner", name): count for name, count in self.sql(
            "SELECT coalesce((SELECT p.name || '/' FROM owner p WHERE p.id = o.parent_id), '') || coalesce(o.name, 'nobody'), count(*)"
            f"{self.LIVE} GROUP BY 1")}
        self.assertEqual({key: count for key, count in summary.items() if key[0] in ("state", "key_type", "expiry", "owner")}, expected)
        self.assertEqual(summary["status", "unknown"], 7)
        self.assertEqual(summary["finding", "self-signed"], 7)

    def test_every_report_agrees_with_the_list_of_assets(self):
        assets = json.loads(self.run_program("assets", "--format", "json").stdout)
        findings = collections.Counter(finding for asset in assets for finding in asset["findings"])
        self.assertEqual({row["finding"]: row["assets"] for row in self.rows("findings")}, findings)
        owners = {row["owner"]: row for row in self.rows("owners")}
        self.assertEqual({name: row["assets"] for name, row in owners.items()}, collections.Counter(asset["owner"] or "nobody" for asset in assets))
        for name, row in owners.items():
            expiring = [asset for asset in assets if (asset["owner"] or "nobody") == name and "expiring" in asset["findings"]]
            self.assertEqual(row["expiring"], len(expiring))
        self.assertEqual([row["assets"] for row in self.rows("owners", "--owner", "University/Library")], [2])
        only = {row["finding"]: row["assets"] for row in self.rows("findings", "--where", "finding = no-san")}
        self.assertEqual(only["no-san"], findings["no-san"])
        self.assertEqual(only["self-signed"], findings["no-san"])  # of those assets alone

    def test_what_is_accepted_is_silenced_and_counted(self):
        ip, port = next(iter(self.shown))
        self.run_program("accept", f"{ip}:{port}", "--finding", "self-signed", "--reason", "test", "--until", "2999-01-01")
        for row in self.rows("findings"):
            self.assertEqual((row["assets"], row["silenced"]), (6, 1) if row["finding"] == "self-signed" else (row["assets"], 0))
        summary = {(row["group"], row["name"]): row for row in self.rows("summary")}
        self.assertEqual(summary["finding", "self-signed"]["silenced"], 1)
        self.assertEqual(sum(row["silenced"] for row in self.rows("owners")), 1)

    def test_expiring_follows_the_setting(self):
        rows = {row["sha256"]: row["expiry"] for row in self.rows("expiring")}
        self.assertEqual(rows, {sha256: expiry for sha256, expiry in self.expiries().items() if expiry != "fine"})
        self.assertIn("critical", rows.values())
        for row in self.rows("expiring"):
            monday = datetime.datetime.fromisoformat(row["week"].replace("Z", "+00:00"))
            end = datetime.datetime.fromisoformat(row["not_after"].replace("Z", "+00:00"))
            self.assertEqual(monday.weekday(), 0)
            self.assertTrue(datetime.timedelta(0) <= end - monday < datetime.timedelta(days=7))
        (self.folder / "certscour.conf").write_text("[findings]\nwarning = 20d\ncritical = 2d\n")
        self.assertEqual(sorted(row["expiry"] for row in self.rows("expiring")), ["critical", "warning", "warning"])

    def test_forecast_counts_each_certificate_once(self):
        ends = [value for value, in self.sql(f"SELECT DISTINCT c.not_after {self.LIVE}")]
        lifetimes = dict(self.sql(f"SELECT DISTINCT c.not_after, c.not_after - c.not_before + 1 {self.LIVE}"))
        months = collections.Counter()
        today = datetime.datetime.now(datetime.timezone.utc)
        horizon = today.replace(year=today.year + 1, day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
        for end in ends:
            at = end
            while at < horizon:
                months[datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m")] += 1
                at += max(lifetimes[end], 86400)
        rows = self.rows("forecast")
        self.assertEqual(len(rows), 12)
        self.assertEqual({row["month"]: row["renewals_today"] for row in rows if row["renewals_today"]}, months)
        self.assertEqual([row["renewals_today"] for row in rows], [row["renewals_47"] for row in rows])  # all of them self-signed
        owners = self.rows("forecast", "--by", "owner")
        self.assertEqual(sum(row["renewals_today"] for row in owners), sum(months.values()))
        self.assertEqual({row["owner"]: row["certificates"] for row in owners}, {"University": 4, "University/Library": 2, "nobody": 1})
        self.assertIn("allowed is owner", self.run_program("report", "forecast", "--by", "month", status=2).stderr)

    def test_every_format_has_the_same_rows(self):
        for name in PAGES:
            rows = self.rows(name)
            table = list(csv.DictReader(io.StringIO(self.run_program("report", name, "--format", "csv").stdout)))
            self.assertEqual(len(table), len(rows), name)
            page = self.run_program("report", name, "--format", "html").stdout
            self.assertEqual(page.count("<tr>") - 1, len(rows), name)
            self.assertTrue(self.run_program("report", name).stdout)


class Elements(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = collections.Counter()
        self.addresses = []
        self.text = []

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.addresses += [value for name, value in attributes if name in ("src", "href", "xlink:href", "action", "data")]

    def handle_data(self, data):
        self.text.append(data)


class Proxy:
    """Stands for the whole network: refuses whatever is asked for, and remembers it."""

    def __init__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def refuse(self):
                asked.append(self.path)
                self.send_error(502)
            do_GET = do_POST = do_CONNECT = refuse

            def log_message(self, *words):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def pixels(path):
    """How often each colour is in a PNG of 8-bit RGB or RGBA, as browsers write them (PNG specification, 9)."""
    data = path.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    size = {2: 3, 6: 4}[kind]
    assert depth == 8
    at, packed = 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, stride, before, found = zlib.decompress(packed), width * size, bytearray(width * size), collections.Counter()
    for row in range(height):
        how, line = raw[row * (stride + 1)], bytearray(raw[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
        if how == 2:
            line = bytearray((a + b) & 255 for a, b in zip(line, before))
        elif how:
            for i in range(stride):
                left, up, corner = (line[i - size] if i >= size else 0), before[i], (before[i - size] if i >= size else 0)
                guess = left + up - corner
                line[i] = (line[i] + (left if how == 1 else (left + up) // 2 if how == 3 else
                                      min((left, up, corner), key=lambda value: abs(guess - value)))) & 255
        found.update(bytes(line[i:i + 3]) for i in range(0, stride, size))
        before = line
    return found


class InBrowser(World):
    """The chart colours of the page have to cover an area: a chart without size draws none of them."""
    LIGHT = {"page": b"\xff\xff\xff", "plain": b"\x2f\x6d\xb5", "bad": b"\xc2\x3b\x3b"}
    DARK = {"page": b"\x14\x18\x1d", "plain": b"\x6e\xa8\xe8", "bad": b"\xec\x7d\x7d"}

    def setUp(self):
        self.browser = need("chromium")
        super().setUp()
        self.proxy = Proxy()
        self.addCleanup(self.proxy.close)

    def page(self, name, *words):
        path = self.folder / f"{name}.html"
        path.write_text(self.run_program("report", name, *words, "--format", "html").stdout)
        return path

    def open(self, path, *options):
        profile = Path(tempfile.mkdtemp(prefix="certscour-browser-"))
        self.addCleanup(shutil.rmtree, profile, ignore_errors=True)
        subprocess.run([self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                        "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}", f"--proxy-server=127.0.0.1:{self.proxy.port}",
                        "--proxy-bypass-list=<-loopback>", "--window-size=960,640", *options, path.as_uri()],
                       check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env)

    def picture(self, path, *options):
        out = path.with_suffix(".png")
        self.open(path, f"--screenshot={out}", *options)
        return pixels(out)

    def test_pages_are_light_or_dark_and_their_charts_have_size(self):
        for name, tones in (("summary", ("plain", "bad")), ("expiring", ("bad",)), ("forecast", ("plain", "bad"))):
            path = self.page(name)
            for colours, options in ((self.LIGHT, ()), (self.DARK, ("--blink-settings=preferredColorScheme=0",))):
                seen = self.picture(path, *options)
                with self.subTest(report=name, dark=bool(options)):
                    self.assertGreater(seen[colours["page"]], 10000)
                    self.assertEqual(seen[(self.LIGHT if options else self.DARK)["page"]], 0)
                    for tone in tones:
                        self.assertGreater(seen[colours[tone]], 150, tone)

    def test_a_page_can_be_printed(self):
        out = self.folder / "summary.pdf"
        self.open(self.page("summary"), f"--print-to-pdf={out}", "--blink-settings=preferredColorScheme=0")
        printed = out.read_bytes()
        self.assertTrue(printed.startswith(b"%PDF"))
        self.assertIn(b"/Type /Page", printed)

    def test_nothing_is_asked_of_the_network(self):
        loading = self.folder / "loading.html"
        loading.write_text("<img src=http://evil.example/a.png>")
        self.open(loading, f"--screenshot={self.folder}/loading.png")
        self.assertIn("http://evil.example/a.png", self.proxy.asked)  # so it would be seen
        self.proxy.asked.clear()
        for name in PAGES:
            path = self.page(name)
            self.open(path, f"--screenshot={path.with_suffix('.png')}")
            elements = Elements()
            elements.feed(path.read_text())
            with self.subTest(report=name):
                self.assertEqual([asked for asked in self.proxy.asked if "evil" in asked or "example" in asked], [])
                self.assertEqual(elements.addresses, ["data:,"])
                self.assertFalse({"script", "img", "iframe", "object", "form"} & set(elements.tags))
        elements = Elements()
        elements.feed((self.folder / "changes.html").read_text())
        self.assertIn(HOSTILE, elements.text)
