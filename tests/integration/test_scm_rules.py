# SPDX-License-Identifier: Apache-2.0
"""`scm pull rules` and `scm push rules` against the pretend SCM: what a rule becomes on the other side, whose change counts,
and that nothing is done twice or by halves."""
import contextlib
import json
import sqlite3

from scm import ScmCase, TestCa, tenant

RULES = "/api/discovery/v1/assignmentrule"
BUCKETS = "/api/discovery/v1/bucket"
CAMPUS, OTHER = "11111111-aaaa-4bbb-8ccc-000000000001", "11111111-aaaa-4bbb-8ccc-000000000002"


def one_filter(kind, match, value):
    return {"filterType": kind, "matchType": match, "value": value}


def rule(number, name, organization, *filters, **members):
    return {"id": number, "name": name, "orgId": organization, "certType": "SSL",
            "filters": [one_filter(*filter) for filter in filters], **members}


def with_rules(*rules, order=None, **members):
    data = tenant()
    data["assignmentRules"] = list(rules)
    order = [rule["id"] for rule in rules] if order is None else order
    data["buckets"] = [{"id": CAMPUS, "name": "Campus", "assignmentRules": order, "authenticationEnabled": True,
                        "clientId": "bucket-client", "clientSecret": "not-a-secret-of-a-bucket"},
                       {"id": OTHER, "name": "Other", "assignmentRules": []}]
    data.update(members)
    return data


SCIENCE = rule(11, "science", 101, ("COMMON_NAME", "ENDS_WITH", "science.example"))
LIBRARY = rule(12, "library", 102, ("COMMON_NAME", "CONTAINS", "library"), ("PORT", "MATCHES", "443"))
REST = rule(13, "all of ours", 100, ("SUBJECT_ALT_NAME", "ENDS_WITH", "university.example"))


class RuleCase(ScmCase):
    def pull(self, *words, **options):
        return self.run_program("scm", "pull", "rules", *words, **options)

    def push(self, *words, **options):
        return self.run_program("scm", "push", "rules", "--bucket", "Campus", *words, **options)

    def rules(self):
        done = self.run_program("rule", "list", "--format", "json")
        return [(row["name"], row["match"], row["assign"]) for row in json.loads(done.stdout)]

    def names(self):
        return [name for name, _, _ in self.rules()]

    def add(self, name, match, owner):
        self.run_program("rule", "add", name, "--match", match, "--assign", owner)

    def dump(self):
        """All that the pull may change, ids included."""
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                    for table in ("rule", "rule_link", "owner", "inventory_owner")]

    def there(self):
        """(rules by id, order in the bucket) as SCM has them now"""
        ids = self.scm.get(RULES)
        return {number: self.scm.get(f"{RULES}/{number}") for number in ids}, self.scm.get(f"{BUCKETS}/{CAMPUS}")[
            "assignmentRules"]

    def changes(self):
        return [(call["method"], call["url"]) for call in self.scm.log() if call["method"] in ("POST", "PUT", "DELETE")]


