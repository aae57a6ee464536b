# SPDX-License-Identifier: Apache-2.0
"""`report coverage`: what was scanned, what answered, what has names and which were tried, range by range."""
import csv
import io
import json

from name_servers import Dns, Nginx, ptr

from scm import ScmCase, tenant

from support import Case, Certificate

FIRST, SECOND, OTHER = "127.63.0.1", "127.63.0.2", "127.63.1.9"


class Coverage(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "certscour.conf").write_text("")

    def report(self, *words, **options):
        return json.loads(self.run_program("report", "coverage", *words, "--format", "json", **options).stdout)

    def world(self):
        names = ("a.example.org", "b.example.org")
        shown = {name: Certificate(self.folder, name) for name in ("default.example.org", *names)}
        hosts = [(ip, None, shown["default.example.org"]) for ip in (FIRST, SECOND, OTHER)] + [(FIRST, name, shown[name]) for name in names]
        web = Nginx(self.folder, hosts)
        self.addCleanup(web.close)
        dns = Dns(self.folder, [ptr(FIRST, names[0]), f"{names[1]}. A {FIRST}"])
        self.addCleanup(dns.close)
        return web, ("-p", f"{web.port}/tls,1/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--format", "none", "--rate", 0)

    def test_each_range_has_its_numbers(self):
        web, words = self.world()
        names = self.folder / "names"
        names.write_text(f"{FIRST} b.example.org\n")
        self.run_program("scan", "127.63.0.0/28", OTHER, "-x", "127.63.0.8", "--names", names, *words)
        rows = self.report()
        self.assertEqual([row["range"] for row in rows], ["127.63.0.0/28", OTHER])
        self.assertEqual({row["report"] for row in rows}, {"coverage"})
        first, other = rows
        self.assertEqual([first[key] for key in ("addresses", "answered", "with_certificates", "with_names", "names_tried", "endpoints", "certificates")],
                         [15, 15, 2, 1, 2, 4, 3])  # all of loopback refuses, which is an answer
        self.assertEqual([other[key] for key in ("addresses", "answered", "with_certificates", "with_names", "names_tried", "endpoints", "certificates")],
                         [1, 1, 1, 0, 0, 1, 1])
        self.assertEqual(first["last_scan"], 1)
        table = self.run_program("report", "coverage").stdout
        self.assertIn("127.63.0.0/28", table)
        self.assertIn("NAMES TRIED", table)
        rows = list(csv.DictReader(io.StringIO(self.run_program("report", "coverage", "--format", "csv", "--sort", "-endpoints").stdout)))
        self.assertEqual([row["endpoints"] for row in rows], ["4", "1"])

    def test_ranges_and_scans_can_be_chosen(self):
        web, words = self.world()
        self.run_program("scan", f"{FIRST}/32", "--names-from", "none", *words)
        self.run_program("scan", f"{SECOND}/32", "--names-from", "none", "--network", "lab", *words)
        self.run_program("scan", f"{FIRST}-{SECOND}", "--names-from", "none", *words)
        self.assertEqual([(row["range"], row["endpoints"]) for row in self.report()], [(f"{FIRST}-{SECOND}", 2)])
        self.assertEqual([(row["range"], row["last_scan"]) for row in self.report("--scan", 1)], [(FIRST, 1)])
        self.assertEqual([(row["network"], row["range"]) for row in self.report("--network", "lab")], [("lab", SECOND)])
        rows = self.report("--since", 1)
        self.assertEqual(sorted((row["network"], row["range"], row["endpoints"], row["scans"]) for row in rows),
                         [("", FIRST, 1, 2), ("", f"{FIRST}-{SECOND}", 2, 2), ("lab", SECOND, 1, 1)])
        rows = self.report("127.63.0.0/24", "127.64.0.0/24", "--since", "2020-01-01", "--network", "")
        self.assertEqual([(row["range"], row["addresses"], row["endpoints"]) for row in rows], [("127.63.0.0/24", 2, 2), ("127.64.0.0/24", 0, 0)])

    def test_what_was_given_by_file_or_name_is_told_by_prefix(self):
        web, words = self.world()
        targets = self.folder / "targets"
        targets.write_text(f"{FIRST}\n{SECOND}:{web.port}\n{OTHER}\n")
        self.run_program("scan", "-i", targets, "--names-from", "none", *words)
        self.assertEqual([(row["range"], row["addresses"], row["endpoints"]) for row in self.report()], [("127.63.0.0/24", 2, 2), ("127.63.1.0/24", 1, 1)])

    def test_wrong_words_are_refused(self):
        self.assertIn("no database", self.run_program("report", "coverage", status=1).stderr)
        self.run_program("org", "add", "University")
        self.assertIn("no such scan", self.run_program("report", "coverage", status=1).stderr)
        for words, said in ((("--scan", "x"), "--scan x: expected the number"), (("--since", "soon"), "--since soon: expected"),
                            (("--scan", "1", "--since", "1"), "not both")):
            self.assertIn(said, self.run_program("report", "coverage", *words, status=2).stderr)
        web, words = self.world()
        self.run_program("scan", FIRST, "--names-from", "none", *words)
        self.assertIn("127.0.0.0/33", self.run_program("report", "coverage", "127.0.0.0/33", status=2).stderr)


class Discovered(ScmCase):
    """Beside it: what SCM's own discovery found."""

    def report(self):
        return [(row["range"], row["endpoints"], row["scm_found"], row["scm_only"])
                for row in json.loads(self.run_program("report", "coverage", "--format", "json").stdout)]

    def test_what_scm_found_is_counted_and_what_of_it_was_not_met(self):
        web = Nginx(self.folder, [(FIRST, None, Certificate(self.folder, "a.example"))])
        self.addCleanup(web.close)
        places = ((FIRST, web.port), (FIRST, web.port), (FIRST, 1), (SECOND, web.port), ("127.64.0.1", web.port))
        results = [{"certificate": {"hash": f"{number:040x}"}, "location": {"details": {"ip": ip, "port": port}}}
                   for number, (ip, port) in enumerate(places)]
        data = tenant()
        data["tasks"] = [{"id": 5, "name": "campus", "operations": [
            {"id": "a", "status": "completed", "created": "2026-11-20T00:00:00.000Z", "results": results}]}]
        self.start(data)
        self.run_program("scan", f"{FIRST}/32", OTHER, "-p", f"{web.port}/tls", "--names-from", "none", "--key-types", "first",
                         "--format", "none", "--rate", 0)
        self.assertEqual(self.report(), [(FIRST, 1, None, None), (OTHER, 0, None, None)])
        self.run_program("scm", "pull", "results")
        self.assertEqual(self.report(), [(FIRST, 1, 2, 1), (OTHER, 0, 0, 0)])
