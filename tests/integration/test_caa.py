# SPDX-License-Identifier: Apache-2.0
"""`certscour caa` against a DNS server of the test's own."""
import csv
import io
import json
import sqlite3
import time

from name_servers import CaaDns, issue
from scm import ScmCase, tenant
from support import Case

ZONE = {
    "org": [],
    "example.org": [issue("sectigo.com")],
    "www.example.org": [],
    "closed.example.org": [issue(";")],
    "other.example.org": [issue("ca.example"), issue("mailto:a@example.org", tag="iodef")],
    "wild.example.org": [issue("ca.example", tag="issuewild")],
    "onlywild.example.org": [issue("ca.example"), issue("Sectigo.com", tag="issuewild")],
    "brand.example.org": [issue("usertrust.com")],
    "account.example.org": [issue("sectigo.com; accounturi=https://acme.example/acct/1")],
    "critical.example.org": [issue("sectigo.com"), issue("x", flags=128, tag="tbs")],
    "broken.example.org": [issue("%%%%%")],
    "lied.example.org": [b"\0\xffissue"],
    "alias.example.org": "host.cdn.example",
    "host.cdn.example": [issue("ca.example")],
    "empty-alias.example.org": "bare.cdn.example",
    "bare.cdn.example": [],
    "cdn.example": [issue("never.example")],
    "round.example.org": "round.example.org",
    "servfail.example.org": "servfail",
    "refused.example.org": "refused",
    "referral.example.org": "referral",
    "silent.example.org": "silent",
    "garbage.example.org": "garbage",
    "big.example.org": "cut",
    "xn--bcher-kva.example.org": [issue("ca.example")],
}


class Caa(Case):
    def setUp(self):
        super().setUp()
        self.dns = CaaDns(ZONE)
        self.addCleanup(self.dns.close)

    def caa(self, *words, status=0, dns=None, **options):
        """Rows by name."""
        done = self.run_program("caa", "--dns", dns or self.dns.address, "--format", "json", *words, status=status, **options)
        return {row["name"]: row for row in json.loads(done.stdout)}

    def answers(self, name, issue_answer, wild_answer, status, *words):
        row = self.caa(name, *words, status=status)[name.removeprefix("*.")]
        self.assertEqual((row["issue"], row["issuewild"]), (issue_answer, wild_answer), row)
        return row