class Pull(RuleCase):
    def test_rules_come_in_the_order_of_their_bucket_with_owners_of_scm_s_names(self):
        self.start(with_rules(SCIENCE, LIBRARY, REST, order=[12, 13, 11]))
        done = self.pull()
        self.assertEqual(self.rules(), [
            ("library", 'common_name contains "library" and port equals "443"', "University/Library"),
            ("all of ours", 'subject_alt_name ends_with "university.example"', "University"),
            ("science", 'common_name ends_with "science.example"', "University/Faculty of Science")])
        for line in ("0 as they were, 3 added", 'new owner 102 "University/Library"', 'new owner 100 "University"',
                     'added    12 "library"'):
            self.assertIn(line, done.stdout)

    def test_a_second_pull_changes_nothing(self):
        self.start(with_rules(SCIENCE, LIBRARY, REST, order=[12, 13, 11]))
        self.add_local()
        self.pull()
        before = self.dump()
        self.assertEqual(self.pull().stdout, "rules           3 as they were\n")
        self.assertEqual(self.dump(), before)

    def add_local(self):
        self.run_program("org", "add", "Mine")
        for name in ("first", "second"):
            self.add(name, f"common_name = {name}.example", "Mine")

    def test_rules_made_here_stay_where_they_are_and_new_ones_stand_behind_their_neighbour(self):
        self.start(with_rules(SCIENCE, LIBRARY))
        self.add_local()
        self.pull()
        self.assertEqual(self.names(), ["first", "second", "science", "library"])
        self.run_program("rule", "move", "second")
        self.run_program("rule", "move", "library", "--before", "first")
        self.scm.becomes(with_rules(SCIENCE, REST, LIBRARY))
        self.assertIn("in SCM's order again", self.pull().stdout)
        self.assertEqual(self.names(), ["science", "all of ours", "first", "library", "second"])

    def test_what_cannot_be_said_here_is_listed_and_left_out_whole(self):
        self.start(with_rules(
            SCIENCE, rule(21, "mail", 100, ("COMMON_NAME", "CONTAINS", "x"), certType="SMIME"),
            rule(22, "fresh", 100, ("COMMON_NAME", "CONTAINS", "x"), ("EXPIRATION", "GREATER_THAN", "0")),
            rule(23, "coloured", 100, ("COLOUR", "MATCHES", "red")), rule(24, "not", 100, ("CITY", "UNLIKE", "x")),
            rule(25, "nothing", 100), rule(26, "foreign", 4711, ("CITY", "MATCHES", "x")),
            rule(27, "odd", 100, ("PORT", "MATCHES", "https")), rule(28, "long", 100, ("CITY", "MATCHES", "x" * 600))))
        text = self.pull().stdout
        self.assertEqual(self.names(), ["science"])
        for part in ("1 added, 8 skipped", '21 "mail": it is for certificates of another type, SMIME',
                     '22 "fresh": EXPIRATION depends on the present time', 'unknown filterType "COLOUR"',
                     'unknown matchType "UNLIKE"', '"nothing": it has no filters',
                     '"foreign": its organization 4711 is none that SCM shows', "is no value for port",
                     '"long": a value of more than 511 bytes'):
            self.assertIn(part, text)

    def test_the_organization_s_local_owner_is_taken_under_whatever_name(self):
        self.start(with_rules(SCIENCE))
        self.run_program("org", "add", "University")
        self.run_program("scm", "pull", "organizations")
        self.run_program("org", "rename", "University", "Alma Mater")
        self.pull()
        self.assertEqual([row[2] for row in self.rules()], ["Alma Mater/Faculty of Science"])
        self.scm.log()
        self.pull()
        self.assertNotIn("/api/organization/v1", [call["url"] for call in self.scm.log()])

    def test_owners_that_were_made_are_known_to_scm_at_once(self):
        self.start(with_rules(SCIENCE))
        self.pull()
        self.add("all", "city = Ghent", "University")
        self.assertIn("organization 100 (University)", self.push().stdout)

    def test_a_change_in_scm_comes_here_and_one_made_here_is_kept(self):
        self.start(with_rules(SCIENCE, LIBRARY))
        self.pull()
        self.run_program("rule", "edit", "library", "--match", "common_name = mine")
        changed = rule(11, "sciences", 102, ("COMMON_NAME", "ENDS_WITH", "sci.example"))
        self.scm.becomes(with_rules(changed, LIBRARY))
        text = self.pull().stdout
        self.assertIn('changed  11 "sciences"', text)
        self.assertIn('12 "library": was changed here; `certscour scm push rules` sends it', text)
        mine = ("library", "common_name = mine", "University/Library")
        self.assertEqual(self.rules(), [("sciences", 'common_name ends_with "sci.example"', "University/Library"), mine])
        both = rule(12, "library", 102, ("COMMON_NAME", "CONTAINS", "lib"))
        self.scm.becomes(with_rules(changed, both))
        self.assertIn("changed both here and in SCM", self.pull().stdout)
        self.assertEqual(self.rules()[1], mine)
        self.pull("--overwrite")
        self.assertEqual(self.rules()[1], ("library", 'common_name contains "lib"', "University/Library"))

    def test_what_scm_has_no_more_goes_unless_it_was_changed_or_made_here(self):
        self.start(with_rules(SCIENCE, LIBRARY, REST))
        self.run_program("org", "add", "University")
        self.add("everything", "subject_alt_name ends_with university.example", "University")
        self.pull()
        self.assertEqual(self.names(), ["science", "library", "everything"])
        self.run_program("rule", "edit", "library", "--name", "books")
        self.scm.becomes(with_rules(rule(14, "new", 100, ("CITY", "MATCHES", "Ghent"))))
        text = self.pull().stdout
        self.assertIn('removed  11 "science"', text)
        self.assertIn('kept     12 "books": is not in SCM any more', text)
        self.assertEqual(sorted(self.names()), ["books", "everything", "new"])

    def test_one_bucket_s_rules_alone(self):
        self.start(with_rules(SCIENCE, LIBRARY, REST, order=[13, 11]))
        for name in ("Campus", CAMPUS):
            self.pull("--bucket", name)
            self.assertEqual(self.names(), ["all of ours", "science"])
        self.scm.becomes(with_rules(SCIENCE, LIBRARY, REST, order=[13]))
        self.pull("--bucket", "Campus")
        self.assertEqual(self.names(), ["all of ours"])
        done = self.pull("--bucket", "Kampus", status=1)
        self.assertIn('SCM has no certificate bucket "Kampus"; there are "Campus", "Other"', done.stderr)

    def test_two_buckets_of_one_name_are_told_apart_by_id(self):
        data = with_rules(SCIENCE)
        data["buckets"][1]["name"] = "Campus"
        self.start(data)
        self.assertIn("2 certificate buckets of that name", self.pull("--bucket", "Campus", status=2).stderr)
        self.pull("--bucket", CAMPUS)
        self.assertEqual(self.names(), ["science"])

    def test_equal_names_are_told_apart_by_scm_s_id(self):
        self.start(with_rules(SCIENCE, {**LIBRARY, "name": "science"}))
        self.run_program("org", "add", "Mine")
        self.add("SCIENCE", "port = 1", "Mine")
        self.pull()
        self.assertEqual(self.names(), ["SCIENCE", "science (SCM 11)", "science (SCM 12)"])
        before = self.dump()
        self.pull()
        self.assertEqual(self.dump(), before)

    def test_hundreds_come_page_by_page_though_nobody_counts_them(self):
        many = [rule(n, f"r{n}", 100, ("COMMON_NAME", "MATCHES", f"c{n}.example")) for n in range(1, 451)]
        self.start(with_rules(*many))
        self.scm.faults({"kind": "duplicates", "path": RULES, "rows": 3})
        self.pull()
        self.assertEqual(self.names(), [f"r{n}" for n in range(1, 451)])

    def test_no_rules_where_there_were_some_is_believed_only_when_told(self):
        self.start(with_rules(SCIENCE))
        self.pull()
        self.scm.becomes(with_rules())
        self.assertIn("SCM shows no assignment rules any more", self.pull(status=1).stderr)
        self.assertEqual(self.names(), ["science"])
        self.pull("--accept-empty")
        self.assertEqual(self.rules(), [])

    def test_options_that_go_with_rules_are_refused_elsewhere(self):
        self.start()
        self.assertIn("--bucket goes with `scm pull rules`", self.run_program("scm", "pull", "--bucket", "x", status=2).stderr)
        self.assertIn("allowed are organizations", self.run_program("scm", "pull", "rulez", status=2).stderr)


