# SPDX-License-Identifier: Apache-2.0
"""The pretend SCM itself: what certscour's own tests lean on has to be as SCM's documentation says."""
import json
import subprocess
import time
import urllib.parse
from pathlib import Path

from scm import LOGIN, TOKEN_PATH, Simulator, TestCa, tenant
from support import BUILD, Case

DOMAINS = 450


class Logins(Case):
    def test_the_three_headers_let_in_and_each_wrong_one_is_an_unknown_user(self):
        scm = Simulator(self)
        self.assertEqual(scm.call("/api/organization/v1")[0], 200)
        for header in LOGIN:
            with self.subTest(header=header):
                status, _, body = scm.call("/api/organization/v1", headers={**LOGIN, header: "other"})
                self.assertEqual((status, json.loads(body)), (401, {"code": -16, "description": "Unknown user"}))
                rest = {key: value for key, value in LOGIN.items() if key != header}
                self.assertEqual(scm.call("/api/organization/v1", headers=rest)[0], 401)

    def test_a_password_never_changed_lets_nobody_in(self):
        data = tenant()
        data["admins"][0]["mustChangePassword"] = True
        self.assertEqual(Simulator(self, data).call("/api/organization/v1")[0], 401)

    def token(self, scm, **fields):
        form = {"grant_type": "client_credentials", "client_id": "certscour-client",
                "client_secret": "not-a-secret-either", **fields}
        return scm.call(TOKEN_PATH, headers={}, body=urllib.parse.urlencode(form))

    def test_client_credentials_give_a_token_that_ends(self):
        data = tenant()
        data["tokenLifetime"] = 1
        data["admins"][0]["clientSecret"] = "with +&=% in it"
        scm = Simulator(self, data)
        status, _, body = self.token(scm, client_secret="with +&=% in it")
        answer = json.loads(body)
        self.assertEqual((status, answer["expires_in"]), (200, 1))
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        self.assertEqual(scm.call("/api/organization/v1", headers=bearer)[0], 200)
        end = time.monotonic() + 10
        while scm.call("/api/organization/v1", headers=bearer)[0] == 200:
            self.assertLess(time.monotonic(), end)
        status, headers, _ = scm.call("/api/organization/v1", headers=bearer)
        self.assertEqual(status, 401)
        self.assertIn("Bearer", headers["WWW-Authenticate"])

    def test_wrong_client_credentials_give_none(self):
        scm = Simulator(self)
        self.assertEqual(self.token(scm)[0], 200)
        for field in ("grant_type", "client_id", "client_secret"):
            self.assertEqual(self.token(scm, **{field: "other"})[0], 401, field)

    def test_the_private_path_takes_a_client_certificate_and_nothing_else(self):
        ca = TestCa(self.folder)
        scm = Simulator(self, tls=ca)
        without = {"login": "certscour", "customerUri": "university"}
        self.assertEqual(scm.call("/private/api/organization/v1", headers=without)[0], 401)
        self.assertEqual(scm.call("/private/api/organization/v1")[0], 401)
        scm.context.load_cert_chain(ca.client_pem, ca.client_key)
        self.assertEqual(scm.call("/private/api/organization/v1", headers=without)[0], 200)
        self.assertEqual(scm.call("/api/organization/v1", headers=without)[0], 401)


