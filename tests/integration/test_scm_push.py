# SPDX-License-Identifier: Apache-2.0
"""`scm push assets`, `scm undo` and `scm log` against the pretend SCM: what is created for whom, what becomes of every
answer, and that it can be taken back."""
import contextlib
import hashlib
import json
import sqlite3
import ssl
import time
from pathlib import Path

from scm import TOKEN_PATH
from scm_push import BUCKET_SECRET, CAMPUS, PushCase
from support import free_port


class Preview(PushCase):
    def test_it_says_what_would_be_created_for_whom_and_sends_nothing(self):
        self.begin()
        done = self.push()
        for part in ("route import: this creates SSL certificates in SCM's inventory, each with a custom location",
                     "University (SCM's 100): 2 certificates to be created, 0 known there, at 3 endpoints",
                     "University/Library (SCM's 102): 1 certificates to be created",
                     "University Hospital (SCM's 200): 1 certificates to be created",
                     "left out: 1 assets of Elsewhere, which SCM does not know under that name",
                     "left out: 1 assets that nobody owns",
                     "left out: 1 assets with a CA certificate, which is never sent",
                     "left out: 1 assets with a self-signed certificate (--include self-signed)",
                     "this is a preview, nothing was sent; --yes sends: about 10 calls"):
            self.assertIn(part, done.stderr)
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.sql("SELECT count(*) FROM push"), [(0,)])

    def test_it_lists_in_every_format(self):
        self.begin()
        rows = {(row["common_name"], row["endpoint"]): row for row in self.rows()}
        self.assertEqual(len(rows), 5)
        row = rows["lab.university.example", f"{CAMPUS}:{self.ports['lab']}"]
        self.assertEqual([row[key] for key in ("owner", "scm_organization_id", "action", "scm_id", "last_error")],
                         ["University/Library", 102, "certificate+location", None, None])
        self.assertEqual(len(self.push("--format", "csv", "--no-header").stdout.splitlines()), 5)
        self.assertEqual(len(self.push("--format", "jsonl", "--limit", "2").stdout.splitlines()), 2)
        self.assertIn("a.university.example", self.push().stdout)

    def test_without_a_pull_it_does_not_guess(self):
        self.begin(pull=False)
        self.assertIn("have to be pulled first", self.push(status=1).stderr)
        self.assertIn("have to be pulled first", self.push("--yes", status=1).stderr)
        self.run_program("scm", "pull", "organizations")
        self.assertIn("have to be pulled first", self.push(status=1).stderr)

    def test_owner_where_and_limit_narrow_it(self):
        self.begin()
        self.assertEqual(len(self.rows("--owner", "University")), 4)
        self.assertEqual(len(self.rows("--owner", "University/Library")), 1)
        self.assertEqual(len(self.rows("--where", "name starts_with b.")), 2)
        self.assertEqual(len(self.rows("--where", 'name matches_regex "^(a|b)[.]"')), 3)
        self.assertEqual(len(self.rows("--where", "finding = self-signed", "--include", "self-signed")), 1)
        self.assertEqual(len(self.rows("--limit", "3")), 3)
        self.assertIn("left out: 2 assets beyond --limit", self.push("--limit", "3").stderr)

    def test_wrong_words_are_named(self):
        self.begin()
        for words, part in ((("--include", "frogs"), "allowed are self-signed, expired, managed, external"),
                            (("--where", "frogs = 1"), "--where"), (("--owner", "Nobody"), "Nobody"),
                            (("assets",), "one argument too many")):
            with self.subTest(words=words):
                self.assertIn(part, self.run_program("scm", "push", "assets", *words,
                                                     status=1 if words[-1] == "Nobody" else 2).stderr)
        self.assertIn("push assets", self.run_program("scm", "push", status=2).stderr)
        self.configure(asset_route="pigeon")
        self.assertIn("[scm] asset_route: allowed are import, discovery-import", self.push(status=2).stderr)

    def test_self_signed_and_expired_are_sent_only_when_asked_and_ca_certificates_never(self):
        self.begin()
        self.sql("UPDATE certificate SET not_after = unixepoch() - 100 WHERE common_name LIKE 'a.%'")
        names = {row["common_name"] for row in self.rows()}
        self.assertNotIn("a.university.example", names)
        self.assertIn("left out: 1 assets whose certificate has expired (--include expired)", self.push().stderr)
        names = {row["common_name"].split(".")[0] for row in self.rows("--include", "expired,self-signed,managed,external")}
        self.assertEqual(names, {"a", "b", "lab", "clinic", "own"})

    def test_what_scm_knows_gets_a_location_only_when_asked(self):
        data = self.tenant()
        for number, (name, via) in enumerate((("a", "REST API"), ("lab", "Imported")), 1):
            data["certificates"].append({"id": number, "commonName": f"{name}.university.example", "orgId": 100,
                                         "status": "Issued", "requestedVia": via, "serialNumber": self.serial(name),
                                         "certificateDetails": {"sha1Hash": self.sha1(name)}})
        self.begin(data)
        done = self.push()
        self.assertIn("left out: 1 assets that SCM manages (--include managed", done.stderr)
        self.assertIn("left out: 1 assets whose certificate SCM knows (--include external", done.stderr)
        rows = {row["common_name"]: row for row in self.rows("--include", "managed,external")}
        self.assertEqual(rows["a.university.example"]["action"], "location")
        self.assertEqual(rows["a.university.example"]["scm_id"], 1)
        self.scm.log()
        self.push("--yes", "--include", "managed", "--where", "name starts_with a.")
        self.assertEqual(self.calls(), ["GET /api/ssl/v1/1/location", "POST /api/ssl/v1/1/location"])
        self.assertEqual(self.undo(1, "--yes").stdout.split(), ["certificates", "0", "deleted", "locations", "1", "deleted"])
        self.assertEqual([c.get("locations") for c in self.state()["certificates"] if c["id"] == 1], [[]])

    def serial(self, name):
        return self.sql("SELECT upper(serial) FROM certificate WHERE common_name LIKE ?", f"{name}.%")[0][0]

    def sha1(self, name):
        pem = Path(self.certificates[name].pem).read_text()
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