class Faults(RuleCase):
    FAULTS = (({"kind": "html"}, "page of a proxy"), ({"kind": "truncated"}, "broken JSON"),
              ({"kind": "empty"}, "the answer is empty"), ({"kind": "status", "status": 403, "code": -37}, "-37"),
              ({"kind": "big"}, "larger than"), ({"kind": "missing", "field": "name"}, "expected"))

    def test_a_pull_that_fails_changes_nothing(self):
        self.start(with_rules(SCIENCE, LIBRARY))
        self.pull()
        before = self.dump()
        self.scm.becomes(with_rules(REST, LIBRARY))
        for fault, part in self.FAULTS:
            for path, after in ((f"{RULES}/", 1), (f"{BUCKETS}/", 0)):
                with self.subTest(fault=fault, path=path):
                    self.scm.faults({**fault, "path": path, "after": after})
                    self.assertIn(part, self.pull(status=1).stderr)
                    self.assertEqual(self.dump(), before)

    def test_lists_that_are_none_are_refused(self):
        self.start(with_rules(SCIENCE))
        for path in (RULES, BUCKETS):
            self.scm.faults({"kind": "html", "path": path, "times": 1})
            self.assertIn("page of a proxy", self.pull(status=1).stderr)
        self.scm.faults({"kind": "missing", "path": BUCKETS, "field": "id", "times": 1})
        self.assertIn("a bucket without id or name", self.pull(status=1).stderr)

    def test_busy_servers_are_asked_again_and_tokens_renewed(self):
        self.start(with_rules(SCIENCE, LIBRARY), tls=TestCa(self.folder))
        self.configure_token(ca_file=str(self.folder / "tls-ca.pem"))
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 1, "times": 1, "path": f"{RULES}/"},
                        {"kind": "status", "status": 429, "retryAfter": 1, "times": 1, "path": BUCKETS},
                        {"kind": "expire-tokens", "path": f"{RULES}/", "after": 1, "times": 1})
        self.pull()
        self.assertEqual(self.names(), ["science", "library"])

    def test_missing_members_leave_a_rule_out(self):
        self.start(with_rules(SCIENCE))
        for field, part in (("orgId", "it names no organization"), ("filters", "it has no filters"),
                            ("value", "without filterType, matchType or value")):
            for kind in ("missing", "null"):
                self.scm.faults({"kind": kind, "field": field, "path": f"{RULES}/"})
                self.assertIn(part, self.pull().stdout)
                self.assertEqual(self.rules(), [])


