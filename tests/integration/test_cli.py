# SPDX-License-Identifier: Apache-2.0
"""The commands as a certificate officer types them: help, owners, rules, assets, certificates, opt-outs, and what
is said when something is wrong."""
import contextlib
import csv
import hashlib
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import PROGRAM, Case, Certificate, stop, tls_server

FORMULA = "=HYPERLINK(192.0.2.1)"


class Commands(Case):
    """Verbs of the commands, so that a test reads as what was typed and what came back."""

    def run_ok(self, *words, **options):
        return self.run_program(*words, **options).stdout

    def says(self, named, *words, status, **options):
        """The command fails with `status`, says `named` on stderr and prints no result."""
        done = self.run_program(*words, status=status, **options)
        self.assertIn(named, done.stderr)
        self.assertEqual(done.stdout, "")

    def rows(self, *words):
        return json.loads(self.run_ok(*words, "--format", "json"))

    def column(self, name, *words):
        return [row[name] for row in self.rows(*words)]


class Help(Commands):
    def every_command(self):
        for line in self.run_ok("--help").splitlines():
            found = re.match(r"  (\w+(?: \w+)*)  +\S", line)
            if found:
                yield found.group(1).split()

    def test_every_command_has_help_that_names_it_and_its_options(self):
        commands = list(self.every_command())
        self.assertIn(["rule", "explain"], commands)
        self.assertIn(["assets"], commands)
        self.assertIn(["scm", "push", "assets"], commands)
        for words in commands:
            with self.subTest(words=words):
                text = self.run_ok(*words, "--help")
                self.assertTrue(text.startswith("certscour " + " ".join(words)), text)
                self.assertIn("--db PATH", text)
                self.assertIn("--config PATH", text)

    def test_no_command_is_wrong_usage_with_the_list_of_all(self):
        self.says("assets unassign", status=2)
        self.assertIn("assets unassign", self.run_ok("help"))

    def test_a_group_without_verb_shows_its_verbs(self):
        self.says("certscour rule explain ENDPOINT|SHA256", "rule", status=2)
        self.says("certscour org rename OWNER NEW-NAME", "org", "frobnicate", status=2)
        self.assertIn("certscour rule explain ENDPOINT|SHA256", self.run_ok("rule", "--help"))

    def test_an_unknown_command_is_named(self):
        self.says('no command "asets"', "asets", status=2)

    def test_the_version_is_one_line(self):
        self.assertRegex(self.run_ok("--version"), r"^certscour \d+\.\d+\.\d+\n$")

    def test_wrong_words_and_options_are_named_with_the_usage(self):
        for named, words in (
                ("an argument is missing", ["org", "add"]),
                ('"B" is one argument too many', ["org", "add", "A", "B"]),
                ("--colour", ["org", "list", "--colour"]),
                ("-Z", ["org", "list", "-Z"]),
                ("--limit needs an argument", ["org", "list", "--limit"]),
                ('--limit "0": expected a whole number from 1', ["org", "list", "--limit", "0"]),
                ("--no-header takes no argument", ["org", "list", "--no-header=yes"])):
            with self.subTest(words=words):
                self.says(named, *words, status=2)
                self.assertIn("usage: certscour org", self.run_program(*words, status=2).stderr)