class Decisions(Caa):
    def test_the_nearest_records_on_the_way_up_decide(self):
        row = self.answers("deep.www.example.org", "allowed", "allowed", 0)
        self.assertEqual((row["owner"], row["at"], row["issue_record"]), ("example.org", "example.org", 'CAA 0 issue "sectigo.com"'))
        self.assertEqual((row["issue_flags"], row["issue_tag"], row["issue_value"]), (0, "issue", "sectigo.com"))
        self.assertEqual(self.dns.names(), ["deep.www.example.org", "www.example.org", "example.org"])

    def test_without_records_up_to_the_top_any_ca_may_issue(self):
        row = self.answers("www.example.net", "allowed", "allowed", 0)
        self.assertEqual((row["owner"], row["issue_record"], row["missing"]), (None, None, []))
        self.assertEqual(self.dns.names(), ["www.example.net", "example.net", "net"])

    def test_another_ca_alone_means_no_and_the_missing_record_is_told(self):
        row = self.answers("a.other.example.org", "denied", "denied", 1)
        self.assertEqual(row["issue_record"], 'CAA 0 issue "ca.example"')
        self.assertEqual(row["missing"], ['other.example.org. CAA 0 issue "sectigo.com"'])
        self.assertEqual(row["missing_generic"], [r"other.example.org. TYPE257 \# 18 000569737375657365637469676f2e636f6d"])
        self.answers("closed.example.org", "denied", "denied", 1)

    def test_wildcards_have_an_answer_of_their_own_and_the_exit_status_is_about_what_was_asked(self):
        row = self.answers("wild.example.org", "allowed", "denied", 0)
        self.assertEqual(row["missing"], ['wild.example.org. CAA 0 issuewild "sectigo.com"'])
        self.answers("*.wild.example.org", "allowed", "denied", 1)
        self.answers("onlywild.example.org", "denied", "allowed", 1)
        self.answers("*.onlywild.example.org", "denied", "allowed", 0)

    def test_a_ca_is_known_by_all_its_names_and_by_those_that_are_given(self):
        self.answers("brand.example.org", "allowed", "allowed", 0)
        self.answers("brand.example.org", "allowed", "allowed", 0, "--ca", "sectigo.com")
        self.answers("brand.example.org", "denied", "denied", 1, "--ca", "ca.example")
        row = self.answers("other.example.org", "allowed", "allowed", 0, "--ca", "third.example", "--ca", "CA.example")
        self.assertEqual(row["issue_value"], "ca.example")

    def test_conditions_are_no_plain_yes(self):
        row = self.answers("account.example.org", "restricted", "restricted", 0)
        self.assertIn("accounturi=https://acme.example/acct/1", row["issue_value"])

    def test_an_unknown_critical_record_forbids_and_no_record_helps(self):
        row = self.answers("critical.example.org", "denied", "denied", 1)
        self.assertEqual((row["issue_record"], row["missing"]), ('CAA 128 tbs "x"', []))

    def test_a_value_that_breaks_the_grammar_names_nobody(self):
        self.assertIn("malformed", self.answers("broken.example.org", "denied", "denied", 1)["issue_reason"])

    def test_the_records_of_an_alias_target_count_but_not_those_above_it(self):
        row = self.answers("alias.example.org", "denied", "denied", 1)
        self.assertEqual((row["owner"], row["at"]), ("host.cdn.example", "alias.example.org"))
        row = self.answers("empty-alias.example.org", "allowed", "allowed", 0)
        self.assertEqual(row["owner"], "example.org")

    def test_an_alias_that_the_server_does_not_follow_is_followed(self):
        dns = CaaDns(ZONE, follows=False)
        self.addCleanup(dns.close)
        self.assertEqual(self.caa("alias.example.org", dns=dns.address, status=1)["alias.example.org"]["owner"], "host.cdn.example")
        self.assertEqual(dns.names(), ["alias.example.org", "host.cdn.example"])


class Dns(Caa):
    def test_what_the_dns_does_not_answer_is_never_allowed(self):
        for name in ("servfail", "refused", "referral", "garbage", "lied", "round", "silent"):
            row = self.answers(f"{name}.example.org", "unknown", "unknown", 3)
            self.assertTrue(row["issue_reason"], row)
            self.assertEqual((row["at"], row["owner"], row["missing"]), (f"{name}.example.org", None, []))
        self.assertNotIn("example.org", self.dns.names())

    def test_a_refusal_counts_more_than_what_is_not_known(self):
        self.caa("servfail.example.org", "www.example.org", "other.example.org", status=1)
        self.caa("servfail.example.org", "www.example.org", status=3)

    def test_an_answer_too_long_for_udp_comes_over_tcp(self):
        self.answers("big.example.org", "allowed", "allowed", 0)
        self.assertEqual(self.dns.asked, [("big.example.org", "udp"), ("big.example.org", "tcp")])

    def test_the_server_may_have_an_ipv6_address(self):
        dns = CaaDns(ZONE, address="::1")
        self.addCleanup(dns.close)
        self.assertEqual(self.caa("example.org", dns=dns.address)["example.org"]["issue"], "allowed")

    def test_a_thousand_names_ask_for_what_they_share_once(self):
        names = [f"w{n}.example.org" for n in range(1000)]
        path = self.folder / "names"
        path.write_text("# ours\n" + "\n".join(names) + "  # the last\n")
        rows = self.caa("-i", path)
        self.assertEqual(list(rows), names)
        self.assertEqual({row["owner"] for row in rows.values()}, {"example.org"})
        self.assertEqual(sum(name == "example.org" for name in self.dns.names()), 1)

    def test_a_dns_that_is_silent_to_all_is_left_alone(self):
        dns = CaaDns({f"w{n}.example.org": "silent" for n in range(200)})
        self.addCleanup(dns.close)
        begun = time.monotonic()
        rows = self.caa(*(f"w{n}.example.org" for n in range(200)), dns=dns.address, status=3)
        self.assertEqual({row["issue"] for row in rows.values()}, {"unknown"})
        self.assertLess(len(set(dns.names())), 200)
        self.assertLess(time.monotonic() - begun, 60)

    def test_the_configuration_may_name_the_server(self):
        conf = self.folder / "dns.conf"
        conf.write_text(f"[dns]\nservers = {self.dns.address}\n")
        done = self.run_program("caa", "example.org", "--config", conf, "--format", "csv", "--columns", "name,issue", "--no-header")
        self.assertEqual(done.stdout, "example.org,allowed\n")


