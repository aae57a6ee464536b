# SPDX-License-Identifier: Apache-2.0
"""`scm pull` against the pretend SCM: what it keeps, that a failed or interrupted one spoils nothing, and that the next
one goes on."""
import contextlib
import hashlib
import json
import signal
import sqlite3
import ssl
import subprocess
import time

from scm import TOKEN_PATH, ScmCase, tenant
from support import Certificate, tls_server

MANY = 450


def many(count=MANY):
    data = tenant()
    data["certificates"] = [
        {"id": n, "commonName": f"c{n}.example", "orgId": 100, "status": "Issued", "validationType": "OV",
         "requestedVia": "REST API", "serialNumber": f"{n + (1 << 70):X}", "subjectAlternativeNames": [f"c{n}.example"]}
        for n in range(1, count + 1)]
    return data


class PullCase(ScmCase):
    def pull(self, *words, **options):
        return self.run_program("scm", "pull", *words, **options)

    def fails(self, part, *words, status=1):
        done = self.pull(*words, status=status)
        self.assertIn(part, done.stderr)
        return done

    def sql(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def counts(self, table="inventory_certificate"):
        """(rows that count, rows put aside)"""
        return tuple(self.sql(f"SELECT count(*) FILTER (WHERE staged = 0), count(*) FILTER (WHERE staged = 1) "
                              f"FROM {table}")[0])

    def asked(self, prefix):
        return [call["url"] for call in self.scm.log() if call["url"].startswith(prefix)]


class Contents(PullCase):
    def test_everything_that_scm_tells_is_kept_in_one_form(self):
        self.start()
        done = self.pull()
        self.assertEqual(done.stdout.split()[:2], ["organizations", "4"])
        self.assertEqual(self.sql("SELECT external_id, parent_external_id, name FROM inventory_owner ORDER BY 1"), [
            (100, None, "University"), (101, 100, "Faculty of Science"), (102, 100, "Library"),
            (200, None, "University Hospital")])
        self.assertEqual(self.sql("SELECT name, state, delegation, organizations, validation, validation_method, "
                                  "date(validated_until, 'unixepoch') FROM inventory_domain ORDER BY external_id"), [
            ("university.example", "ACTIVE", "ACTIVE", "100", "VALIDATED", "CNAME_CSR_HASH", "2027-09-01"),
            ("*.university.example", "ACTIVE", "ACTIVE", None, "NOT_VALIDATED", None, None),
            ("hospital.example", "SUSPENDED", "REQUESTED", "200", "EXPIRED", "EMAIL", "2026-01-31")])
        self.assertEqual(self.sql("SELECT external_id, common_name, serial, lower(hex(sha1)), organization_id, state, managed,"
                                  " requester, date(issued, 'unixepoch'), date(expires, 'unixepoch'),"
                                  " date(revoked, 'unixepoch'), names FROM inventory_certificate ORDER BY 1"), [
            (1001, "www.university.example", "e0123456789abcdef0123456789abcde",
             "0123456789abcdef0123456789abcdef01234567", 100, "Issued", 1, "officer@university.example", "2026-09-01",
             "2027-09-01", None, "www.university.example\nuniversity.example"),
            (1002, "old.university.example", "0e12345678", "89abcdef0123456789abcdef0123456789abcdef", 101, "Revoked", 0,
             None, "2025-02-01", "2026-02-01", "2025-12-24", "old.university.example"),
            (1003, "new.university.example", None, "", 102, "Requested", 1, None, None, None, None, None)])

    def test_local_owners_of_equal_name_are_adopted_and_stay_so_under_another_name(self):
        self.start()
        for owner in ("university", "University/Library", "University Hospital", "University Hospital/Library"):
            self.run_program("org", "add", owner)
        self.assertIn("3 of them are owners here", self.pull("organizations").stdout)
        query = "SELECT i.external_id, o.name FROM inventory_owner i JOIN owner o ON o.id = i.owner_id ORDER BY 1"
        adopted = [(100, "university"), (102, "Library"), (200, "University Hospital")]
        self.assertEqual(self.sql(query), adopted)
        self.run_program("org", "rename", "University/Library", "Libraries")
        self.pull("organizations")
        self.assertEqual(self.sql(query), [adopted[0], (102, "Libraries"), adopted[2]])
        self.run_program("org", "remove", "University/Libraries")
        self.pull("organizations")
        self.assertEqual(self.sql(query), [adopted[0], adopted[2]])

    def mails(self):
        return dict(self.sql("SELECT name, mail FROM owner"))

    def test_contact_mails_are_proposed_and_taken_only_when_asked(self):
        self.start()
        for owner in ("University", "University/Library", "University/Faculty of Science", "University Hospital"):
            self.run_program("org", "add", owner)
        self.run_program("org", "set", "University", "--mail", "mine@university.example")
        proposal = "certscour org set University/Library --mail library@university.example  # the first of 2 addresses"
        self.assertEqual(self.pull("organizations").stdout.splitlines()[2:], [proposal])
        none = {"University": "mine@university.example", "Library": None, "Faculty of Science": None,
                "University Hospital": None}
        self.assertEqual(self.mails(), none)
        self.assertIn("University/Library: library@university.example", self.pull("organizations", "--take-mails").stdout)
        self.assertEqual(self.mails(), none | {"Library": "library@university.example"})
        self.asked("")  # reading the log empties it
        self.assertEqual(len(self.pull("organizations").stdout.splitlines()), 2)
        self.assertEqual([url.rsplit("/", 1)[1] for url in self.asked("/api/organization/v1/")], ["101", "200"])

    def test_a_proposed_command_does_in_a_shell_just_what_it_says(self):
        data = tenant()
        data["organizations"][0] |= {"name": "Uni's $(touch x)", "contactEmails": ["<it'`id`@university.example>"]}
        self.start(data)
        self.run_program("org", "add", "Uni's $(touch x)")
        line = self.pull("organizations").stdout.splitlines()[2]
        words = subprocess.run(["sh", "-c", line.replace("certscour", "printf '%s\\n'", 1)], check=True, capture_output=True,
                               text=True, cwd=self.folder).stdout.splitlines()
        self.assertEqual(words, ["org", "set", "Uni's $(touch x)", "--mail", "it'`id`@university.example"])
        self.assertFalse((self.folder / "x").exists())

    def test_refused_contact_mails_leave_the_pull_whole_and_fail_only_who_wants_them(self):
        self.start()
        self.run_program("org", "add", "University")
        self.scm.faults({"kind": "status", "status": 403, "code": -37, "path": "/api/organization/v1/", "times": 9})
        self.assertIn("no contact mails are proposed", self.pull("organizations").stderr)
        self.fails("code -37", "organizations", "--take-mails")
        self.assertEqual(self.counts("inventory_owner"), (4, 0))
        self.fails("goes with", "domains", "--take-mails", status=2)

    def test_only_what_is_named_is_pulled(self):
        self.start()
        self.pull("domains")
        self.assertEqual((self.counts("inventory_domain"), self.counts(), self.counts("inventory_owner")),
                         ((3, 0), (0, 0), (0, 0)))
        self.assertEqual(self.asked("/api/ssl"), [])

    def test_a_second_pull_replaces_the_first(self):
        self.start()
        self.pull()
        data = tenant()
        del data["certificates"][0]
        data["certificates"][0]["status"] = "Expired"
        self.scm.becomes(data)
        self.pull()
        self.assertEqual(self.sql("SELECT external_id, state FROM inventory_certificate ORDER BY 1"),
                         [(1002, "Expired"), (1003, "Requested")])

    def test_pages_that_overlap_give_each_certificate_once(self):
        self.start(many())
        self.scm.faults({"kind": "duplicates", "rows": 3})
        self.pull("certificates")
        self.assertEqual(self.counts(), (MANY, 0))

    def test_missing_and_null_fields_are_not_known(self):
        self.start()
        for kind in ("missing", "null"):
            self.scm.faults(*({"kind": kind, "field": field} for field in (
                "serialNumber", "certificateDetails", "orgId", "subjectAlternativeNames", "validationStatus",
                "dcvExpiration", "delegations")))
            self.pull()
            self.assertEqual(self.counts(), (3, 0))
            self.assertIn((None, None), self.sql("SELECT serial, sha1 FROM inventory_certificate"))

    def test_a_row_without_id_or_name_is_an_error(self):
        self.start()
        self.pull()
        for field, resource in (("sslId", "certificates"), ("id", "domains"), ("name", "domains"), ("name", "organizations")):
            with self.subTest(field=field, resource=resource):
                self.scm.faults({"kind": "null", "field": field})
                self.fails("a row without a usable id", resource)
        self.assertEqual(self.counts()[0], 3)

    def test_a_token_that_ends_in_mid_run_is_renewed(self):
        self.start(many(20))
        self.configure_token()
        self.scm.faults({"kind": "expire-tokens", "path": "/api/ssl/v1/", "after": 10, "times": 1})
        self.pull("certificates")
        self.assertEqual(self.counts(), (20, 0))
        self.assertEqual(len(self.asked(TOKEN_PATH)), 2)

    def test_one_that_vanished_since_the_list_is_left_out(self):
        self.start()
        self.scm.faults({"kind": "status", "status": 404, "code": -124, "path": "/api/ssl/v1/1002"})
        self.pull("certificates")
        self.assertEqual(self.sql("SELECT external_id FROM inventory_certificate ORDER BY 1"), [(1001,), (1003,)])


class Domains(PullCase):
    def test_one_line_for_each_domain_in_the_form_asked_for(self):
        self.start()
        self.pull("domains")
        done = self.run_program("scm", "domains", "--format", "csv", "--columns", "name,id", "--csv-separator", ";",
                                "--no-header")
        self.assertEqual(done.stdout.splitlines(), ["hospital.example;3", "university.example;1", "*.university.example;2"])
        self.assertEqual(done.stderr, "")

    def test_validation_delegation_and_the_wildcard_twin_are_told(self):
        data = tenant()
        data["domains"][0]["dcvExpiration"] = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * 86400))
        self.start(data)
        self.pull("domains")
        rows = {row["name"]: row for row in json.loads(self.run_program("scm", "domains", "--format", "json").stdout)}
        self.assertEqual({name: row["has_twin"] for name, row in rows.items()},
                         {"university.example": True, "*.university.example": True, "hospital.example": False})
        self.assertEqual(rows["university.example"]["days_left"], 9)
        self.assertLess(rows["hospital.example"]["days_left"], 0)
        self.assertIsNone(rows["*.university.example"]["days_left"])
        self.assertEqual([rows["hospital.example"][key] for key in ("validation", "delegation", "state", "organizations")],
                         ["EXPIRED", "REQUESTED", "SUSPENDED", "200"])

    def test_without_a_pull_there_are_none_and_that_is_said(self):
        self.run_program("org", "add", "A")
        done = self.run_program("scm", "domains", "--format", "json")
        self.assertEqual(json.loads(done.stdout), [])
        self.assertIn("SCM's domains were never pulled", done.stderr)
        self.db.unlink()
        self.assertIn("no database", self.run_program("scm", "domains", status=1).stderr)

    def test_an_old_list_is_named_as_such(self):
        self.start()
        self.pull("domains")
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:
            db.execute("UPDATE inventory SET pulled_at = pulled_at - 8 * 86400")
        self.assertIn("the inventory of domains is 8 d", self.run_program("scm", "domains").stderr)