class Places(Commands):
    """Where database and configuration are looked for."""

    def databases(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.db"))

    def test_the_database_is_named_by_option_then_environment_then_configuration(self):
        config = self.folder / "own.conf"
        config.write_text(f"[db]\npath = {self.folder}/configured.db\n")
        self.run_ok("org", "add", "A", "--config", config, env={"CERTSCOUR_DB": ""})
        self.assertEqual(self.databases(), ["configured.db"])
        self.run_ok("org", "add", "A", "--config", config)
        self.assertEqual(self.databases(), ["certscour.db", "configured.db"])
        self.run_ok("org", "add", "A", "--config", config, "--db", self.folder / "given.db")
        self.assertEqual(self.databases(), ["certscour.db", "configured.db", "given.db"])

    @unittest.skipIf(Path("/var/lib/certscour/certscour.db").exists(), "this machine has a database of its own")
    def test_else_it_is_in_the_data_folder_of_the_user(self):
        self.run_ok("org", "add", "A", env={"CERTSCOUR_DB": ""} | {"XDG_DATA_HOME": ""})
        self.run_ok("org", "add", "A", env={"CERTSCOUR_DB": "", "XDG_DATA_HOME": str(self.folder / "data")})
        self.assertEqual(self.databases(), [".local/share/certscour/certscour.db", "data/certscour/certscour.db"])

    def test_reading_never_makes_a_database(self):
        for words in (["org", "list"], ["rule", "list"], ["assets"], ["scan", "list"], ["exclude", "list"],
                      ["rule", "test"], ["rule", "export"], ["cert", "show", "192.0.2.1:443"]):
            with self.subTest(words=words):
                self.says("no database", *words, status=1)
        self.assertIn("none yet", self.run_ok("status"))
        self.assertEqual(self.databases(), [])

    def test_a_wrong_configuration_is_named_with_its_line(self):
        config = self.folder / "own.conf"
        config.write_text("[scan]\nrate = 10\nspeed = 3\n")
        self.says(f"{config}:3: unknown key [scan] speed", "org", "list", "--config", config, status=2)
        self.says(f"{config}:3: unknown key [scan] speed", "org", "list", env={"CERTSCOUR_CONFIG": str(config)},
                  status=2)
        self.says("/nonexistent: No such file", "org", "list", "--config", "/nonexistent", status=2)


class Owners(Commands):
    def test_organizations_and_departments_come_and_go(self):
        self.run_ok("org", "add", "University")
        self.run_ok("org", "add", "University/Science")
        self.run_ok("org", "add", r"University/Arts\/Letters")
        self.assertEqual(self.column("owner", "org", "list"),
                         ["University", r"University/Arts\/Letters", "University/Science"])
        self.assertEqual(self.column("department", "org", "list"), [None, "Arts/Letters", "Science"])
        self.run_ok("org", "rename", "University/Science", "Faculty of Science")
        self.run_ok("org", "rename", "University", "University of Examples")
        self.run_ok("org", "remove", r"University of Examples/Arts\/Letters")
        self.assertEqual(self.column("owner", "org", "list"),
                         ["University of Examples", "University of Examples/Faculty of Science"])

    def test_mistakes_are_named(self):
        self.run_ok("org", "add", "University")
        self.run_ok("org", "add", "University/Science")
        self.says('"UNIVERSITY" exists already', "org", "add", "UNIVERSITY", status=1)
        self.says('no organization "Elsewhere"', "org", "add", "Elsewhere/Science", status=1)
        self.says("department name is empty", "org", "add", "University/", status=2)
        self.says("organization name is empty", "org", "add", "", status=2)
        self.says("remove those first", "org", "remove", "University", status=2)
        self.says("without a slash", "org", "rename", "University", "a/b", status=2)
        self.says("nothing to set", "org", "set", "University", status=2)

    def test_contacts_are_set_one_by_one_and_cleared(self):
        self.run_ok("org", "add", "University")
        self.run_ok("org", "set", "University", "--mail", "certs@university.example")
        self.run_ok("org", "set", "University", "--webhook-file", "/etc/certscour/hook")
        row, = self.rows("org", "list")
        self.assertEqual((row["mail"], row["webhook_file"]), ("certs@university.example", "/etc/certscour/hook"))
        self.run_ok("org", "set", "University", "--mail", "")
        row, = self.rows("org", "list")
        self.assertEqual((row["mail"], row["webhook_file"]), (None, "/etc/certscour/hook"))


class Rules(Commands):
    def setUp(self):
        super().setUp()
        self.run_ok("org", "add", "University")
        self.run_ok("org", "add", "University/Science")

    def add(self, name, match, owner="University"):
        return self.run_program("rule", "add", name, "--match", match, "--assign", owner)

    def names(self):
        return self.column("name", "rule", "list")

    def test_rules_keep_their_order_and_can_be_changed(self):
        done = self.add("first", "port = 443")
        self.assertIn("certscour rule apply", done.stderr)
        self.add("second", "port = 8443", "University/Science")
        self.add("third", "self_signed is true")
        self.assertEqual(self.names(), ["first", "second", "third"])
        self.run_ok("rule", "move", "third", "--before", "first")
        self.run_ok("rule", "move", "first")
        self.assertEqual(self.names(), ["third", "second", "first"])
        self.run_ok("rule", "edit", "second", "--name", "2nd", "--match", "port = 9443", "--assign", "University")
        row, = self.rows("rule", "show", "2nd")
        self.assertEqual(row, {"position": 2, "name": "2nd", "match": "port = 9443", "assign": "University"})
        self.run_ok("rule", "remove", "third")
        self.assertEqual(self.names(), ["2nd", "first"])

    def test_a_wrong_condition_is_named_with_line_and_column(self):
        for match, place in (('common_name ends_wth "x"', "line 1, column 13"),
                             ("port = 443 and\n  prt = 1", "line 2, column 3"),
                             ('name matches_regex "("', "line 1, column 20"),
                             ("port = ", "line 1, column 8"),
                             ("finding = expired", "line 1, column 1")):
            with self.subTest(match=match):
                self.says(place, "rule", "add", "wrong", "--match", match, "--assign", "University", status=2)
        self.add("right", "port = 443")
        self.says("line 1, column 8", "rule", "edit", "right", "--match", "port = ", status=2)
        self.assertEqual(self.column("match", "rule", "list"), ["port = 443"])

    def test_other_mistakes_are_named(self):
        self.add("taken", "port = 443")
        self.says('a rule "TAKEN"', "rule", "add", "TAKEN", "--match", "port = 1", "--assign", "University", status=1)
        self.says('no organization "Nobody"; add it with', "rule", "add", "r", "--match", "port = 1", "--assign",
                  "Nobody", status=1)
        self.says("--match EXPR and --assign OWNER", "rule", "add", "r", "--match", "port = 1", status=2)
        self.says("nothing to change", "rule", "edit", "taken", status=2)
        for words in (["show"], ["remove"], ["move"], ["edit", "--name", "x"]):
            self.says('no rule "absent"', "rule", *words[:1], "absent", *words[1:], status=1)
        self.says('no rule "absent"', "rule", "move", "taken", "--before", "absent", status=1)
        self.says("1 departments", "org", "remove", "University", status=2)
        self.run_ok("org", "remove", "University/Science")
        self.says("1 rules", "org", "remove", "University", status=2)

    def test_an_export_comes_back_as_it_was(self):
        self.add("quoted \"name\"", 'common_name = "a \\"b\\""')
        self.add("list", "port in (443, 8443)", "University/Science")
        before = self.rows("rule", "list")
        file = self.folder / "rules.json"
        self.run_ok("rule", "export", file)
        self.assertEqual(json.loads(file.read_text()), json.loads(self.run_ok("rule", "export")))
        self.run_ok("rule", "import", file, "--replace")
        self.assertEqual(self.rows("rule", "list"), before)
        self.run_ok("rule", "import", "-", "--replace", stdin=file.read_text())
        self.assertEqual(self.rows("rule", "list"), before)

    def test_an_import_happens_whole_or_not_at_all(self):
        self.add("kept", "port = 443")
        file = self.folder / "rules.json"

        def refused(text, named, status):
            file.write_text(text)
            self.says(named, "rule", "import", file, "--replace", status=status)
            self.assertEqual(self.names(), ["kept"])

        def rules(*rows):
            return json.dumps({"version": 1, "rules": [{"name": n, "match": m, "assign": a} for n, m, a in rows]})
        refused("{", "rules.json: not valid JSON at line 1", 2)
        refused(rules(("new", "port = ", "University")), "column 8", 2)
        refused(rules(("a", "port = 1", "University"), ("b", "port = 1", "Nobody"),
                      ("c", "port = 1", "University/Arts"), ("d", "port = 1", "Nobody")),
                "makes them): Nobody, University/Arts\n", 1)
        file.write_text(rules(("new", "port = 1", "Nobody"), ("kept", "port = 1", "University")))
        self.says('a rule "kept" already', "rule", "import", file, "--create-owners", status=1)
        self.assertNotIn("Nobody", self.column("owner", "org", "list"))
        file.write_text(rules(("new", "port = 1", "Nobody/Department")))
        self.run_ok("rule", "import", file, "--replace", "--create-owners")
        self.assertEqual(self.names(), ["new"])
        self.assertIn("Nobody/Department", self.column("owner", "org", "list"))

    def test_a_file_that_cannot_be_read_or_written_is_named(self):
        self.says("/nonexistent: No such file", "rule", "import", "/nonexistent", status=2)
        self.says("/nonexistent/rules: No such file", "rule", "export", "/nonexistent/rules", status=1)

    def test_the_fields_say_where_they_can_be_asked(self):
        fields = {row["field"]: row for row in self.rows("rule", "fields")}
        self.assertLess({"common_name", "organization", "ip", "not_after", "self_signed", "finding"}, set(fields))
        self.assertIn("in_domain", fields["name"]["operators"])
        self.assertNotIn("in_domain", fields["port"]["operators"])
        self.assertEqual((fields["name"]["use"], fields["finding"]["use"]), ("rules, --where", "--where"))


class Exclusions(Commands):
    def test_an_opt_out_is_kept_in_one_form(self):
        self.run_ok("exclude", "add", "192.0.2.77/24", "--reason", "asked by mail")
        self.run_ok("exclude", "add", "Host.Example", "--reason", "fragile", "--until", "2099-01-01")
        rows = {row["range"]: row for row in self.rows("exclude", "list")}
        self.assertEqual(set(rows), {"192.0.2.0/24", "host.example"})
        self.assertEqual((rows["192.0.2.0/24"]["reason"], rows["192.0.2.0/24"]["until"]), ("asked by mail", None))
        self.assertEqual(rows["host.example"]["until"], "2099-01-01T00:00:00Z")
        self.says("excluded already", "exclude", "add", "192.0.2.0/24", "--reason", "again", status=1)
        self.run_ok("exclude", "remove", "192.0.2.0-192.0.2.255")
        self.assertEqual(self.column("range", "exclude", "list"), ["host.example"])
        self.says("no exclusion 192.0.2.0/24", "exclude", "remove", "192.0.2.0/24", status=1)

    def test_mistakes_are_named(self):
        for named, words in (("--reason", ["192.0.2.0/24"]),
                             ("no port", ["host.example:443", "--reason", "x"]),
                             ("192.0.2.0/33", ["192.0.2.0/33", "--reason", "x"]),
                             ("in the past", ["192.0.2.1", "--reason", "x", "--until", "2020-01-01"]),
                             ("expected a date", ["192.0.2.1", "--reason", "x", "--until", "soon"])):
            with self.subTest(words=words):
                self.says(named, "exclude", "add", *words, status=2)


def expire(certificate):
    """Signs it again, valid for no longer than this second."""
    subprocess.run(["openssl", "x509", "-in", certificate.pem, "-signkey", certificate.key, "-days", "0", "-out",
                    certificate.pem], check=True, capture_output=True)
    certificate.sha256 = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.pem.read_text())).hexdigest()


