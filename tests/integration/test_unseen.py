# SPDX-License-Identifier: Apache-2.0
"""Names of the inventory: resolved by `scm pull --resolve` and by scans with `--names-from scm`, and `report unseen`."""
import json
import sqlite3
import subprocess
import time

from name_servers import Dns, Nginx, SlowDns
from scm import ScmCase, tenant
from support import Certificate

FIRST, SECOND, OUTSIDE = "127.64.0.1", "127.64.0.2", "127.65.0.1"
RECORDS = [f"met.example.org. A {FIRST}", f"lost.example.org. A {SECOND}", f"two.example.org. A {FIRST}", f"two.example.org. A {SECOND}",
           f"far.example.org. A {OUTSIDE}", f"old.example.org. A {FIRST}", f"gone.example.org. A {FIRST}", f"wild.example.org. A {SECOND}"]


def serial_of(certificate):
    text = subprocess.run(["openssl", "x509", "-in", certificate.pem, "-noout", "-serial"], check=True, capture_output=True, text=True).stdout
    return text.strip().partition("=")[2]


class UnseenCase(ScmCase):
    def setUp(self):
        super().setUp()
        self.met = Certificate(self.folder, "met.example.org")
        other = Certificate(self.folder, "default.example.org")
        self.web = Nginx(self.folder, [(FIRST, None, other), (FIRST, "met.example.org", self.met)])
        self.addCleanup(self.web.close)
        self.dns = Dns(self.folder, RECORDS)
        self.addCleanup(self.dns.close)
        self.server = f"127.0.0.1:{self.dns.port}"

        def row(number, names, **fields):
            return {"id": number, "commonName": names[0], "subjectAlternativeNames": names, "orgId": 101, "status": "Issued", "validationType": "OV",
                    "requestedVia": "REST API", "requester": "Ada", "serialNumber": f"{number + (1 << 70):X}", "expires": "2099-01-01", **fields}
        data = tenant()
        data["certificates"] = [
            row(1, ["met.example.org"], serialNumber=serial_of(self.met)), row(2, ["lost.example.org"]), row(3, ["two.example.org", "lost.example.org"]),
            row(4, ["far.example.org"]), row(5, ["old.example.org"], expires="2020-01-01"), row(6, ["gone.example.org"], status="Revoked"),
            row(7, ["*.wild.example.org"]), row(8, ["nowhere.example.org"]), row(9, ["lost.example.org"], validationType=None, requestedVia="Discovery")]
        self.start(data)

    def pull(self, *words, **options):
        return self.run_program("scm", "pull", *words, **options)

    def scan_web(self, *words):
        return self.scan(FIRST, SECOND, "-p", f"{self.web.port}/tls", "--dns", self.server, "--key-types", "first", *words)

    def unseen(self, *words):
        done = self.run_program("report", "unseen", "--format", "json", *words)
        return {row["scm_id"]: row for row in json.loads(done.stdout)}

    def addresses(self):
        with sqlite3.connect(self.db) as db:
            return {(name, bytes(ip)[-4:]) for name, ip in db.execute("SELECT name, ip FROM name_address")}


class Report(UnseenCase):
    def test_managed_certificates_that_should_be_here_and_were_never_met(self):
        done = self.pull("--resolve", "--dns", self.server)
        self.assertIn("of them have an address", done.stdout)
        self.scan_web("--names-from", "seen,scm")
        rows = self.unseen()
        self.assertEqual(set(rows), {2, 3, 7})
        self.assertEqual((rows[2]["names"], rows[2]["addresses"], rows[2]["requester"]), (["lost.example.org"], [SECOND], "Ada"))
        self.assertEqual((rows[3]["names"], sorted(rows[3]["addresses"])), (["lost.example.org", "two.example.org"], [FIRST, SECOND]))
        self.assertEqual(rows[7]["names"], ["wild.example.org"])
        self.assertEqual((rows[2]["owner_organization"], rows[2]["owner_department"]), ("University", "Faculty of Science"))
        self.assertGreater(rows[2]["days_left"], 1000)
        self.assertTrue(rows[2]["resolved_at"])

    def test_ranges_are_what_was_scanned_or_what_is_given(self):
        self.pull("--resolve", "--dns", self.server)
        done = self.run_program("report", "unseen", "--format", "json")
        self.assertEqual(json.loads(done.stdout), [])
        self.assertIn("nothing was scanned yet", done.stderr)
        self.assertEqual(set(self.unseen("--range", "127.65.0.0/16")), {4})
        self.assertEqual(set(self.unseen("--range", "127.65.0.0/16", "--range", SECOND)), {2, 3, 4, 7})
        self.assertIn("--range 10.0.0.0/99", self.run_program("report", "unseen", "--range", "10.0.0.0/99", status=2).stderr)

    def test_rows_can_be_those_of_one_owner(self):
        self.pull("--resolve", "--dns", self.server)
        here = ("--range", "127.64.0.0/16")
        self.assertEqual(set(self.unseen(*here, "--owner", "university")), {1, 2, 3, 7})
        self.assertEqual(set(self.unseen(*here, "--owner", "University/Faculty of Science")), {1, 2, 3, 7})
        self.assertEqual(self.unseen(*here, "--owner", "University/Library"), {})
        self.assertEqual(self.unseen(*here, "--owner", "University Hospital"), {})

    def test_it_reads_only_and_says_what_is_missing(self):
        self.run_program("org", "add", "University")
        done = self.run_program("report", "unseen", "--range", "127.64.0.0/16")
        self.assertIn("there is no inventory of managed certificates yet", done.stderr)
        self.assertIn("scm pull --resolve", done.stderr)
        self.pull()
        self.assertIn("scm pull --resolve", self.run_program("report", "unseen", "--range", "127.64.0.0/16").stderr)
        self.assertEqual(self.dns.questions(), [])
        for form in ("table", "csv", "jsonl"):
            self.run_program("report", "unseen", "--range", "127.64.0.0/16", "--format", form)

    def test_a_name_that_has_moved_away_is_not_here_any_more(self):
        self.pull("--resolve", "--dns", self.server)
        self.assertIn(2, self.unseen("--range", SECOND))
        self.dns.change([record for record in RECORDS if not record.startswith("lost")] + [f"lost.example.org. A {OUTSIDE}"])
        self.pull("certificates", "--resolve", "--dns", self.server)
        self.assertNotIn(2, self.unseen("--range", SECOND))
        self.assertIn(2, self.unseen("--range", OUTSIDE))