class Reports(PullCase):
    """Many certificates come by the report of each organization, and what that lacks one by one."""

    COUNT = 150

    def setUp(self):
        super().setUp()
        self.data = many(self.COUNT)
        self.start(self.data)

    def calls(self):
        """How many (reports, details) were asked for."""
        urls = [call["url"] for call in self.scm.log()]
        return sum("/report/" in url for url in urls), sum(url.startswith("/api/ssl/v1/") for url in urls)

    def test_a_report_for_each_organization_and_department_is_enough(self):
        self.data["certificates"][4].update(requestedVia="Imported", validationType=None, orgId=101, expires="2027-01-15",
                                            certificateDetails={"issuer": "CN=CA", "sha1Hash": "AB" * 20},
                                            subjectAlternativeNames=["c5.example", "www.c5.example"])
        self.scm.becomes(self.data)
        self.pull("certificates")
        self.assertEqual(self.calls(), (4, 0))
        self.assertEqual(self.counts(), (self.COUNT, 0))
        self.assertEqual(self.sql("SELECT serial, lower(hex(sha1)), issuer, names, managed, date(expires, 'unixepoch'), state"
                                  " FROM inventory_certificate WHERE external_id = 5"), [
            ("400000000000000005", "ab" * 20, "CN=CA", "c5.example\nwww.c5.example", 0, "2027-01-15", "Issued")])

    def test_a_few_certificates_are_not_worth_a_report(self):
        self.scm.becomes(many(99))
        self.pull("certificates")
        self.assertEqual(self.calls(), (0, 99))

    def test_what_no_report_has_is_asked_for_one_by_one(self):
        for certificate in self.data["certificates"][:7]:
            certificate["orgId"] = 999
        self.scm.becomes(self.data)
        self.pull("certificates")
        self.assertEqual(self.calls(), (4, 7))
        self.assertEqual(self.counts(), (self.COUNT, 0))

    def test_without_reports_it_is_one_by_one(self):
        self.data["admins"][0]["rights"] = ["organizations", "certificates"]
        self.scm.becomes(self.data)
        self.pull("certificates")
        self.assertEqual(self.calls(), (1, self.COUNT))
        self.assertEqual(self.counts(), (self.COUNT, 0))

    def test_a_broken_report_spoils_nothing(self):
        for kind, reports in (("html", 1), ("truncated", 1), ("empty", 1)):
            with self.subTest(kind=kind):
                self.scm.faults({"kind": kind, "path": "/api/report"})
                self.pull("certificates")
                self.assertEqual(self.calls(), (reports, self.COUNT))
                self.assertEqual(self.counts(), (self.COUNT, 0))