class Estate(Commands):
    """Six services on loopback, scanned once; each test works on a copy of that database."""

    SERVICES = [  # address, common name, days, subject
        ("127.30.0.1", "www.science.university.example", 90, "/O=University/CN=www.science.university.example"),
        ("127.30.0.2", "mail.science.university.example", 10, None),
        ("127.30.0.3", "www.library.university.example", 90, None),
        ("127.30.0.4", "old.hospital.example", 0, "/O=Hospital/CN=old.hospital.example"),
        ("127.30.0.5", "strange.example", 90, f"/O={FORMULA}/CN=\x1b[31mred"),
        ("127.30.0.6", "*.library.university.example", 400, None),
    ]
    shared = None
    endpoints = []
    hashes = []

    @classmethod
    def setUpClass(cls):
        if Estate.shared is None:
            Estate.shared = Path(tempfile.mkdtemp(prefix="certscour-it-"))
            unittest.addModuleCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
            cls.serve_all()
            time.sleep(1.5)  # the certificate of no days has expired now
            cls.scan_all()

    @classmethod
    def serve_all(cls):
        for address, name, days, subject in cls.SERVICES:
            certificate = Certificate(cls.shared, name, days=days or 1,
                                      extra=["-subj", subject] if subject else [])
            if days == 0:
                expire(certificate)
            server = tls_server(certificate, address=address)
            unittest.addModuleCleanup(server.close)
            cls.endpoints.append(f"{address}:{server.port}")
            cls.hashes.append(certificate.sha256)

    @classmethod
    def scan_all(cls):
        env = {key: value for key, value in os.environ.items() if not key.startswith("CERTSCOUR")}
        subprocess.run([PROGRAM, "scan", *(f"{endpoint}/tls" for endpoint in cls.endpoints), "--rate", "0", "--format",
                        "none", "--db", cls.shared / "scanned.db"], check=True, capture_output=True, timeout=120,
                       env=env | {"HOME": str(cls.shared)})

    def setUp(self):
        super().setUp()
        for part in self.shared.glob("scanned.db*"):
            shutil.copy(part, self.folder / part.name.replace("scanned", "certscour"))

    def found(self, *words):
        """Numbers of the services that `certscour assets WORDS` lists."""
        return [self.endpoints.index(endpoint) for endpoint in self.column("endpoint", "assets", *words)]

    def own(self):
        """Two owners, and four rules of which two take something."""
        self.run_ok("org", "add", "University")
        self.run_ok("org", "add", "University/Science")
        for name, match, owner in (("science", "name in_domain science.university.example", "University/Science"),
                                   ("all", "name in_domain university.example", "University"),
                                   ("never", "name in_domain nothing.example", "University"),
                                   ("shadow", 'common_name ends_with "library.university.example"', "University")):
            self.run_ok("rule", "add", name, "--match", match, "--assign", owner)