class Push(RuleCase):
    def world(self, *rules, **options):
        self.start(with_rules(*rules, **options))
        for owner in ("University", "University/Library", "University/Faculty of Science", "Elsewhere"):
            self.run_program("org", "add", owner)
        self.run_program("scm", "pull", "organizations")

    def test_a_preview_is_a_difference_and_sends_nothing(self):
        self.world(SCIENCE)
        self.pull()
        self.run_program("rule", "edit", "science", "--match", "common_name ends_with sci.example and port = 443")
        self.add("library", "host_name starts_with lib", "University/Library")
        self.scm.log()
        done = self.push()
        self.assertEqual(done.stdout, (
            f'--- {self.scm.url}, bucket "Campus": 1 rules\n+++ here: 2 rules for it\n'
            '~ rule 11 "science"\n'
            "        organization 101 (University/Faculty of Science)\n"
            '-       COMMON_NAME ENDS_WITH "science.example"\n'
            '+       COMMON_NAME ENDS_WITH "sci.example"\n'
            '+       PORT MATCHES "443"\n'
            '+ rule "library"\n'
            "+       organization 102 (University/Library)\n"
            '+       HOST_NAME STARTS_WITH "lib"\n'
            "~ order in the bucket\n"
            '        1. 11 "science"\n'
            '+       2. "library"\n'))
        self.assertIn("this was a preview", done.stderr)
        self.assertEqual(self.changes(), [])

    def test_it_is_made_and_ordered_and_then_there_is_nothing_left_to_do(self):
        self.world(SCIENCE, rule(14, "of others", 100, ("CITY", "MATCHES", "Ghent")), order=[14, 11])
        self.add("library", "common_name contains library", "University/Library")
        self.add("science", "common_name ends_with science.example", "University/Faculty of Science")
        self.add("net", "ip in 192.0.2.0/24 and ip in 10.0.0.0/8", "University")
        done = self.push("--yes")
        self.assertIn("2 made, 0 changed, 0 removed, 0 as they were; the bucket has a new order", done.stdout)
        rules, order = self.there()
        self.assertEqual(rules[15], {"name": "library", "orgId": 102, "certType": "SSL",
                                     "filters": [one_filter("COMMON_NAME", "CONTAINS", "library")]})
        self.assertEqual(rules[16]["filters"], [one_filter("IP", "STARTS_WITH", "192.0.2."),
                                                one_filter("IP", "STARTS_WITH", "10.")])
        self.assertEqual(order, [14, 15, 11, 16])
        self.scm.log()
        self.assertIn("nothing to send", self.push().stdout)
        self.assertIn("0 made, 0 changed, 0 removed, 3 as they were\n", self.push("--yes").stdout)
        self.assertEqual(self.changes(), [])
        before = self.names()
        self.assertIn("3 as they were, 1 added", self.pull().stdout)
        self.assertEqual([name for name in self.names() if name != "of others"], before)

    def test_an_open_bucket_stays_open(self):
        self.world(SCIENCE, order=[])
        self.pull()
        self.push("--yes")
        bucket = self.scm.get(f"{BUCKETS}/{CAMPUS}")
        self.assertEqual((bucket["name"], bucket["authenticationEnabled"], bucket["clientId"], bucket["assignmentRules"]),
                         ("Campus", True, "bucket-client", [11]))

    def test_a_change_is_a_put_on_the_collection_with_the_id_in_it(self):
        self.world(SCIENCE)
        self.pull()
        self.run_program("rule", "edit", "science", "--name", "sciences", "--assign", "University")
        text = self.push().stdout
        for line in ('-       name "science"\n+       name "sciences"\n',
                     "-       organization 101\n+       organization 100 (University)\n"):
            self.assertIn(line, text)
        self.scm.log()
        self.push("--yes")
        self.assertEqual(self.changes(), [("PUT", RULES)])
        self.assertEqual(self.there()[0], {11: {**{key: SCIENCE[key] for key in ("certType", "filters")},
                                                "name": "sciences", "orgId": 100}})

    def test_what_scm_cannot_express_is_listed_with_the_reason(self):
        self.world()
        for name, match, reason in (
                ("either", "common_name = a or common_name = b", "SCM has no `or`"),
                ("never", "not common_name = a", "SCM has no `not`"),
                ("zone", "common_name in_domain mydomain.be", "ends_with; make a rule for the domain"),
                ("list", "common_name in (a, b)", "make a rule for each value"),
                ("any", "name = a", "make a rule for common_name and one for subject_alt_name"),
                ("range", "ip in 192.0.2.0/25", "networks /8, /16 and /24"),
                ("six", "ip in 2001:db8::/32", "networks /8, /16 and /24"),
                ("key", "key_bits < 2048", "cannot express `key_bits < 2048`"),
                ("long", "city = " + "x" * 129, "more than 128 characters")):
            with self.subTest(name=name):
                self.add(name, match, "University")
                self.assertIn(f'  not sent "{name}"', self.push().stdout)
                self.assertIn(reason, self.push().stdout)
                self.run_program("rule", "remove", name)
        self.add("theirs", "city = x", "Elsewhere")
        self.add("ours", "city = y", "University")
        done = self.push()
        self.assertIn("its owner Elsewhere is no organization of SCM's", done.stdout)
        self.assertIn("may take more there than here", done.stderr)

    def test_limit_and_owner_leave_the_others_for_later(self):
        self.world()
        for name, owner in (("a", "University"), ("b", "University/Library"), ("c", "University")):
            self.add(name, f"city = {name}", owner)
        self.push("--yes", "--owner", "University/Library")
        self.assertEqual([row["name"] for row in self.there()[0].values()], ["b"])
        self.assertIn('  later    "c"', self.push("--yes", "--limit", "1").stdout)
        self.assertEqual(self.there()[1], [2, 1])
        self.push("--yes")
        rules, order = self.there()
        self.assertEqual([rules[number]["name"] for number in order], ["a", "b", "c"])
        self.assertIn("there is no department", self.push("--owner", "University/None", status=1).stderr)

    def test_what_was_changed_in_scm_meanwhile_is_not_overwritten_unless_told(self):
        self.world(SCIENCE)
        self.pull()
        self.run_program("rule", "edit", "science", "--match", "city = mine")
        self.scm.becomes(with_rules(rule(11, "science", 101, ("CITY", "MATCHES", "theirs"))))
        self.assertIn("was changed in SCM since it was last read", self.push("--yes").stdout)
        self.assertEqual(self.there()[0][11]["filters"][0]["value"], "theirs")
        self.push("--yes", "--overwrite")
        self.assertEqual(self.there()[0][11]["filters"][0]["value"], "mine")

    def test_removed_here_stays_there_unless_told_and_in_use_stays_anyway(self):
        self.world(SCIENCE, LIBRARY, REST)
        self.pull()
        self.run_program("rule", "remove", "science")
        self.run_program("rule", "remove", "library")
        text = self.push("--yes").stdout
        self.assertIn('  left     11 "science": was removed here, and stays in SCM', text)
        self.assertEqual(len(self.there()[0]), 3)
        self.assertIn('- rule 11 "science"', self.push("--remove").stdout)
        data = self.scm.get("/simulator/state")
        data["buckets"][1]["assignmentRules"] = [12]
        self.scm.becomes(data)
        text = self.push("--yes", "--remove").stdout
        self.assertIn('12 "library": is still used in SCM', text)
        self.assertIn("1 removed", text)
        self.assertEqual((list(self.there()[0]), self.there()[1]), ([12, 13], [13]))

    def test_after_a_failure_in_the_middle_the_same_again_makes_no_duplicate(self):
        self.world()
        for name in "abcd":
            self.add(name, f"city = {name}", "University")
        for fault in ({"kind": "drop", "path": RULES, "after": 3, "times": 1},
                      {"kind": "empty", "path": f"{RULES}", "after": 4, "times": 1},
                      {"kind": "html", "path": RULES, "after": 4, "times": 1}):
            self.scm.faults(fault)
            with contextlib.suppress(AssertionError):  # a fault may meet nothing left to do
                self.push("--yes", status=1)
        self.scm.faults()
        self.push("--yes")
        rules, order = self.there()
        self.assertEqual([rules[number]["name"] for number in order], list("abcd"))
        self.assertEqual(len(rules), 4)

    def test_a_rule_made_by_a_push_that_was_killed_is_found_by_what_it_says(self):
        self.world(rule(31, "a", 100, ("CITY", "MATCHES", "a")), order=[])
        self.add("a", "city = a", "University")
        self.assertIn('same     31 "a"', self.push().stdout)
        self.push("--yes")
        rules, order = self.there()
        self.assertEqual((list(rules), order), ([31], [31]))

    def test_every_call_that_changes_something_is_in_the_log(self):
        self.world()
        self.add("a", "city = a", "University")
        self.push()
        self.assertEqual(json.loads(self.run_program("scm", "log", "--format", "json").stdout), [])
        self.push("--yes")
        calls = [row["call"] for row in json.loads(self.run_program("scm", "log", "--format", "json").stdout)]
        self.assertEqual(sorted(calls), sorted([f"POST {RULES}", f"PUT {BUCKETS}/{CAMPUS}"]))

    def test_a_bucket_is_needed(self):
        self.world()
        self.assertIn("--bucket NAME is missing", self.run_program("scm", "push", "rules", status=2).stderr)