class Usage(Caa):
    def test_names_may_be_international(self):
        self.answers("xn--bcher-kva.example.org", "denied", "denied", 1)
        self.assertIn("xn--bcher-kva.example.org", self.caa("Bücher.example.org.", status=1))

    def test_what_is_no_name_is_refused_before_anything_is_asked(self):
        for word, part in (("192.0.2.1", "is an address"), ("2001:db8::1", "is an address"), ("a..example", "a..example"), ("*", "*")):
            self.assertIn(part, self.run_program("caa", "example.org", word, "--dns", self.dns.address, status=2).stderr)
        self.assertIn("--ca", self.run_program("caa", "example.org", "--ca", "no_/ca", status=2).stderr)
        self.assertIn("DNS server", self.run_program("caa", "example.org", "--dns", "nowhere", status=2).stderr)
        path = self.folder / "names"
        path.write_text("www.example.org\ntwo names\n")
        self.assertIn(f"{path}:2: expected one name a line", self.run_program("caa", "-i", path, status=2).stderr)
        self.assertEqual(self.dns.asked, [])

    def test_the_table_ends_with_the_missing_records_each_once(self):
        done = self.run_program("caa", "a.other.example.org", "b.other.example.org", "--dns", self.dns.address, status=1)
        self.assertEqual(done.stdout.splitlines()[-3:], [
            "missing for sectigo.com, each in both syntaxes of zone files:", 'other.example.org. CAA 0 issue "sectigo.com"',
            r"other.example.org. TYPE257 \# 18 000569737375657365637469676f2e636f6d"])

    def test_text_of_a_zone_is_harmless_in_every_format(self):
        self.dns.zone["evil.example.org"] = [issue("=cmd()\x1b[2J")]
        for form in ("table", "csv", "json", "jsonl"):
            done = self.run_program("caa", "evil.example.org", "--dns", self.dns.address, "--format", form, status=1)
            self.assertNotIn("\x1b", done.stdout)
        done = self.run_program("caa", "evil.example.org", "--dns", self.dns.address, "--format", "csv", "--columns", "issue_value",
                                "--no-header", status=1)
        self.assertFalse(next(csv.reader(io.StringIO(done.stdout)))[0].startswith("="))

    def test_without_names_and_inventory_it_says_so(self):
        self.assertIn("no database yet", self.run_program("caa", "--dns", self.dns.address, status=1).stderr)
        self.run_program("org", "add", "University")
        done = self.run_program("caa", "--dns", self.dns.address, status=1)
        self.assertIn("no domains in the inventory (certscour scm pull)", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_rows_beyond_the_limit_count_for_the_exit_status(self):
        rows = self.caa("example.org", "other.example.org", "--limit", "1", status=1)
        self.assertEqual(list(rows), ["example.org"])


class Inventory(ScmCase):
    def test_without_names_the_domains_of_the_inventory_are_asked_about(self):
        data = tenant()
        for domain, name in zip(data["domains"], ("example.org", "*.example.org", "*.wild.example.org", "wild.example.org")):
            domain["name"] = name
        data["domains"] = data["domains"][:4]
        self.start(data)
        self.run_program("scm", "pull", "domains")
        dns = CaaDns(ZONE)
        self.addCleanup(dns.close)
        with sqlite3.connect(self.db) as db:  # as another certificate manager would have brought them
            db.execute("INSERT INTO inventory_domain (provider, external_id, staged, name) VALUES ('other', 9, 0, 'other.example.org')")
            db.execute("INSERT INTO inventory_domain (provider, external_id, staged, name) VALUES ('other', 8, 0, 'example.org')")
        done = self.run_program("caa", "--dns", dns.address, "--format", "csv", "--columns", "name,issue,issuewild", status=1)
        self.assertEqual(done.stdout.split(), ["name,issue,issuewild", "example.org,allowed,allowed", "other.example.org,denied,denied", "wild.example.org,allowed,denied"])