class Assets(Estate):
    def test_all_are_listed_in_order_of_address(self):
        self.assertEqual(self.found(), [0, 1, 2, 3, 4, 5])
        self.assertEqual(self.column("sha256", "assets"), self.hashes)

    def test_filters_of_their_own(self):
        self.assertEqual(self.found("--expired"), [3])
        self.assertEqual(self.found("--expiring"), [])  # 20 of its 20 days are left
        self.assertEqual(self.found("--expiring=100d"), [0, 1, 2, 4])
        self.assertEqual(self.found("--expiring=5"), [])
        self.assertEqual(self.found("--finding", "expired"), [3])
        self.assertEqual(self.found("--finding", "not-yet-valid"), [])
        self.assertEqual(self.found("--state", "gone"), [])
        self.assertEqual(self.found("--state", "all", "--unassigned"), [0, 1, 2, 3, 4, 5])

    def test_expressions(self):
        for where, numbers in (("name in_domain library.university.example", [2, 5]),
                               ("wildcard is true", [5]),
                               ("organization = HOSPITAL", [3]),
                               ("ip in (127.30.0.1, 127.30.0.4/31) and not finding = expired", [0, 4]),
                               ('common_name matches_regex "^(www|old)\\."', [0, 2, 3]),
                               ('finding = expired or common_name matches_regex "^mail"', [1, 3]),
                               ("days_left < 0", [3]),
                               ("lifetime_days >= 400", [5]),
                               ("owner_organization is empty", [0, 1, 2, 3, 4, 5]),
                               ("port < 1", [])):
            with self.subTest(where=where):
                self.assertEqual(self.found("--where", where), numbers)
        self.assertEqual(self.found("--where", "days_left < 0 or wildcard is true", "--expired"), [3])

    def test_expiring_is_one_setting_for_option_and_finding(self):
        config = self.folder / "own.conf"
        for setting, numbers in (("warning = 25d", [1]), ("warning = 100%\ncritical = 100%", [0, 1, 2, 4, 5]), ("warning = 90%,15d", [])):
            config.write_text(f"[findings]\n{setting}\n")
            with self.subTest(setting=setting):
                self.assertEqual(self.found("--expiring", "--config", config), numbers)
                self.assertEqual(self.found("--finding", "expiring", "--config", config), numbers)
                self.assertEqual(self.found("--where", "not finding = expiring", "--config", config),
                                 [number for number in range(6) if number not in numbers])
        for setting in ("warning = soon", "critical = 0", "warning = 101%", "warning ="):
            config.write_text(f"[findings]\n{setting}\n")
            with self.subTest(setting=setting):
                self.says("33%,30d", "assets", "--config", config, status=2)

    def test_the_table_of_findings_is_listed(self):
        rows = json.loads(self.run_ok("findings", "--format", "json"))
        names = [row["finding"] for row in rows]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({"expired", "not-yet-valid", "expiring", "self-signed", "roca"}, set(names))
        self.assertTrue(all(row["reason"] and row["advice"] and row["source"] for row in rows))
        self.assertEqual({row["severity"] for row in rows}, {"info", "warning", "critical"})

    def test_wrong_values_are_named_with_what_is_allowed(self):
        for named, words in (("line 1, column 8", ["--where", "port = "]),
                             ("column 9", ["--where", "port = 1) or (port > 0"]),
                             ("live, gone, moved, all", ["--state", "dead"]),
                             ("self-signed", ["--finding", "ugly"]),
                             ("number of days", ["--expiring=soon"]),
                             ("table, json, jsonl, csv", ["--format", "xml"]),
                             ('no column "colour"; there are endpoint', ["--columns", "endpoint,colour"]),
                             ('no column "colour"', ["--sort", "-colour"]),
                             ("expected one character", ["--format", "csv", "--csv-separator", "ab"])):
            with self.subTest(words=words):
                self.says(named, "assets", *words, status=2)
        self.says('no organization "Nobody"', "assets", "--owner", "Nobody", status=1)

    def test_every_promised_field_is_there(self):
        row = self.rows("assets")[0]
        self.assertLess({
            "endpoint", "ip", "port", "protocol", "server_name", "host_name", "network", "state", "common_name",
            "subject", "organization", "issuer_common_name", "issuer", "serial", "not_before", "not_after",
            "days_left", "lifetime_days", "dns_names", "ip_addresses", "key_type", "key_bits",
            "signature_algorithm", "self_signed", "tls_version", "lane", "sha256", "chain", "first_seen",
            "last_seen", "status", "owner", "owner_organization", "owner_department", "rule", "findings",
            "accepted_until", "scm_id", "scm_state", "requester"}, set(row))
        self.assertEqual((row["ip"], row["state"], row["status"], row["key_type"], row["key_bits"]),
                         ("127.30.0.1", "live", "unknown", "ecdsa", 256))
        self.assertEqual((row["organization"], row["dns_names"], row["chain"]),
                         ("University", ["www.science.university.example"], [row["sha256"]]))
        self.assertLessEqual({"self-signed", "ca-certificate-as-leaf"}, set(row["findings"]))
        self.assertIsNone(row["owner"])
        self.assertRegex(row["not_after"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_formats_tell_the_same(self):
        columns = ("--columns", "endpoint,common_name,key_bits,self_signed")
        rows = json.loads(self.run_ok("assets", *columns, "--format", "json"))
        lines = [json.loads(line) for line in self.run_ok("assets", *columns, "--format", "jsonl").splitlines()]
        self.assertEqual(lines, rows)
        self.assertEqual(list(rows[0]), ["endpoint", "common_name", "key_bits", "self_signed"])
        table = self.run_ok("assets", *columns).splitlines()
        self.assertEqual(table[0].split(), ["ENDPOINT", "COMMON", "NAME", "KEY", "BITS", "SELF", "SIGNED"])
        self.assertEqual([line.split()[0] for line in table[1:]], self.endpoints)
        self.assertEqual(self.run_ok("assets", *columns, "--no-header").splitlines()[0].split(), table[1].split())
        cells = list(csv.DictReader(io.StringIO(self.run_ok("assets", *columns, "--format", "csv"))))
        self.assertEqual([cell["endpoint"] for cell in cells], self.endpoints)
        self.assertEqual((cells[0]["key_bits"], cells[0]["self_signed"]), ("256", "true"))
        line = self.run_ok("assets", *columns, "--format", "csv", "--csv-separator", ";", "--no-header", "--limit", 1)
        self.assertEqual(line, f"{self.endpoints[0]};www.science.university.example;256;true\n")

    def test_sort_and_limit(self):
        self.assertEqual(self.found("--sort", "not_after", "--limit", "2"), [3, 1])
        self.assertEqual(self.found("--sort", "-days_left", "--limit", "1"), [5])
        self.assertEqual(self.found("--limit", "3"), [0, 1, 2])

    def test_text_from_certificates_is_harmless_everywhere(self):
        words = ("assets", "--where", "ip = 127.30.0.5", "--columns", "common_name,organization")
        self.assertNotIn("\x1b", self.run_ok(*words))
        self.assertIn("\\x1b[31mred", self.run_ok(*words))
        self.assertNotIn("\x1b", self.run_ok(*words, "--format", "json"))
        self.assertNotIn("\x1b", self.run_ok(*words, "--format", "csv"))
        cell, = csv.DictReader(io.StringIO(self.run_ok(*words, "--format", "csv")))
        self.assertEqual(cell["organization"], "'" + FORMULA)
        self.assertEqual(self.rows(*words)[0], {"common_name": "\x1b[31mred", "organization": FORMULA})
        for shown in (self.run_ok("cert", "show", self.endpoints[4]),
                      self.run_ok("cert", "show", self.endpoints[4], "--format", "text"),
                      self.run_ok("rule", "explain", self.endpoints[4]),
                      self.run_ok("rule", "test", "--match", "ip = 127.30.0.5")):
            self.assertNotIn("\x1b", shown)


class Assignment(Estate):
    def owners(self):
        return self.column("owner", "assets")

    def test_rules_take_assets_when_applied_and_not_before(self):
        self.own()
        self.assertEqual(self.owners(), [None] * 6)
        self.assertIn("4 assets", self.run_ok("rule", "apply"))
        self.assertEqual(self.owners(), ["University/Science", "University/Science", "University", None, None,
                                         "University"])
        self.assertEqual(self.column("rule", "assets"), ["science", "science", "all", None, None, "all"])
        self.assertIn("0 assets", self.run_ok("rule", "apply"))
        self.assertEqual(self.found("--owner", "University"), [0, 1, 2, 5])
        self.assertEqual(self.found("--owner", "University/Science"), [0, 1])
        self.assertEqual(self.found("--unassigned"), [3, 4])
        self.assertEqual({row["owner"]: row["assets"] for row in self.rows("org", "list")},
                         {"University": 2, "University/Science": 2})

    def test_a_dry_run_tells_what_each_rule_takes_and_changes_nothing(self):
        self.own()
        done = self.run_program("rule", "test", "--format", "json")
        self.assertEqual([(row["name"], row["takes"], row["matches"]) for row in json.loads(done.stdout)],
                         [("science", 2, 2), ("all", 2, 4), ("never", 0, 0), ("shadow", 0, 2)])
        remarks = [row["remark"] or "" for row in json.loads(done.stdout)]
        self.assertEqual(remarks[:2], ["", ""])
        self.assertIn("matches nothing", remarks[2])
        self.assertIn("never reached", remarks[3])
        self.assertIn("nobody would own 2", done.stderr)
        tried = self.run_ok("rule", "test", "--match", "name in_domain science.university.example")
        self.assertIn("2 of 6 live assets match", tried)
        self.assertIn(self.endpoints[1], tried)
        self.assertNotIn(self.endpoints[2], tried)
        self.assertEqual(self.owners(), [None] * 6)

    def test_an_explanation_follows_the_rules_in_order(self):
        self.own()
        lines = self.run_ok("rule", "explain", self.endpoints[2]).splitlines()
        self.assertIn('"science" does not match', lines[1])
        self.assertIn("www.library.university.example", lines[1])
        self.assertIn('"all" takes it', lines[2])
        self.assertEqual(lines[3].strip(), "so it belongs to University")
        self.assertIn("so nobody owns it", self.run_ok("rule", "explain", self.hashes[3][:12]))
        self.says("no asset is known there", "rule", "explain", "192.0.2.1:443", status=1)
        self.says("expected an endpoint", "rule", "explain", "what", status=2)

    def test_an_assignment_by_hand_wins_until_it_is_taken_back(self):
        self.own()
        self.run_ok("rule", "apply")
        self.says("--reason", "assets", "assign", self.endpoints[3], "University", status=2)
        self.says('"Nobody"', "assets", "assign", self.endpoints[3], "Nobody", "--reason", "x", status=1)
        self.says("no asset", "assets", "assign", "192.0.2.1:443", "University", "--reason", "x", status=1)
        self.assertIn("1 assets", self.run_ok("assets", "assign", self.hashes[2], "University/Science", "--reason",
                                              "moved house"))
        self.run_ok("assets", "assign", self.endpoints[3], "University", "--reason", "asked")
        self.run_ok("rule", "apply")
        self.assertEqual(self.owners()[2:4], ["University/Science", "University"])
        self.assertIn("assigned by hand to University/Science: moved house",
                      self.run_ok("rule", "explain", self.endpoints[2]))
        self.says("remove those first", "org", "remove", "University/Science", status=2)
        self.says("nothing is assigned by hand to that endpoint", "assets", "unassign", self.endpoints[2], status=1)
        self.run_ok("assets", "unassign", self.hashes[2])
        self.run_ok("assets", "unassign", self.endpoints[3])
        self.assertEqual(self.owners()[2:4], ["University", None])

    def test_an_endpoint_taken_back_falls_to_the_assignment_of_its_certificate(self):
        self.own()
        self.run_ok("assets", "assign", self.hashes[3], "University/Science", "--reason", "wherever it is served")
        self.run_ok("assets", "assign", self.endpoints[3], "University", "--reason", "but here")
        self.assertEqual(self.owners()[3], "University")
        self.run_ok("assets", "unassign", self.endpoints[3])
        self.assertEqual(self.owners()[3], "University/Science")
        self.run_ok("assets", "unassign", self.hashes[3])
        self.assertIsNone(self.owners()[3])

    def test_a_renamed_owner_keeps_its_assets(self):
        self.own()
        self.run_ok("rule", "apply")
        self.run_ok("org", "rename", "University/Science", "Sciences")
        self.assertEqual(self.found("--owner", "University/Sciences"), [0, 1])


class CertificateShow(Estate):
    def test_by_endpoint_hash_or_prefix(self):
        for name in (self.endpoints[0], self.hashes[0], self.hashes[0][:8].upper()):
            shown = json.loads(self.run_ok("cert", "show", name, "--format", "json"))
            self.assertEqual(shown["sha256"], self.hashes[0])
            self.assertEqual([asset["endpoint"] for asset in shown["assets"]], [self.endpoints[0]])
            self.assertEqual(shown["chain"], [self.hashes[0]])

    def test_each_format(self):
        table = self.run_ok("cert", "show", self.endpoints[3])
        self.assertIn("old.hospital.example", table)
        self.assertRegex(table, r"findings +expired")
        self.assertIn(f"served at             {self.endpoints[3]} (live)", table)
        pem = self.run_ok("cert", "show", self.endpoints[3], "--format", "pem")
        self.assertEqual(pem, (self.shared / "old.hospital.example-ec.pem").read_text())
        text = self.run_ok("cert", "show", self.endpoints[3], "--format", "text")
        self.assertIn("Subject: O=Hospital, CN=old.hospital.example", text.replace(" = ", "="))

    def test_mistakes_are_named(self):
        self.says("table, json, pem, text", "cert", "show", self.endpoints[0], "--format", "csv", status=2)
        self.says("8 to 64 hex digits", "cert", "show", self.hashes[0][:7], status=2)
        self.says("is stored", "cert", "show", "00" * 32, status=1)
        self.says("no asset is known", "cert", "show", "192.0.2.1:443", status=1)


class Scans(Estate):
    def test_the_scan_is_listed_and_shown(self):
        row, = self.rows("scan", "list")
        self.assertEqual((row["scan"], row["state"], row["targets"], row["done"], row["certificates"]),
                         (1, "done", 6, 6, 6))
        shown = json.loads(self.run_ok("scan", "show", "1", "--format", "json"))
        self.assertEqual((shown["state"], shown["outcomes"]["certificate"]), ("done", 6))
        self.assertIn("6 certificate", self.run_ok("scan", "show", "1"))
        self.assertRegex(self.run_ok("status"), r"assets +6 live \(6 of nobody\)")

    def test_mistakes_are_named(self):
        self.says("no scan 7", "scan", "show", "7", status=1)
        self.says("expected the number of a scan", "scan", "show", "first", status=2)
        self.says("no running scan 1", "scan", "stop", "1", status=1)
        self.says("table, json", "scan", "show", "1", "--format", "csv", status=2)


class Output(Estate):
    def into(self, path, *words):
        with open(path, "w", encoding="utf-8") as out:
            return subprocess.run([PROGRAM, *words], stdout=out, stderr=subprocess.PIPE, text=True, env=self.env,
                                  timeout=120)

    def test_a_full_disk_is_told(self):
        for words in (["assets"], ["assets", "--format", "json"], ["assets", "--format", "csv"], ["rule", "export"],
                      ["cert", "show", self.endpoints[0]], ["rule", "fields"], ["rule", "explain", self.endpoints[0]],
                      ["rule", "apply"], ["rule", "test", "--match", "port > 0"], ["scan", "show", "1"], ["status"],
                      ["--version"], ["--help"], ["assets", "--help"], ["rule", "--help"]):
            with self.subTest(words=words):
                done = self.into("/dev/full", *words)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("No space left on device", done.stderr)

    def test_a_closed_reader_ends_a_listing(self):
        process = subprocess.Popen([PROGRAM, "rule", "fields", "--format", "jsonl"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.env)
        self.addCleanup(stop, process)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 1)
        process.stdout = open(os.devnull, encoding="utf-8")

    def test_a_pipe_gets_no_colour_and_no_cut_lines(self):
        names = self.run_ok("assets", env={"COLUMNS": "20", "TERM": "xterm-256color"})
        self.assertNotIn("\x1b", names)
        self.assertIn("mail.science.university.example", names)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main()