class Resolving(UnseenCase):
    def test_a_pull_asks_the_dns_only_when_told_to(self):
        self.pull()
        self.assertEqual((self.dns.questions(), self.addresses()), ([], set()))
        self.pull("certificates", "--resolve", "--dns", self.server)
        self.assertIn(("wild.example.org", b"\x7f\x40\0\2"), self.addresses())

    def test_the_addresses_belong_to_the_network_that_is_named(self):
        self.pull("--resolve", "--dns", self.server, "--network", "lab")
        with sqlite3.connect(self.db) as db:
            self.assertEqual(db.execute("SELECT DISTINCT network FROM name_address").fetchall(), [("lab",)])
        self.assertIn("--network", self.pull("--resolve", "--network", "x" * 300, status=2).stderr)

    def test_what_the_dns_does_not_answer_stays_as_it_was(self):
        self.pull("--resolve", "--dns", self.server)
        before = self.addresses()
        slow = SlowDns()
        self.addCleanup(slow.close)
        begun = time.monotonic()
        done = self.pull("certificates", "--resolve", "--dns", f"127.0.0.1:{slow.port}")
        self.assertIn("the DNS did not answer for", done.stderr)
        self.assertEqual(self.addresses(), before)
        self.assertLess(time.monotonic() - begun, 60)

    def test_a_server_that_is_no_address_is_refused_before_the_pull(self):
        self.assertIn("DNS server", self.pull("--resolve", "--dns", "nowhere", status=2).stderr)
        self.assertFalse(self.db.exists())


class Scan(UnseenCase):
    def names(self, lines):
        return sorted(line["server_name"] for line in lines if line["server_name"])

    def test_names_of_the_inventory_are_tried_where_the_dns_puts_them(self):
        self.pull()
        lines = self.scan_web("--names-from", "scm")
        tried = self.names(lines)
        self.assertIn("met.example.org", tried)
        self.assertNotIn("far.example.org", tried)
        self.assertIn(self.met.sha256, [line.get("sha256") for line in lines])
        self.assertEqual({line["ip"] for line in lines if line["server_name"]}, {FIRST})
        self.assertIn(("lost.example.org", b"\x7f\x40\0\2"), self.addresses())
        row = next(row for row in json.loads(self.run_program("assets", "--format", "json").stdout) if row["server_name"] == "met.example.org")
        self.assertEqual((row["status"], row["scm_id"]), ("managed", 1))

    def test_without_a_store_it_is_said_that_there_are_none(self):
        words = (FIRST, "-p", f"{self.web.port}/tls", "--dns", self.server, "--no-store", "--format", "none")
        self.assertIn("names of the inventory", self.run_program("scan", *words, "--names-from", "scm").stderr)
        self.assertNotIn("names of the inventory", self.run_program("scan", *words, "--names-from", "ptr,seen").stderr)

    def test_by_default_the_inventory_is_no_source(self):
        self.pull()
        self.assertNotIn("met.example.org", self.names(self.scan_web("--names-from", "ptr,seen")))
        self.assertEqual([name for name, _ in self.dns.questions() if name.startswith("met.")], [])

    def test_limits_hold_for_them_as_for_others(self):
        self.pull()
        self.assertEqual(len(self.names(self.scan_web("--names-from", "scm", "--max-names", "2"))), 2)

    def test_where_nothing_was_met_nobody_is_asked(self):
        self.pull()
        self.scan(SECOND, "-p", f"{self.web.port}/tls", "--dns", self.server, "--names-from", "scm")
        self.assertEqual(self.dns.questions(), [])