class Failures(PullCase):
    def test_whatever_goes_wrong_the_last_good_inventory_stays(self):
        self.start()
        self.pull()
        before = self.sql("SELECT * FROM inventory_certificate WHERE staged = 0")
        pulled = self.sql("SELECT pulled_at FROM inventory ORDER BY resource")
        for fault in ({"kind": "html"}, {"kind": "truncated"}, {"kind": "big"}, {"kind": "empty"}, {"kind": "wrong-type"},
                      {"kind": "status", "status": 403, "code": -37}, {"kind": "status", "status": 401, "code": -16},
                      {"kind": "status", "status": 429, "retryAfter": 3600}):
            for path in ("/api/ssl/v1", "/api/ssl/v1/1002"):
                with self.subTest(fault=fault, path=path):
                    self.scm.faults({**fault, "path": path})
                    self.fails("GET /api/ssl/v1", "certificates")
                    self.assertEqual(self.sql("SELECT * FROM inventory_certificate WHERE staged = 0"), before)
        self.assertEqual(self.sql("SELECT pulled_at FROM inventory ORDER BY resource"), pulled)
        self.assertIn("the last pull failed", self.run_program("status").stdout)
        self.scm.faults()
        self.pull("certificates")
        self.assertNotIn("failed", self.run_program("status").stdout)

    def test_an_empty_list_is_believed_only_when_told_so(self):
        data = tenant()
        data["certificates"] = []
        self.start(data)
        self.pull("certificates")
        self.scm.becomes(tenant())
        self.pull("certificates")
        self.scm.becomes(data)
        self.fails("SCM shows no certificates any more, and had 3", "certificates")
        self.assertEqual(self.counts(), (3, 0))
        self.pull("certificates", "--accept-empty")
        self.assertEqual(self.counts(), (0, 0))

    def test_the_next_pull_goes_on_where_a_failed_one_ended(self):
        self.start(many(40))
        self.scm.faults({"kind": "html", "path": "/api/ssl/v1/", "after": 30})
        self.fails("page of a proxy", "certificates")
        self.assertEqual(self.counts(), (0, 40))
        self.scm.faults()
        self.scm.log()
        self.assertIn("brought to its end", self.pull("certificates").stdout)
        self.assertEqual(self.counts(), (40, 0))
        self.assertEqual(len(self.asked("/api/ssl/v1/")), 10)

    def test_what_has_left_scm_between_the_two_is_left_out(self):
        self.start(many(40))
        self.scm.faults({"kind": "html", "path": "/api/ssl/v1/", "after": 30})
        self.fails("page of a proxy", "certificates")
        self.scm.faults()
        self.scm.becomes(many(20))
        self.pull("certificates")
        self.assertEqual(self.counts(), (20, 0))

    def interrupt(self, with_signal):
        """Starts a pull and ends it while it waits for the 31st of 40 certificates."""
        self.start(many(40))
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 100, "path": "/api/ssl/v1/", "after": 30})
        process = self.start_program("scm", "pull", "certificates")
        self.assertIn("trying again", process.stderr.readline())
        process.send_signal(with_signal)
        _, errors = process.communicate(timeout=20)
        self.scm.faults()
        return process.returncode, errors

    def test_a_signal_leaves_it_resumable(self):
        status, errors = self.interrupt(signal.SIGINT)
        self.assertEqual(status, 3)
        self.assertIn("goes on where this one was interrupted", errors)
        self.pull("certificates")
        self.assertEqual(self.counts(), (40, 0))

    def test_a_kill_loses_nothing(self):
        self.assertEqual(self.interrupt(signal.SIGKILL)[0], -signal.SIGKILL)
        self.assertEqual(self.counts(), (0, 40))
        self.scm.log()
        self.pull("certificates")
        self.assertEqual(len(self.asked("/api/ssl/v1/")), 10)
        self.assertEqual(self.counts(), (40, 0))

    def test_wrong_words_are_named(self):
        self.start()
        self.fails('there is no "frogs" to pull; allowed are organizations, domains, certificates', "frogs", status=2)
        self.fails("unknown option", "--frogs", status=2)
        self.assertFalse(self.db.exists())