class Resources(Case):
    def setUp(self):
        super().setUp()
        data = tenant()
        data["domains"] = [{"id": n, "name": f"d{n}.example"} for n in range(1, DOMAINS + 1)]
        self.scm = Simulator(self, data)

    def test_pages_are_cut_by_index_and_counted_in_the_header(self):
        status, headers, body = self.scm.call("/api/domain/v1?size=200&position=400")
        self.assertEqual((status, headers["X-Total-Count"]), (200, str(DOMAINS)))
        self.assertEqual([row["id"] for row in json.loads(body)], list(range(401, DOMAINS + 1)))
        self.assertEqual(self.scm.get(f"/api/domain/v1?size=200&position={DOMAINS}"), [])
        for bad in ("size=201", "size=-1", "size=x", "position=-1"):
            self.assertEqual(self.scm.call(f"/api/domain/v1?{bad}")[0], 400, bad)

    def test_organizations_come_whole_and_without_a_count(self):
        _, headers, body = self.scm.call("/api/organization/v1?size=1")
        self.assertEqual([row["name"] for row in json.loads(body)], ["University", "University Hospital"])
        self.assertNotIn("X-Total-Count", headers)

    def test_a_list_of_certificates_has_four_members_and_details_have_all(self):
        row = self.scm.get("/api/ssl/v1")[0]
        self.assertEqual(sorted(row), ["commonName", "serialNumber", "sslId", "subjectAlternativeNames"])
        self.assertEqual(self.scm.get(f"/api/ssl/v1/{row['sslId']}")["validationType"], "OV")
        status, _, body = self.scm.call("/api/ssl/v1/4711")
        self.assertEqual((status, json.loads(body)["code"]), (404, -124))

    def test_nobody_sees_the_secrets_of_an_admin(self):
        shown = self.scm.call("/api/admin/v1/7")[2] + self.scm.call("/api/admin/v1?login=certscour")[2]
        self.assertIn("sslManage", shown)
        self.assertNotIn("not-a-secret", shown)
        self.assertEqual(self.scm.get("/api/admin/v1?login=nobody"), [])

    def test_the_report_has_the_certificates_of_the_organizations_asked_for(self):
        path = "/api/report/v1/ssl-certificates"
        self.assertEqual(len(self.scm.get(path, body="{}")["reports"]), 3)
        only = self.scm.get(path, body='{"organizationIds": [101]}')["reports"]
        self.assertEqual([row["id"] for row in only], [1002])
        self.assertEqual(json.loads(self.scm.call(path, body="")[2])["code"], -1002)

    def test_a_right_that_is_missing_is_denied(self):
        data = tenant()
        data["admins"][0]["rights"] = ["domains"]
        self.scm.becomes(data)
        self.assertEqual(self.scm.call("/api/domain/v1")[0], 200)
        self.assertEqual(json.loads(self.scm.call("/api/ssl/v1")[2])["code"], -37)