class Sending(PushCase):
    def test_certificates_and_locations_arrive_once(self):
        self.begin()
        done = self.push("--yes")
        self.assertRegex(done.stdout, r"push 1\ncertificates +4 created, 0 there before, 0 not taken\n"
                                      r"locations +5 there now, 0 not taken\n")
        self.all_there()
        comments = {c["comments"] for c in self.state()["certificates"] if c["id"] > 5000}
        self.assertEqual(len(comments), 1)
        self.assertRegex(comments.pop(), r"^certscour push 1 [0-9a-f]{12}$")
        calls = self.calls("POST")
        self.assertEqual(len([call for call in calls if "import" in call]), 3)  # one for each organization
        self.push("--yes")
        self.run_program("scm", "pull", "certificates")
        self.assertIn("there is nothing to be sent", self.push("--yes").stderr)
        self.assertEqual(self.calls("POST"), [])
        self.all_there()
        self.assertIn("left out: 5 assets that an earlier push has sent", self.push().stderr)

    def test_more_than_one_batch(self):
        self.begin()
        der, serial = self.sql("SELECT der, serial FROM certificate WHERE common_name LIKE 'a.%'")[0]
        before, after = der.split(bytes.fromhex(serial), 1)
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:  # 300 more that differ in their number
            columns = [row[1] for row in db.execute("PRAGMA table_info(certificate)")]
            names = ", ".join(columns)
            for number in range(300):
                own = number.to_bytes(len(serial) // 2 - 1, "big").rjust(len(serial) // 2, b"\x07")
                db.execute(f"INSERT INTO certificate ({names}) SELECT "
                           + ", ".join({"id": str(100000 + number), "sha256": f"randomblob(32)", "der": "?1",
                                        "serial": f"'{own.hex()}'"}.get(c, c) for c in columns)
                           + " FROM certificate WHERE common_name LIKE 'a.%' AND id < 100000",
                           (before + own + after,))
                endpoint = db.execute("INSERT INTO endpoint (network, ip, port, protocol, server_name, last_probe, last_outcome,"
                                      " last_scan_id) SELECT network, ip, ?, protocol, '', last_probe, last_outcome,"
                                      " last_scan_id FROM endpoint LIMIT 1", (1 + number,)).lastrowid
                db.execute("INSERT INTO asset (endpoint_id, slot, state, certificate_id, chain_id, interval_id, lane,"
                           " first_seen, last_seen, last_scan_id, owner_id) SELECT ?, slot, state, ?, chain_id, interval_id,"
                           " lane, first_seen, last_seen, last_scan_id, owner_id FROM asset WHERE certificate_id ="
                           " (SELECT id FROM certificate WHERE common_name LIKE 'a.%' AND id < 100000)",
                           (endpoint, 100000 + number))
        self.scm.log()
        done = self.push("--yes", "--owner", "University", "--where", "name starts_with a.")
        self.assertRegex(done.stdout, "301 created, 0 there before, 0 not taken\nlocations +301 there now")
        sizes = [row["about"] for row in self.answers() if "import" in row["call"]]
        self.assertEqual(sorted(sizes)[:3], ["128 certificates for organization 100", "128 certificates for organization 100",
                                             "45 certificates for organization 100"])

    def test_by_token_and_by_client_certificate_too(self):
        self.begin()
        self.configure_token(ca_file=self.ca.ca_pem)
        self.push("--yes", "--limit", "1")
        self.assertEqual({row["account"] for row in self.answers()}, {"certscour-client"})
        self.configure(ca_file=self.ca.ca_pem, password_file=None, client_certificate_file=self.ca.client_pem,
                       client_key_file=self.ca.client_key)
        self.push("--yes")
        self.all_there()

    def test_a_location_that_is_there_is_not_made_again(self):
        data = self.tenant()
        self.begin(data)
        self.push("--yes", "--where", "name starts_with b.")
        self.sql("DELETE FROM push_location")
        self.sql("DELETE FROM push_item")
        self.run_program("scm", "pull", "certificates")
        self.scm.log()
        done = self.push("--yes", "--include", "external", "--where", "name starts_with b.")
        self.assertRegex(done.stdout, r"locations +2 there now")
        self.assertEqual(self.calls("POST"), [])
        self.assertIn("certificates    0 deleted", self.undo(2, "--yes").stdout)
        self.assertEqual(self.imported()["b"], (100, self.places("b", "b2")))

    def test_one_certificate_of_two_owners_goes_to_the_one_with_most_of_it(self):
        self.begin()
        self.run_program("assets", "assign", f"{CAMPUS}:{self.ports['b']}", "University Hospital", "--reason", "test")
        self.run_program("assets", "assign", f"{CAMPUS}:{self.ports['b2']}", "University Hospital", "--reason", "test")
        self.push("--yes", "--where", "name starts_with b.")
        self.assertEqual(self.imported()["b"], (200, self.places("b", "b2")))


class Answers(PushCase):
    """What SCM may say to an import, and what becomes of it."""

    def pushed(self, status=0):
        return self.push("--yes", status=status)

    def test_a_row_that_is_refused_is_told_with_its_reason_and_tried_again_by_the_next_push(self):
        self.begin()
        self.scm.faults({"kind": "refuse", "name": "b.university.example"})
        done = self.pushed(status=1)
        self.assertRegex(done.stdout, "3 created, 0 there before, 1 not taken")
        self.assertIn("not taken: b.university.example: Certificate is not wanted", done.stderr)
        self.assertEqual({row["last_error"] for row in self.rows()}, {"its certificate was not taken"})
        self.scm.faults()
        self.pushed()
        self.all_there()

    def test_a_batch_that_is_refused_for_one_certificate_is_halved_until_that_stands_alone(self):
        self.begin()
        self.scm.faults({"kind": "refuse-batch", "name": "b.university.example"})
        done = self.pushed(status=1)
        self.assertRegex(done.stdout, "3 created, 0 there before, 1 not taken")
        self.assertIn("code -1601", done.stderr)
        self.scm.faults()
        self.pushed()
        self.all_there()

    def test_an_organization_without_api_fails_alone(self):
        data = self.tenant()
        data["organizations"][1]["sslCertsApiEnabled"] = False
        self.begin(data)
        done = self.pushed(status=1)
        self.assertIn("the API is not enabled for this organization", done.stderr)
        self.assertEqual(sorted(self.imported()), ["a", "b", "lab"])

    def test_rows_that_are_missing_too_many_or_in_another_order_are_told_apart(self):
        for faults in (["rows-missing"], ["rows-extra"], ["reversed"], ["rows-missing", "rows-extra"]):
            with self.subTest(faults=faults):
                self.fresh()
                self.begin()
                self.scm.faults(*({"kind": kind, "times": 1} for kind in faults))
                self.pushed()
                self.all_there()
                self.assertEqual(self.sql("SELECT count(*) FROM push_item WHERE created = 1"), [(4,)])
                self.undo(1, "--yes")
                self.assertEqual(self.imported(), {})

    def test_an_answer_without_ids_is_asked_for_again_and_the_comment_tells_whose_it_is(self):
        self.begin()
        self.scm.faults({"kind": "missing", "field": "id", "path": "/api/ssl/v2/import", "times": 1})
        done = self.pushed()
        self.assertRegex(done.stdout, "4 created, 0 there before, 0 not taken")
        self.all_there()
        self.scm.faults()
        self.undo(1, "--yes")
        self.assertEqual(self.imported(), {})

    def test_an_answer_that_never_has_ids_is_a_failure_in_the_end(self):
        self.begin()
        self.scm.faults({"kind": "null", "field": "id", "path": "/api/ssl/v2/import"})
        done = self.pushed(status=1)
        self.assertRegex(done.stdout, "0 created, 0 there before, 4 not taken")
        self.assertIn("neither an id nor an error", done.stderr)

    def test_one_that_was_there_before_is_not_this_pushs(self):
        self.begin()
        self.pushed()
        self.fresh()
        data = self.state()
        kept = data["certificates"]
        data["certificates"] = kept[:3]
        self.scm.becomes(data)
        self.run_program("scm", "pull", "organizations", "certificates")
        data["certificates"] = kept
        self.scm.becomes(data)
        done = self.pushed()
        self.assertRegex(done.stdout, "0 created, 4 there before, 0 not taken\nlocations +5 there now")
        self.assertIn("certificates    0 deleted", self.undo(1, "--yes").stdout)
        self.all_there()

    def test_odd_serial_numbers_and_created_without_a_word_are_fine(self):
        self.begin()
        self.scm.faults({"kind": "missing", "field": "created"}, {"kind": "null", "field": "serialNumber"})
        self.assertRegex(self.pushed().stdout, "4 created")
        self.all_there()

    def test_a_location_without_its_address_in_the_answer_can_be_taken_back(self):
        data = self.tenant()
        self.begin(data)
        self.push("--yes", "--where", "name starts_with a.")
        self.run_program("scm", "pull", "certificates")
        self.sql("DELETE FROM push_location")
        self.sql("DELETE FROM push_item")
        for certificate in (data := self.state())["certificates"]:
            certificate.pop("locations", None)
        self.scm.becomes(data)
        self.scm.faults({"kind": "headerless"})
        self.push("--yes", "--include", "external", "--where", "name starts_with a.")
        self.assertEqual(self.imported()["a"], (100, self.places("a")))
        self.undo(2, "--yes")
        self.assertEqual(self.imported()["a"], (100, []))


class Undo(PushCase):
    def test_it_deletes_just_what_the_push_created_and_may_be_repeated(self):
        self.begin()
        self.push("--yes")
        before = self.state()["certificates"][:3]
        done = self.undo(1)
        self.assertRegex(done.stdout, r"certificates +4 to be deleted\nlocations +0 to be deleted")
        self.assertIn("this is a preview", done.stderr)
        self.all_there()
        self.assertRegex(self.undo(1, "--yes").stdout, "certificates +4 deleted")
        self.assertEqual(self.state()["certificates"], before)
        self.scm.log()
        self.assertIn("taken back already", self.undo(1, "--yes").stdout)
        self.assertEqual(self.calls(), [])
        self.push("--yes")
        self.all_there()

    def test_what_somebody_else_deleted_counts_as_gone(self):
        self.begin()
        self.push("--yes")
        data = self.state()
        data["certificates"] = data["certificates"][:4]
        self.scm.becomes(data)
        self.assertRegex(self.undo(1, "--yes").stdout, "certificates +4 deleted")
        self.assertEqual(self.imported(), {})

    def test_what_scm_does_not_let_go_of_is_told_and_stays_to_be_tried(self):
        self.begin()
        self.push("--yes")
        data = self.state()
        data["certificates"][3]["requestedVia"] = "REST API"  # it has become a managed one
        self.scm.becomes(data)
        done = self.undo(1, "--yes", status=1)
        self.assertIn("SCM keeps 1 of them", done.stderr)
        self.assertIn("code -1021", done.stderr)
        data = self.state()
        for certificate in data["certificates"]:
            if certificate["id"] > 5000:
                certificate["requestedVia"] = "Imported"
        self.scm.becomes(data)
        self.assertRegex(self.undo(1, "--yes").stdout, "certificates +1 deleted")
        self.assertEqual(self.imported(), {})

    def known_to_scm(self):
        """b is managed by SCM already: only its locations are pushed."""
        data = self.tenant()
        data["certificates"].append({"id": 1, "commonName": "b.university.example", "orgId": 100, "status": "Issued",
                                     "requestedVia": "REST API", "serialNumber": self.sql(
                                         "SELECT upper(serial) FROM certificate WHERE common_name LIKE 'b.%'")[0][0]})
        self.begin(data)
        self.push("--yes", "--include", "managed", "--where", "name starts_with b.")

    def places_of(self, number):
        return [len(c.get("locations", [])) for c in self.state()["certificates"] if c["id"] == number]

    def test_locations_are_found_though_their_host_has_another_name_since(self):
        self.known_to_scm()
        self.assertEqual(self.places_of(1), [2])
        self.sql("UPDATE endpoint SET host_name = 'renamed.university.example'")
        self.assertRegex(self.undo(1, "--yes").stdout, "locations +2 deleted")
        self.assertEqual(self.places_of(1), [0])

    def test_of_a_certificate_that_scm_keeps_the_locations_are_deleted_all_the_same(self):
        self.begin()
        self.push("--yes", "--where", "name starts_with b.")
        data = self.state()
        data["certificates"][3]["requestedVia"] = "REST API"
        self.scm.becomes(data)
        done = self.undo(1, "--yes", status=1)
        self.assertIn("SCM keeps 1 of them", done.stderr)
        self.assertRegex(done.stdout, "certificates +0 deleted\nlocations +2 deleted")
        self.assertEqual(self.places_of(5001), [0])

    def test_an_interrupted_certificate_that_scm_does_not_tell_of_is_not_forgotten(self):
        self.begin()
        self.scm.faults({"kind": "drop", "path": "/api/ssl/v2"})
        self.push("--yes", "--where", "name starts_with a.", status=1)
        self.assertEqual(sorted(self.imported()), ["a"])
        self.scm.faults()
        data = self.state()
        made = data["certificates"][-1]
        for number in range(9):  # as if the question had not been understood
            data["certificates"].append({**made, "id": 100 + number, "comments": "of others"})
        self.scm.becomes(data)
        done = self.undo(1, "--yes", status=1)
        self.assertIn("SCM does not tell whether a.university.example was created", done.stderr)
        self.push("--yes", "--where", "name starts_with a.")
        self.undo(1, "--yes")
        self.assertNotIn(made["id"], [c["id"] for c in self.state()["certificates"]])

    def test_a_404_that_is_not_scms_deletes_nothing_from_the_books(self):
        self.begin()
        self.push("--yes")
        self.scm.faults({"kind": "status", "status": 404, "bodyless": True})
        self.undo(1, "--yes", status=1)
        self.scm.faults()
        self.assertRegex(self.undo(1, "--yes").stdout, "certificates +4 deleted")

    def test_wrong_numbers_and_another_scm_are_named(self):
        self.begin()
        self.assertIn("there is no push 7", self.undo(7, status=1).stderr)
        self.assertIn("is no number of a push", self.undo("x", status=2).stderr)
        self.push("--yes")
        self.configure(base_url=f"https://127.0.0.1:{free_port()}", ca_file=self.ca.ca_pem)
        self.assertIn("not to the SCM of the configuration", self.undo(1, "--yes", status=2).stderr)


class Log(PushCase):
    def test_it_tells_what_was_sent_when_by_whom_and_with_what_answer(self):
        self.begin()
        self.push("--yes", "--where", "name starts_with a.")
        self.scm.faults({"kind": "status", "status": 400, "code": -1601, "description": "No", "path": "/api/ssl/v1/5"})
        self.undo(1, "--yes", status=1)
        rows = self.answers()
        self.assertEqual([row["call"] for row in rows], [
            "DELETE /api/ssl/v1/5001", "POST /api/ssl/v1/5001/location", "POST /api/ssl/v2/import"])
        for row in rows:
            self.assertEqual((row["push"], row["account"], row["server"]), (1, "certscour", self.scm.url))
            self.assertTrue(row["local_user"])
        self.assertEqual([row["status"] for row in rows], [400, 201, 200])
        self.assertEqual([row["about"] for row in rows], [
            "a.university.example", f"{CAMPUS} port {self.ports['a']}", "1 certificates for organization 100"])
        self.assertIn('code -1601, "No"', rows[0]["answer"])
        self.assertEqual(rows[2]["answer"], "1 created, 0 there before, 0 refused, 0 without a usable answer")
        self.assertRegex(self.run_program("scm", "log").stdout, r"\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
        lines = self.run_program("scm", "log", "--format", "csv", "--no-header", "--push", "2").stdout
        self.assertEqual(lines, "")

    def test_reading_changes_nothing_and_is_not_in_it(self):
        self.begin()
        self.assertEqual(self.answers(), [])


class Discovery(PushCase):
    """The Discovery Import API of a bucket, as far as it is known."""

    def begin_discovery(self, **settings):
        self.begin()
        self.settings = {"asset_route": "discovery-import", "ca_file": self.ca.ca_pem, "discovery_url": self.scm.url,
                         "discovery_token_url": self.scm.url + TOKEN_PATH, "discovery_client_id": "bucket-client",
                         "discovery_client_secret_file": self.secret(BUCKET_SECRET, name="bucket-secret"), **settings}
        self.configure(**self.settings)

    def operations(self):
        return self.state()["buckets"][0].get("operations", [])

    def all_in_bucket(self):
        operations = self.operations()
        self.assertEqual([operation["status"] for operation in operations], ["completed"])
        places = sorted((entry["location"]["ip"], entry["location"]["port"]) for entry in operations[0]["certificates"])
        self.assertEqual(places, sorted((CAMPUS, self.ports[name]) for name in ("a", "b", "b2", "lab", "clinic")))

    def test_certificates_go_into_the_bucket_with_their_places(self):
        self.begin_discovery()
        self.assertIn("EXPERIMENTAL", self.push().stderr)
        done = self.push("--yes")
        self.assertIn("EXPERIMENTAL", done.stderr)
        self.assertRegex(done.stdout, "4 sent into the bucket, at 5 places")
        self.all_in_bucket()
        self.assertIn("nothing to be sent", self.push("--yes").stderr)
        self.assertEqual(len(self.operations()), 1)
        self.assertEqual({row["account"] for row in self.answers()}, {"bucket-client"})

    def test_a_completed_one_cannot_be_taken_back_and_that_is_said(self):
        self.begin_discovery()
        self.push("--yes")
        self.assertIn("no way to take that back", self.undo(1).stdout)
        self.assertIn("no way to take that back", self.undo(1, "--yes", status=2).stderr)
        self.all_in_bucket()

    def test_an_unfinished_one_is_cancelled(self):
        self.begin_discovery()
        self.scm.faults({"kind": "html", "path": "/api/v1/operations/op-1/certificates"})
        self.push("--yes", status=1)
        self.scm.faults()
        self.assertIn("cancelled", self.undo(1, "--yes").stdout)
        self.assertEqual(self.operations()[0]["status"], "cancelled")
        self.push("--yes")
        self.assertEqual([operation["status"] for operation in self.operations()], ["cancelled", "completed"])

    def test_an_answer_that_is_lost_makes_nothing_twice(self):
        for number in range(5):
            with self.subTest(call=number):
                self.fresh()
                self.begin_discovery()
                self.scm.faults({"kind": "drop", "path": "/api/v1/operations", "after": number, "times": 1})
                self.push("--yes")
                self.all_in_bucket()

    def test_a_broken_run_is_gone_on_with(self):
        for fault in ({"kind": "html"}, {"kind": "truncated"}, {"kind": "status", "status": 403, "code": -37}):
            for number in range(4):
                with self.subTest(fault=fault, call=number):
                    self.fresh()
                    self.begin_discovery()
                    self.scm.faults({**fault, "path": "/api/v1/operations", "after": number})
                    self.run_program("scm", "push", "assets", "--yes", status=1 if fault["kind"] != "truncated" else None)
                    self.scm.faults()
                    self.push("--yes")
                    self.all_in_bucket()

    def run_program(self, *words, status=0, **options):
        """`status` None: it may fail or not."""
        if status is not None:
            return super().run_program(*words, status=status, **options)
        try:
            return super().run_program(*words, **options)
        except AssertionError:
            return None

    def test_paths_and_fields_can_be_configured(self):
        self.begin_discovery(discovery_import_path="/api/v1/other/{id}", discovery_list_field="")
        self.assertIn("POST /api/v1/other/op-1: SCM answers", self.push("--yes", status=1).stderr)
        self.configure(**{**self.settings, "discovery_import_path": "/api/v1/other"})
        self.assertIn("expected a path with {id}", self.push(status=2).stderr)

    def test_what_is_missing_is_named(self):
        self.begin_discovery()
        for key in ("discovery_url", "discovery_client_id", "discovery_client_secret_file"):
            with self.subTest(key=key):
                self.configure(**{**self.settings, key: None})
                self.assertIn(f"[scm] {key} is missing", self.push("--yes", status=2).stderr)


class Secrets(PushCase):
    SECRETS = (b"not-a-secret", b"Bearer")

    def check(self, *texts):
        for text in texts:
            for secret in self.SECRETS:
                self.assertNotIn(secret, text if isinstance(text, bytes) else text.encode())

    def files(self):
        return [path for path in self.folder.glob("certscour.db*") if path.is_file()]

    def test_neither_output_nor_database_nor_log_holds_a_secret(self):
        self.begin()
        bucket = {"asset_route": "discovery-import", "discovery_url": self.scm.url,
                  "discovery_token_url": self.scm.url + TOKEN_PATH, "discovery_client_id": "bucket-client",
                  "discovery_client_secret_file": self.secret(BUCKET_SECRET, name="bucket-secret")}
        for settings, secret in (({}, "not-a-secret"), (bucket, BUCKET_SECRET)):
            with self.subTest(settings=settings):
                self.configure(ca_file=self.ca.ca_pem, **settings)
                self.scm.faults({"kind": "status", "status": 400, "code": -1, "description": f"what is {secret}?",
                                 "path": "/api/ssl/v2" if not settings else "/api/v1"})
                outputs = [self.push("--yes", status=1)]
                self.scm.faults()
                outputs += [self.push("--yes"), self.run_program("scm", "log", "--format", "json"),
                            self.undo(1, "--yes") if not settings else self.undo(3)]
                if not settings:
                    outputs += [self.undo(2, "--yes")]
                for done in outputs:
                    self.check(done.stdout, done.stderr)
                self.check(*(path.read_bytes() for path in self.files()))

    def test_a_row_of_an_answer_that_holds_a_secret_is_told_without_it(self):
        self.begin()
        self.scm.faults({"kind": "refuse", "name": "a.university.example", "description": "what is not-a-secret?"})
        done = self.push("--yes", status=1)
        self.assertIn("not taken: a.university.example: what is", done.stderr)
        self.check(done.stdout, done.stderr, *(path.read_bytes() for path in self.files()))

    def test_the_arguments_and_environment_of_the_running_program_hold_no_secret(self):
        self.begin()
        self.scm.faults({"kind": "slow", "seconds": 5, "path": "/api/ssl/v2"})
        process = self.start_program("scm", "push", "assets", "--yes")
        while not self.scm.log():
            time.sleep(0.01)
        for name in ("cmdline", "environ"):
            self.check(Path(f"/proc/{process.pid}/{name}").read_bytes())
        process.kill()
