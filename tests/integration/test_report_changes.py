# SPDX-License-Identifier: Apache-2.0
"""`report changes`: a campus that is scanned, changed and scanned again gives exactly the list of what was changed."""
import csv
import io
import json
import sqlite3

from name_servers import Dns, Nginx

from support import Case, Certificate

STAYS, RENEWED, REPLACED, REMOVED, ADDED, TARGET = (f"127.71.0.{number}" for number in range(1, 7))
MOVING = "moving.example.org"


class Changes(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "certscour.conf").write_text("")
        self.made = 0
        self.web = None

    def certificate(self, *names):
        self.made += 1
        folder = self.folder / f"certificate{self.made}"
        folder.mkdir()
        return Certificate(folder, names[0], extra=("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)), alt_names=False)

    def serve(self, hosts):
        port = self.web.port if self.web else None
        if self.web:
            self.web.close()
        self.web = Nginx(self.folder, [(*(where if isinstance(where, tuple) else (where, None)), certificate) for where, certificate in hosts.items()],
                         port)

    def sweep(self):
        self.run_program("scan", "127.71.0.0/28", "-p", f"{self.web.port}/tls", "--dns", f"127.0.0.1:{self.dns.port}", "--key-types", "first",
                         "--format", "none", "--rate", 0)

    def changes(self, *words):
        rows = json.loads(self.run_program("report", "changes", *words, "--format", "json").stdout)
        self.assertLessEqual({row["report"] for row in rows}, {"changes"})
        return {(row["change"], row["ip"], row["server_name"]): row for row in rows}

    def campus(self):
        """Scanned, changed, and scanned twice more: what is gone has to miss twice."""
        hosts = {ip: self.certificate(f"h{ip[-1]}.example.org", MOVING) for ip in (STAYS, RENEWED, REPLACED, REMOVED, TARGET)}
        hosts[(STAYS, MOVING)] = hosts[(TARGET, MOVING)] = self.certificate(MOVING)
        self.serve(hosts)
        self.dns = Dns(self.folder, [f"{MOVING}. A {STAYS}"])
        self.addCleanup(lambda: self.web.close())
        self.addCleanup(self.dns.close)
        self.sweep()
        del hosts[REMOVED]
        before = dict(hosts)
        hosts[RENEWED] = self.certificate(MOVING, f"H{RENEWED[-1]}.example.org", f"h{RENEWED[-1]}.example.org")
        hosts[REPLACED] = self.certificate("other.example.org")
        hosts[ADDED] = self.certificate("added.example.org")
        self.dns.change([f"{MOVING}. A {TARGET}"])
        self.serve(hosts)
        self.sweep()
        return before, hosts

    def test_exactly_what_was_changed_is_told(self):
        before, after = self.campus()
        rows = self.changes()
        self.assertEqual(set(rows), {("replaced", RENEWED, None), ("replaced", REPLACED, None), ("new", ADDED, None),
                                     ("new", TARGET, MOVING), ("moved", STAYS, MOVING)})
        self.assertEqual(rows, self.changes("--since", 1))
        replaced = rows["replaced", REPLACED, None]
        self.assertEqual([replaced["sha256_before"], replaced["sha256"], replaced["scan"]],
                         [before[REPLACED].sha256, after[REPLACED].sha256, 2])
        self.assertEqual(rows["moved", STAYS, MOVING]["now_at"], f"{TARGET}:{self.web.port}#{MOVING}")
        self.sweep()
        self.assertEqual(set(self.changes()), {("gone", REMOVED, None)})
        self.assertEqual(set(self.changes("--since", 1)), set(rows) | {("gone", REMOVED, None)})
        self.assertEqual(self.changes("--since", 3), {})
        self.assertEqual({key[0] for key in self.changes("--since", "2020-01-01")}, {"new"})
        self.assertEqual(self.changes("--since", "2999-01-01"), {})
        self.agrees_with_the_store()

    def agrees_with_the_store(self):
        """The same by independent SQL: leaves by the scans of their intervals, states by what is missed."""
        with sqlite3.connect(self.db) as store:
            others = {row[0] for row in store.execute(
                "SELECT asset_id FROM asset_interval GROUP BY asset_id HAVING min(first_scan_id) = 1 AND max(first_scan_id) > 1")}
            new = {row[0] for row in store.execute("SELECT asset_id FROM asset_interval GROUP BY asset_id HAVING min(first_scan_id) > 1")}
            ended = {row[0] for row in store.execute("SELECT id FROM asset WHERE state <> 'live'")}
        rows = self.changes("--since", 1)
        self.assertEqual([len(others), len(new), len(ended)],
                         [sum(key[0] in kinds for key in rows) for kinds in (("renewed", "replaced"), ("new",), ("gone", "moved"))])

    def test_a_renewal_a_return_and_another_owner(self):
        hosts = {ip: self.certificate(f"h{ip[-1]}.example.org") for ip in (STAYS, RENEWED, REMOVED)}
        self.serve(hosts)
        self.dns = Dns(self.folder, [])
        self.addCleanup(lambda: self.web.close())
        self.addCleanup(self.dns.close)
        self.sweep()
        gone = dict(hosts)
        del gone[REMOVED]
        gone[RENEWED] = Certificate(self.folder, f"h{RENEWED[-1]}.example.org", extra=("-days", "400"))
        self.serve(gone)
        self.sweep()
        self.sweep()
        self.assertEqual(set(self.changes("--since", 1)), {("renewed", RENEWED, None), ("gone", REMOVED, None)})
        self.serve({**hosts, RENEWED: gone[RENEWED]})
        self.sweep()
        self.assertEqual(set(self.changes()), {("back", REMOVED, None)})
        self.assertEqual(set(self.changes("--since", 1)), {("renewed", RENEWED, None)})
        self.run_program("org", "add", "University")
        self.run_program("rule", "add", "ours", "--match", f"ip = {STAYS}", "--assign", "University")
        self.run_program("rule", "apply")
        rows = self.changes("--since", 4)
        self.assertEqual(set(rows), {("owner-changed", STAYS, None)})
        self.assertEqual([rows["owner-changed", STAYS, None][key] for key in ("owner", "owner_before", "before")], ["University", None, "nobody"])
        self.assertEqual(set(self.changes("--since", 1, "--owner", "University")), set(rows))
        self.assertEqual(set(self.changes("--since", 1, "--where", f"ip = {RENEWED}")), {("renewed", RENEWED, None)})
        table = list(csv.DictReader(io.StringIO(self.run_program("report", "changes", "--since", 1, "--format", "csv", "--sort", "change").stdout)))
        self.assertEqual([row["change"] for row in table], ["owner-changed", "renewed"])
        self.assertIn("OWNER", self.run_program("report", "changes", "--since", 1).stdout)

    def test_wrong_words_are_refused(self):
        self.assertIn("no database", self.run_program("report", "changes", status=1).stderr)
        self.run_program("org", "add", "University")
        self.assertEqual(self.changes(), {})
        for words, status, said in ((("--since", "soon"), 2, "--since soon: expected"), (("--since", "7"), 1, "no scan 7"),
                                    (("--where", "ip ="), 2, "--where"), (("--owner", "Nobody"), 1, "Nobody")):
            self.assertIn(said, self.run_program("report", "changes", *words, status=status).stderr)