class Rules(Case):
    RULES = "/api/discovery/v1/assignmentrule"
    BUCKETS = "/api/discovery/v1/bucket"
    GOOD = {"name": "a", "orgId": 100, "filters": [{"filterType": "COMMON_NAME", "matchType": "ENDS_WITH", "value": "a.example"}]}

    def setUp(self):
        super().setUp()
        data = tenant()
        data["buckets"] = []
        self.scm = Simulator(self, data)

    def send(self, path, body, method="POST"):
        status, headers, text = self.scm.call(path, body=json.dumps(body), method=method)
        return status, headers, json.loads(text) if text else None

    def make_rule(self, **members):
        return int(self.send(self.RULES, {**self.GOOD, **members})[1]["Location"].rsplit("/", 1)[1])

    def test_a_list_has_ids_alone_and_no_count(self):
        numbers = [self.make_rule(), self.make_rule()]
        _, headers, body = self.scm.call(self.RULES)
        self.assertEqual(json.loads(body), numbers)
        self.assertNotIn("X-Total-Count", headers)
        self.assertEqual(self.scm.get(f"{self.RULES}?size=1&position=1"), numbers[1:])
        self.assertEqual(self.scm.get(f"{self.RULES}/count"), {"count": 2})
        self.assertEqual(self.scm.get(f"{self.RULES}/{numbers[0]}"), self.GOOD)

    def test_a_change_names_the_rule_in_the_body(self):
        number = self.make_rule()
        self.assertEqual(self.send(self.RULES, {**self.GOOD, "ruleId": number, "name": "b"}, "PUT")[0], 204)
        self.assertEqual(self.scm.get(f"{self.RULES}/{number}")["name"], "b")
        self.assertEqual(self.send(self.RULES, {**self.GOOD, "ruleId": 99}, "PUT")[0], 404)

    def test_what_is_wrong_has_its_code(self):
        for members, code in (({"filters": []}, -5002), ({"orgId": 4711}, -5001), ({"name": ""}, -7),
                              ({"filters": [{"filterType": "COLOUR", "matchType": "MATCHES", "value": "x"}]}, -1601)):
            status, _, answer = self.send(self.RULES, {**self.GOOD, **members})
            self.assertEqual((status, answer["code"]), (400, code))

    def test_a_rule_in_a_bucket_is_in_use(self):
        number = self.make_rule()
        bucket = self.send(self.BUCKETS, {"name": "B", "assignmentRules": [number]})[1]["Location"].rsplit("/", 1)[1]
        status, _, answer = self.send(f"{self.RULES}/{number}", None, "DELETE")
        self.assertEqual((status, answer["code"]), (400, -5003))
        self.send(f"{self.BUCKETS}/{bucket}", {"name": "B", "assignmentRules": []}, "PUT")
        self.assertEqual(self.send(f"{self.RULES}/{number}", None, "DELETE")[0], 204)

    def test_a_secret_is_told_once(self):
        _, headers, made = self.send(self.BUCKETS, {"name": "B", "authenticationEnabled": True})
        self.assertTrue(made["clientSecret"])
        path = self.BUCKETS + "/" + headers["Location"].rsplit("/", 1)[1]
        self.assertEqual(self.scm.get(path)["clientId"], made["clientId"])
        self.assertNotIn("clientSecret", self.scm.get(path))
        self.assertNotIn("clientSecret", self.send(path, {"name": "B", "authenticationEnabled": True}, "PUT")[2])
        self.assertNotEqual(self.send(f"{path}/reset-client-secret", {}, "PUT")[2]["clientSecret"], made["clientSecret"])

    def test_the_first_rule_of_the_bucket_that_matches_assigns(self):
        data = tenant()
        data["assignmentRules"] = [{**self.GOOD, "id": 1, "orgId": 101}, {**self.GOOD, "id": 2, "orgId": 102}]
        data["buckets"] = [{"id": "u-1", "name": "B", "assignmentRules": [2, 1], "certificates": [
            {"hash": "aa", "details": {"cn": "www.a.example", "sn": "01"}}, {"hash": "bb", "details": {"cn": "b.example", "sn": "02"}}]}]
        self.scm.becomes(data)
        self.send(f"{self.BUCKETS}/u-1/runrules", {})
        found = self.scm.get("/api/ssl/v1?commonName=www.a.example")
        details = self.scm.get(f"/api/ssl/v1/{found[0]['sslId']}")
        self.assertEqual((details["orgId"], details["requestedVia"]), (102, "Discovery"))
        self.assertEqual(self.scm.get("/api/ssl/v1?commonName=b.example"), [])
        self.send(f"{self.BUCKETS}/u-1/assign", {"hashes": ["BB"], "certType": "SSL", "organizationId": 100})
        self.assertEqual(len(self.scm.get("/api/ssl/v1?commonName=b.example")), 1)
        self.assertEqual(self.scm.get(f"{self.BUCKETS}/u-1/certificates")["total"], 2)