class Ages(PullCase):
    def test_status_shows_how_old_each_part_is(self):
        self.start()
        self.run_program("org", "add", "A")
        self.assertRegex(self.run_program("status").stdout, r"inventory +none yet")
        self.pull()
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:
            db.execute("UPDATE inventory SET pulled_at = pulled_at - 7200 WHERE resource = 'domains'")
        for command in (["status"], ["scm", "status"]):
            text = self.run_program(*command).stdout
            self.assertRegex(text, r"inventory +scm organizations 4, \d+ s old\n")
            self.assertRegex(text, r"inventory +scm domains 3, 2 h( \d+ min)? old\n")
            self.assertRegex(text, r"inventory +scm certificates 3, \d+ s old\n")

    def test_the_age_is_that_of_the_beginning(self):
        self.start()
        began = int(time.time())
        self.pull("domains")
        self.assertGreaterEqual(self.sql("SELECT pulled_at FROM inventory")[0][0], began)


class Secrets(PullCase):
    def test_no_secret_is_in_output_or_database(self):
        self.start()
        for configure in (self.configure, self.configure_token):
            configure()
            self.scm.faults({"kind": "status", "status": 400, "description": "not-a-secret-either", "times": 1})
            texts = [self.pull(status=1), self.pull()]
            for path in self.folder.glob("certscour.db*"):
                self.assertNotIn(b"not-a-secret", path.read_bytes())
                self.assertNotIn(b"Bearer", path.read_bytes())
            if configure == self.configure_token:
                for done in texts:
                    self.assertNotIn("not-a-secret", done.stdout + done.stderr)


class Statuses(PullCase):
    """What a scan has found, beside what SCM knows."""

    def setUp(self):
        super().setUp()
        self.certificates = {name: Certificate(self.folder, f"{name}.university.example") for name in ("a", "b", "c", "d")}
        data = tenant()
        data["certificates"] = []
        for certificate in self.certificates.values():
            server = tls_server(certificate, "127.30.1.1")
            self.addCleanup(server.close)
            self.run_program("scan", f"127.30.1.1:{server.port}", "--format", "none", "--key-types", "first")
        for number, (name, via) in enumerate((("a", "REST API"), ("b", "Imported"), ("c", "REST API")), 1):
            data["certificates"].append({
                "id": number, "commonName": f"{name}.university.example", "status": "Issued", "requestedVia": via,
                "requester": "officer@university.example", "serialNumber": self.serial(name),
                "certificateDetails": {"sha1Hash": self.sha1(name)}})
        data["certificates"][2]["certificateDetails"]["sha1Hash"] = self.sha1("a")  # another one with c's number
        self.data = data

    def serial(self, name):
        out = subprocess.run(["openssl", "x509", "-in", self.certificates[name].pem, "-noout", "-serial"], check=True,
                             capture_output=True, text=True).stdout
        return out.strip().split("=")[1].lstrip("0")

    def sha1(self, name):
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(self.certificates[name].pem.read_text())).hexdigest().upper()

    def statuses(self, *words):
        done = self.run_program("assets", *words, "--format", "csv", "--no-header", "--columns", "common_name,status")
        return dict(line.removesuffix("\r").split(".university.example,") for line in done.stdout.splitlines()), done.stderr

    def test_before_the_first_pull_nothing_is_known_and_that_is_said(self):
        rows, errors = self.statuses()
        self.assertEqual(set(rows.values()), {"unknown"})
        self.assertIn("there is no inventory of managed certificates yet", errors)
        self.assertEqual(self.statuses("--unmanaged")[0], {})

    def test_column_filter_and_switch_say_the_same(self):
        self.start(self.data)
        self.pull("certificates")
        rows, errors = self.statuses()
        self.assertEqual(rows, {"a": "managed", "b": "external", "c": "unmanaged", "d": "unmanaged"})
        self.assertEqual(errors, "")
        self.assertEqual(sorted(self.statuses("--unmanaged")[0]), ["c", "d"])
        self.assertEqual(sorted(self.statuses("--where", "status in (managed, external)")[0]), ["a", "b"])
        self.assertEqual(sorted(self.statuses("--where", "not status = unmanaged and name ends_with example")[0]), ["a", "b"])
        done = self.run_program("assets", "--where", "status = managed", "--format", "json")
        row = json.loads(done.stdout)[0]
        self.assertEqual((row["scm_id"], row["scm_state"], row["requester"]), (1, "Issued", "officer@university.example"))
        row = json.loads(self.run_program("assets", "--unmanaged", "--format", "json").stdout)[0]
        self.assertEqual((row["scm_id"], row["scm_state"], row["requester"]), (None, None, None))

    def test_a_failed_pull_changes_no_status(self):
        self.start(self.data)
        self.pull("certificates")
        before = self.statuses()[0]
        self.scm.faults({"kind": "html", "path": "/api/ssl/v1/"})
        self.fails("page of a proxy", "certificates")
        self.assertEqual(self.statuses()[0], before)

    def test_an_old_inventory_is_named_as_such(self):
        self.start(self.data)
        self.pull("certificates")
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:
            db.execute("UPDATE inventory SET pulled_at = pulled_at - 8 * 86400")
        for words in (["--unmanaged"], ["--where", "status = managed"], ["--columns", "endpoint,status"]):
            self.assertIn("is 8 d", self.run_program("assets", *words).stderr)
        self.assertEqual(self.run_program("assets").stderr, "")