class Tasks(Case):
    TASKS = "/api/discovery/v4/net_task"
    RUNS = "/api/discovery/v1/net_task"
    GOOD = {"name": "campus", "certBucketId": "u-1", "agent": "a", "ranges": [{"address": "192.0.2.0/24", "ports": "443"}],
            "frequency": "Manual", "timeZone": "UTC+00:00", "time": {"hours": 1, "minutes": 0}}

    def setUp(self):
        super().setUp()
        data = tenant()
        data["buckets"] = [{"id": "u-1", "name": "B"}]
        self.scm = Simulator(self, data)

    def send(self, path, body=None, method="POST"):
        status, headers, text = self.scm.call(path, body=json.dumps(body or {}), method=method)
        return status, headers, json.loads(text) if text else None

    def test_the_bucket_is_not_told_and_a_change_replaces_all(self):
        status, headers, _ = self.send(self.TASKS, self.GOOD)
        self.assertEqual((status, headers["Location"].rsplit("/", 1)[1]), (201, "1"))
        shown = {key: value for key, value in self.GOOD.items() if key != "certBucketId"}
        self.assertEqual(self.scm.get(f"{self.TASKS}/1"), {**shown, "status": None})
        self.assertEqual(self.send(f"{self.TASKS}/1", {**self.GOOD, "name": "other"}, "PUT")[0], 200)
        self.assertEqual(self.scm.get(self.TASKS), [{"taskId": 1, "name": "other", "status": None}])
        self.assertEqual(self.send(f"{self.TASKS}/1", method="DELETE")[0], 204)
        self.assertEqual(self.scm.get(self.TASKS), [])

    def test_what_is_wrong_has_its_code(self):
        for members, code in (({"ranges": []}, -615), ({"ranges": [{"address": "192.0.2.0/99"}]}, -304),
                              ({"agent": None}, -7), ({"certBucketId": "none"}, -1601)):
            status, _, answer = self.send(self.TASKS, {**self.GOOD, **members})
            self.assertEqual((status, answer["code"]), (400, code))

    def test_one_run_at_a_time_which_goes_on_to_its_end(self):
        self.send(self.TASKS, self.GOOD)
        self.assertEqual(self.send(f"{self.TASKS}/1/start")[0], 200)
        self.assertEqual(self.send(f"{self.TASKS}/1/start")[2]["code"], -618)
        self.assertEqual(self.scm.get(self.TASKS)[0]["status"], "Scan in process")
        for state in ("in_progress", "completed"):
            self.assertEqual([run["status"] for run in self.scm.get(f"{self.RUNS}/1/operation")["data"]], [state])
        self.assertEqual(self.scm.get(self.TASKS)[0]["status"], "Scan completed (Successful)")
        self.assertEqual(self.send(f"{self.TASKS}/1/start")[0], 200)

    def test_results_are_managed_where_a_certificate_has_the_hash(self):
        data = tenant()
        data["tasks"] = [{"id": 1, "name": "t", "operations": [{"id": "o", "status": "completed", "results": [
            {"certificate": {"hash": "0123456789abcdef0123456789abcdef01234567"}}, {"certificate": {"hash": "aa"}}]}]}]
        self.scm.becomes(data)
        answer = self.scm.get(f"{self.RUNS}/1/operation/o/result?size=1")
        self.assertEqual((answer["total"], answer["data"][0]["certificate"]["metadata"]), (2, {"managedId": "ssl:1001"}))
        self.assertNotIn("metadata", self.scm.get(f"{self.RUNS}/1/operation/o/result?position=1")["data"][0]["certificate"])


class Imports(Case):
    """Imports, custom locations and the Discovery Import API: what `scm push assets` and `scm undo` lean on."""

    def setUp(self):
        super().setUp()
        ca = TestCa(self.folder)
        self.scm = Simulator(self)
        self.certs = [self.base64_of(ca.issue(name, "basicConstraints=CA:FALSE")[0]) for name in ("one", "two")]
        self.ca = self.base64_of(ca.ca_pem)

    def base64_of(self, pem):
        return "".join(line for line in Path(pem).read_text().splitlines() if "-" not in line)

    def post(self, path, body):
        status, headers, text = self.scm.call(path, body=json.dumps(body))
        return status, headers, json.loads(text) if text else None

    def imports(self, *certs, org=100):
        return self.post("/api/ssl/v2/import", [{"orgID": org, "cert": cert, "comments": "test"} for cert in certs])

    def made(self):
        return [c for c in self.scm.get("/simulator/state")["certificates"] if c["id"] > 5000]

    def test_a_certificate_is_created_once_and_then_there(self):
        status, _, rows = self.imports(*self.certs)
        self.assertEqual((status, [row["created"] for row in rows]), (200, [True, True]))
        ids = [row["cert"]["id"] for row in rows]
        _, _, rows = self.imports(*self.certs)
        self.assertEqual(([row["created"] for row in rows], [row["cert"]["id"] for row in rows]), ([False, False], ids))
        self.assertEqual([(c["comments"], c["orgId"], c["requestedVia"]) for c in self.made()], [("test", 100, "Imported")] * 2)
        found = self.scm.get(f"/api/ssl/v1?sha1Hash={self.made()[0]['certificateDetails']['sha1Hash']}")
        self.assertEqual([row["sslId"] for row in found], ids[:1])

    def test_a_row_that_is_wrong_has_its_error_and_the_others_are_taken(self):
        status, _, rows = self.imports(self.ca, "bm9uc2Vuc2U=", self.certs[0])
        self.assertEqual(status, 200)
        self.assertIn("CA certificate", rows[0]["errorMessage"])
        self.assertIn("cannot be parsed", rows[1]["errorMessage"])
        self.assertTrue(rows[2]["created"])
        self.assertIn("not found", self.imports(self.certs[1], org=4711)[2][0]["errorMessage"])

    def test_requests_that_are_wrong_as_a_whole_are_refused(self):
        for body, code in (({}, -1002), ([], -1601), ([{}] * 129, -1601)):
            status, _, answer = self.post("/api/ssl/v2/import", body)
            self.assertEqual((status, answer["code"]), (400, code))
        data = tenant()
        data["organizations"][0]["sslCertsApiEnabled"] = False
        self.scm.becomes(data)
        self.assertEqual(self.imports(self.certs[0])[2]["code"], -1021)
        data["admins"][0]["rights"] = ["certificates"]
        self.scm.becomes(data)
        self.assertEqual(self.imports(self.certs[0])[0], 403)
        self.assertEqual(self.made(), [])

    def test_faults_of_an_import_spoil_its_rows_alone(self):
        self.scm.faults({"kind": "refuse", "name": "one", "times": 1})
        _, _, rows = self.imports(*self.certs)
        self.assertEqual([("errorMessage" in row, row.get("created")) for row in rows], [(True, None), (False, True)])
        self.scm.faults({"kind": "refuse-batch", "name": "one"})
        self.assertEqual(self.imports(*self.certs)[0], 400)
        self.assertEqual(self.imports(self.certs[1])[0], 200)
        self.scm.faults()
        self.imports(self.certs[0])
        for kind, ids in (("rows-missing", [5001]), ("rows-extra", [1, 5002, 5001]), ("reversed", [5001, 5002])):
            with self.subTest(kind=kind):
                self.scm.faults({"kind": kind})
                self.assertEqual([row["cert"]["id"] for row in self.imports(*self.certs)[2]], ids)

    def test_an_answer_that_is_dropped_comes_after_the_work(self):
        self.scm.faults({"kind": "drop", "times": 1})
        with self.assertRaises(OSError):
            self.imports(self.certs[0])
        self.assertEqual(len(self.made()), 1)

    def test_locations_are_made_listed_changed_and_deleted(self):
        self.imports(self.certs[0])
        path = "/api/ssl/v1/5001/location"
        self.assertEqual(self.scm.get(path), [])
        details = {"IP": "192.0.2.1", "Port": "443"}
        status, headers, _ = self.post(path, {"details": details})
        self.assertEqual((status, headers["Location"].rsplit("/", 2)[1:]), (201, ["location", "9001"]))
        self.assertEqual(self.scm.get(path), [{"id": 9001, "locationType": "CUSTOM", "details": details}])
        for wrong in ({}, {"details": {}}, {"details": {"Port": 443}}):
            self.assertEqual(self.post(path, wrong)[2]["code"], -1601)
        self.assertEqual(self.scm.call(path + "/9001", body=json.dumps({"details": {"IP": "192.0.2.2"}}), method="PUT")[0], 200)
        self.assertEqual(self.scm.get(path + "/9001")["details"], {"IP": "192.0.2.2"})
        self.assertEqual(self.scm.call(path + "/9001", method="DELETE")[0], 204)
        self.assertEqual(self.scm.call(path + "/9001", method="DELETE")[0], 404)
        self.scm.faults({"kind": "headerless"})
        self.assertNotIn("Location", self.post(path, {"details": details})[1])

    def test_only_what_was_imported_or_discovered_can_be_deleted(self):
        self.imports(self.certs[0])
        self.assertEqual(self.scm.call("/api/ssl/v1/5001", method="DELETE")[0], 204)
        self.assertEqual(self.scm.call("/api/ssl/v1/5001", method="DELETE")[0], 404)
        status, _, body = self.scm.call("/api/ssl/v1/1001", method="DELETE")
        self.assertEqual((status, json.loads(body)["code"]), (400, -1021))

    def test_operations_of_a_discovery_import_are_for_tokens_of_a_bucket(self):
        path = "/api/v1/operations"
        self.assertIn(self.post(path, {"name": "x"})[0], (401, 403))
        bucket = tenant()["buckets"][0]
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": bucket["clientId"],
                                       "client_secret": bucket["clientSecret"]})
        token = json.loads(self.scm.call(TOKEN_PATH, headers={}, body=form)[2])["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        status, headers, _ = self.scm.call(path, headers=bearer, body='{"name": "x"}')
        self.assertEqual((status, headers["Location"].rsplit("/", 1)[1]), (201, "op-1"))
        self.assertEqual(self.scm.get(path, headers=bearer)[0]["name"], "x")
        self.assertEqual(self.scm.call(f"{path}/op-1", headers=bearer, body='{"status": "completed"}', method="PUT")[0], 200)
        self.assertEqual(self.scm.get(f"{path}/op-1", headers=bearer)["status"], "completed")
        self.scm.faults({"kind": "expire-tokens", "times": 1})
        self.assertEqual(self.scm.call(path, headers=bearer)[0], 401)


class Faults(Case):
    def setUp(self):
        super().setUp()
        self.scm = Simulator(self)

    def test_a_fault_waits_for_its_turn_and_ends(self):
        self.scm.faults({"kind": "status", "status": 429, "retryAfter": 7, "path": "/api/domain", "after": 1, "times": 2})
        answers = [self.scm.call("/api/domain/v1") for _ in range(4)]
        self.assertEqual([status for status, _, _ in answers], [200, 429, 429, 200])
        self.assertEqual(answers[1][1]["Retry-After"], "7")
        self.assertEqual(self.scm.call("/api/organization/v1")[0], 200)

    def test_each_kind_spoils_what_it_says(self):
        path = "/api/ssl/v1/1001"
        for fault, check in (
                ({"kind": "html"}, lambda body, headers: self.assertIn("<html>", body)),
                ({"kind": "wrong-type"}, lambda body, headers: self.assertEqual(headers["Content-Type"], "text/plain")),
                ({"kind": "truncated"}, lambda body, headers: self.assertRaises(ValueError, json.loads, body)),
                ({"kind": "big"}, lambda body, headers: self.assertGreater(len(body), 10_000_000)),
                ({"kind": "missing", "field": "orgId"}, lambda body, headers: self.assertNotIn("orgId", body)),
                ({"kind": "null", "field": "orgId"}, lambda body, headers: self.assertIn('"orgId":null', body)),
                ({"kind": "empty"}, lambda body, headers: self.assertEqual(body, "")),
                ({"kind": "status"}, lambda body, headers: self.assertIn('"code":-1', body))):
            with self.subTest(fault=fault):
                self.scm.faults(fault)
                _, headers, body = self.scm.call(path)
                check(body, headers)

    def test_duplicates_repeat_the_end_of_the_page_before(self):
        self.scm.faults({"kind": "duplicates"})
        pages = [self.scm.get(f"/api/domain/v1?size=2&position={at}") for at in (0, 2)]
        self.assertEqual([[row["id"] for row in page] for page in pages], [[1, 2], [2, 3]])

    def test_a_slow_answer_comes_and_holds_nobody_else_up(self):
        self.scm.faults({"kind": "slow", "seconds": 0.3, "times": 1})
        began = time.monotonic()
        self.assertEqual(self.scm.call("/api/domain/v1")[0], 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_nonsense_is_refused(self):
        for body in ("{}", "[1]", '[{"kind": "frogs"}]', "nonsense"):
            self.assertEqual(self.scm.call("/simulator/faults", body=body)[0], 400, body)

    def test_the_log_tells_who_asked_what(self):
        self.scm.call("/api/domain/v1?size=1")
        self.scm.call("/api/ssl/v1", headers={})
        self.assertEqual(self.scm.log(), [
            {"method": "GET", "url": "/api/domain/v1?size=1", "auth": "password", "status": 200},
            {"method": "GET", "url": "/api/ssl/v1", "auth": "none", "status": 401}])
        self.assertEqual(self.scm.log(), [])


class Starting(Case):
    def start(self, *words):
        return subprocess.run([BUILD / "scm-simulator", *map(str, words)], capture_output=True, text=True, timeout=30)

    def test_it_listens_on_loopback_only(self):
        (self.folder / "tenant.json").write_text("{}")
        done = self.start("--data", self.folder / "tenant.json", "--address", "192.0.2.1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("127.0.0.0/8", done.stderr)

    def test_wrong_words_and_files_are_named(self):
        self.assertIn("usage", self.start().stderr)
        self.assertIn("/nonexistent", self.start("--data", "/nonexistent").stderr)
        (self.folder / "tenant.json").write_text("[]")
        self.assertIn("JSON object", self.start("--data", self.folder / "tenant.json").stderr)
