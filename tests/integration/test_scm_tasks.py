# SPDX-License-Identifier: Apache-2.0
"""`scm pull tasks` and `scm push tasks` against the pretend SCM: what a task becomes on the other side, whose change counts, and
that nothing is done twice or by halves."""
import contextlib
import json
import sqlite3

from scm import ScmCase, tenant

TASKS = "/api/discovery/v4/net_task"


def task(number, name, *ranges, **members):
    ranges = [{"address": address, "ports": ports} for address, ports in (ranges or [("192.0.2.0/24", "443,8443")])]
    return {"id": number, "name": name, "agent": "campus agent", "certBucketId": "x", "ranges": ranges, "frequency": "Weekly",
            "timeZone": "UTC-05:00", "time": {"hours": 2, "minutes": 30}, "dayOfWeek": 6, "month": 1, "dayOfMonth": 1,
            "year": 2027, **members}


def with_tasks(*tasks):
    return {**tenant(), "tasks": list(tasks)}


class TaskCase(ScmCase):
    def pull(self, *words, **options):
        return self.run_program("scm", "pull", "tasks", *words, **options)

    def show(self, name):
        row, = json.loads(self.run_program("task", "show", name, "--format", "json").stdout)
        return row

    def names(self):
        return [row["task"] for row in json.loads(self.run_program("task", "list", "--format", "json").stdout)]

    def dump(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("task", "task_link")]


class Pull(TaskCase):
    def test_a_task_comes_whole_and_disabled(self):
        self.start(with_tasks(task(5, "campus")))
        done = self.pull()
        self.assertIn('added    5 "campus": disabled', done.stdout)
        self.assertIn("scan nothing by themselves", done.stderr)
        row = self.show("campus")
        self.assertEqual([row[key] for key in ("enabled", "ranges", "ports", "frequency", "at", "on", "timezone", "external_id")],
                         [False, ["192.0.2.0/24"], "443,8443", "weekly", "02:30", "sat", "Etc/GMT+5", 5])
        self.assertIsNone(row["next_run"])
        self.run_program("task", "enable", "campus")
        self.assertIsNotNone(self.show("campus")["next_run"])

    def test_a_second_pull_changes_nothing(self):
        self.start(with_tasks(task(5, "campus"), task(6, "other", ("192.0.2.1", "443"), ("192.0.2.2", "25"), frequency="Manual")))
        self.pull()
        before = self.dump()
        self.assertEqual(self.pull().stdout, "tasks           2 as they were\n")
        self.assertEqual(self.dump(), before)

    def test_an_unknown_time_zone_makes_it_manual(self):
        self.start(with_tasks(task(5, "campus", timeZone="Mars")))
        self.assertIn('disabled; manual, since its time zone "Mars" is not known here', self.pull().stdout)
        self.assertEqual(self.show("campus")["frequency"], "manual")

    def test_what_cannot_be_read_is_skipped_and_the_rest_comes(self):
        self.start(with_tasks(task(1, "range", ("192.0.2.0/33", "443")), task(2, "ports", ("192.0.2.1", "https")),
                              task(3, "zero", ("192.0.2.1", "0")), task(4, "x" * 200), task(5, "campus")))
        text = self.pull().stdout
        for part in ("1 added, 4 skipped", 'skipped  1 "range": its range "192.0.2.0/33" cannot be read',
                     'skipped  2 "ports": its ports "https" cannot be read', 'skipped  3 "zero": ', "1 to 100 bytes"):
            self.assertIn(part, text)
        self.assertEqual(self.names(), ["campus"])

    def test_equal_names_are_twins_only_where_the_content_is_equal(self):
        self.start(with_tasks(task(5, "Same", frequency="Manual"), task(6, "other", frequency="Manual")))
        self.run_program("task", "add", "same", "--range", "192.0.2.0/24", "-p", "443,8443")
        self.run_program("task", "add", "other", "--range", "192.0.2.0/25", "-p", "443,8443")
        text = self.pull().stdout
        self.assertIn('linked   5 "Same"', text)
        self.assertIn('skipped  6 "other": there is a task of that name here', text)
        self.assertEqual([self.show("same")["external_id"], self.show("other")["external_id"]], [5, None])
        before = self.dump()
        self.assertIn("1 as they were, 1 skipped", self.pull().stdout)
        self.assertEqual(self.dump(), before)

    def test_two_of_scm_s_with_one_name(self):
        self.start(with_tasks(task(5, "twice"), task(6, "TWICE", frequency="Manual")))
        for _ in range(2):
            self.assertIn('skipped  6 "TWICE"', self.pull().stdout)
            self.assertEqual(self.names(), ["twice"])

    def test_a_change_in_scm_comes_and_one_of_both_sides_is_left_to_people(self):
        self.start(with_tasks(task(5, "campus")))
        self.pull()
        self.run_program("task", "edit", "campus", "-x", "192.0.2.7", "--window", "22:00-06:00")
        self.scm.becomes(with_tasks(task(5, "renamed", ("192.0.2.0/25", "443"))))
        self.assertIn("1 changed", self.pull().stdout)
        row = self.show("campus")
        self.assertEqual((row["ranges"], row["ports"], row["excludes"], row["window"]),
                         (["192.0.2.0/25"], "443", ["192.0.2.7"], "22:00-06:00"))
        self.run_program("task", "edit", "campus", "-p", "25")
        self.assertIn("1 as they were", self.pull().stdout)
        self.assertEqual(self.show("campus")["ports"], "25")
        self.scm.becomes(with_tasks(task(5, "renamed", ("192.0.2.0/26", "443"))))
        self.assertIn("was changed both here and in SCM", self.pull().stdout)
        self.assertEqual(self.show("campus")["ports"], "25")
        self.assertIn("1 changed", self.pull("--overwrite").stdout)
        self.assertEqual((self.show("campus")["ranges"], self.show("campus")["ports"]), (["192.0.2.0/26"], "443"))

    def test_what_is_gone_in_scm_stays_here_and_no_task_at_all_is_believed_only_when_told(self):
        self.start(with_tasks(task(5, "campus"), task(6, "other")))
        self.pull()
        self.scm.becomes(with_tasks(task(6, "other")))
        self.assertIn('kept     5 "campus": is gone in SCM, and stays here', self.pull().stdout)
        self.assertEqual(self.pull().stdout, "tasks           1 as they were\n")
        before = self.dump()
        self.scm.becomes(with_tasks())
        self.assertIn("SCM shows no discovery tasks any more", self.pull(status=1).stderr)
        self.assertEqual(self.dump(), before)
        self.pull("--accept-empty")
        self.assertEqual((self.names(), self.show("other")["external_id"]), (["campus", "other"], None))

    def test_a_pull_that_fails_changes_nothing(self):
        self.start(with_tasks(task(5, "campus")))
        self.pull()
        before = self.dump()
        self.scm.becomes(with_tasks(task(5, "campus", ("192.0.2.0/25", "1")), task(6, "other")))
        for fault, part in (({"kind": "html"}, "page of a proxy"), ({"kind": "truncated"}, "broken JSON"),
                            ({"kind": "status", "status": 403, "code": -37}, "-37"), ({"kind": "big"}, "larger than"),
                            ({"kind": "missing", "field": "name"}, "name")):
            for path in (TASKS, f"{TASKS}/6"):
                with self.subTest(fault=fault, path=path):
                    self.scm.faults({**fault, "path": path})
                    self.assertIn(part, self.pull(status=1).stderr)
                    self.assertEqual(self.dump(), before)

    def test_missing_members(self):
        self.start(with_tasks(task(5, "campus")))
        for field, part in (("ranges", "SCM tells no ranges"), ("ports", "SCM tells no ports"), ("frequency", "SCM tells no frequency"),
                            ("timeZone", "no time zone"), ("time", "no time of day"), ("dayOfWeek", "does not tell the day")):
            for kind in ("missing", "null"):
                with self.subTest(kind=kind, field=field):
                    self.scm.faults({"kind": kind, "field": field, "path": f"{TASKS}/5"})
                    self.assertIn(part, self.pull().stdout)
                    self.db.unlink()
                    for rest in self.folder.glob("certscour.db-*"):
                        rest.unlink()


CAMPUS, OTHER = "11111111-aaaa-4bbb-8ccc-000000000001", "11111111-aaaa-4bbb-8ccc-000000000002"


class Push(TaskCase):
    def start(self, *tasks):
        data = with_tasks(*tasks)
        data["buckets"] = [{"id": CAMPUS, "name": "Campus", "assignmentRules": []}, {"id": OTHER, "name": "Other", "assignmentRules": []}]
        super().start(data)

    def push(self, *words, bucket="Campus", **options):
        where = ("--agent", "campus agent", "--bucket", bucket) if bucket else ()
        return self.run_program("scm", "push", "tasks", *words, *where, **options)

    def add(self, name, *words):
        self.run_program("task", "add", name, *words)

    def there(self):
        return {row["name"]: self.scm.get(f"{TASKS}/{row['taskId']}") for row in self.scm.get(TASKS)}

    def changes(self):
        return [(call["method"], call["url"]) for call in self.scm.log() if call["method"] in ("POST", "PUT", "DELETE")]

    def weekly(self, *words):
        self.add("campus", "--range", "192.0.2.0/24", "-p", "443,8000-8010", "--frequency", "weekly", "--at", "02:30", "--on", "sat",
                 "--timezone", "Asia/Kolkata", *words)

    def test_a_preview_sends_nothing_and_yes_does(self):
        self.start()
        self.weekly()
        before = self.dump()
        done = self.push("campus")
        for line in ('+ task "campus"', "+       agent campus agent", "+       range 192.0.2.0/24 ports 443,8000-8010", "+       frequency Weekly",
                     "+       time 02:30 UTC+05:30", "+       day sat", f"+       bucket {CAMPUS}"):
            self.assertIn(line + "\n", done.stdout)
        self.assertIn("this was a preview", done.stderr)
        self.assertEqual((self.changes(), self.dump()), ([], before))
        self.assertIn("1 made, 0 changed", self.push("campus", "--yes").stdout)
        there = self.there()["campus"]
        self.assertEqual({key: there[key] for key in ("agent", "ranges", "frequency", "timeZone", "time", "dayOfWeek")},
                         {"agent": "campus agent", "ranges": [{"address": "192.0.2.0/24", "ports": "443,8000-8010"}], "frequency": "Weekly",
                          "timeZone": "UTC+05:30", "time": {"hours": 2, "minutes": 30}, "dayOfWeek": 6})
        self.assertIn("campus", self.run_program("scm", "log").stdout)

    def test_the_same_again_changes_nothing_also_without_agent_and_bucket(self):
        self.start()
        self.weekly()
        self.push("campus", "--yes")
        before, _ = self.dump(), self.scm.log()
        for bucket in ("Campus", None):
            self.assertEqual(self.push("campus", bucket=bucket).stdout, "nothing to send\n")
            self.assertIn("0 made, 0 changed, 1 as they were", self.push("campus", "--yes", bucket=bucket).stdout)
        self.assertEqual((self.changes(), self.dump()), ([], before))
        self.assertEqual(self.run_program("scm", "pull", "tasks").stdout, "tasks           1 as they were\n")
        self.assertEqual(self.dump(), before)

    def test_a_change_is_a_difference_and_keeps_the_bucket_that_scm_does_not_tell(self):
        self.start()
        self.weekly()
        self.push("campus", "--yes")
        self.run_program("task", "edit", "campus", "-p", "443", "-x", "192.0.2.0/25")
        text = self.push("campus", bucket=None).stdout
        for line in ('~ task 1 "campus"', "-       range 192.0.2.0/24 ports 443,8000-8010", "+       range 192.0.2.128/25 ports 443",
                     "        frequency Weekly"):
            self.assertIn(line + "\n", text)
        self.assertNotIn("bucket", text)
        self.scm.log()
        self.push("campus", "--yes", bucket=None)
        self.assertEqual(self.changes(), [("PUT", f"{TASKS}/1")])
        self.assertEqual(self.there()["campus"]["ranges"], [{"address": "192.0.2.128/25", "ports": "443"}])
        self.assertIn(f"bucket {OTHER}", self.push("campus", bucket="Other").stdout)
        self.run_program("task", "edit", "campus", "--rename", "all of it")
        self.assertIn('-       name "campus"\n+       name "all of it"\n', self.push("all of it", "--yes", bucket=None).stdout)
        self.assertEqual(list(self.there()), ["all of it"])

    def test_exclusions_are_taken_out_and_the_rest_is_cidrs(self):
        self.start()
        self.run_program("exclude", "add", "192.0.2.6", "--reason", "asked")
        self.add("few", "--range", "192.0.2.1-192.0.2.8", "--range", "www.example", "--range", "192.0.2.99:25", "-x", "192.0.2.2", "-p", "443")
        self.push("few", "--yes")
        self.assertEqual([(row["address"], row["ports"]) for row in self.there()["few"]["ranges"]],
                         [("192.0.2.1/32", "443"), ("192.0.2.3/32", "443"), ("192.0.2.4/31", "443"), ("192.0.2.7/32", "443"), ("192.0.2.8/32", "443"),
                          ("www.example", "443"), ("192.0.2.99/32", "25")])

    def test_what_scm_cannot_express_is_said(self):
        self.start()
        self.add("campus", "--range", "192.0.2.0/24", "--range", "2001:db8::1", "-p", "443,25/smtp", "--window", "22:00-06:00", "--rate", "50",
                 "--frequency", "daily", "--timezone", "Europe/Athens", "--known-only")
        text = self.push("campus").stderr
        for part in ("its window is not sent", "--known-only is not sent", "scan options are not sent", "IPv6 is left out", "STARTTLS",
                     "daylight saving time"):
            self.assertIn(part, text)
        self.add("six", "--range", "2001:db8::1")
        done = self.push("six", "--yes", status=1)
        self.assertIn('not sent "six": it has no targets that SCM\'s tasks can have', done.stdout)
        self.assertEqual(self.there(), {})

    def test_only_where_a_service_lives(self):
        self.start()
        self.add("campus", "--range", "127.0.0.0/8", "-p", "443,8443")
        self.assertIn("no service is known there", self.push("campus", "--live-only", status=1).stdout)
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            columns = {row[1]: row for row in db.execute("PRAGMA table_info(endpoint)")}
            for number, (last, port) in enumerate(((9, 443), (9, 8443), (7, 443), (8, 22))):
                values = {"id": number + 1, "network": "", "ip": bytes(10) + b"\xff\xff" + bytes((127, 0, 0, last)), "port": port,
                          "protocol": 0, "server_name": ""}
                names = [name for name, row in columns.items() if name in values or (row[3] and row[4] is None)]
                db.execute(f"INSERT INTO endpoint ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                           [values.get(name, 0) for name in names])
            db.commit()
        self.push("campus", "--live-only", "--yes")
        self.assertEqual([(row["address"], row["ports"]) for row in self.there()["campus"]["ranges"]],
                         [("127.0.0.7/32", "443"), ("127.0.0.9/32", "443,8443")])

    def test_a_push_that_died_behind_the_post_makes_no_duplicate(self):
        self.start()
        self.weekly()
        self.push("campus", "--yes")
        with contextlib.closing(sqlite3.connect(self.db)) as db:  # as if it had not been stored
            db.execute("UPDATE task SET external_id = NULL")
            db.execute("DELETE FROM task_link")
            db.commit()
        self.scm.log()
        self.assertIn("0 made, 1 changed", self.push("campus", "--yes").stdout)
        self.assertEqual((self.changes(), list(self.there())), ([("PUT", f"{TASKS}/1")], ["campus"]))
        self.assertEqual(self.push("campus").stdout, "nothing to send\n")

    def test_an_answer_that_is_lost_or_tells_no_id_makes_no_duplicate(self):
        self.start()
        made = []
        for kind in ("drop", "headerless"):
            self.add(kind, "--range", "192.0.2.0/24")
            made.append(kind)
            self.scm.faults({"kind": kind, "path": TASKS, "after": 1, "times": 1})  # behind the list
            self.push(kind, "--yes", status=1)
            self.assertEqual([row["name"] for row in self.scm.get(TASKS)], made)
            self.assertIn("0 made, 1 changed", self.push(kind, "--yes").stdout)
            self.assertEqual([row["name"] for row in self.scm.get(TASKS)], made)
            self.assertEqual(self.push(kind).stdout, "nothing to send\n")

    def test_agent_and_bucket_are_needed_once_and_names_have_to_be_clear(self):
        self.start(task(5, "twice"), task(6, "twice"))
        self.weekly()
        self.add("twice", "--range", "192.0.2.1")
        done = self.push("campus", "twice", bucket=None, status=1)
        self.assertIn("--agent NAME is needed", done.stdout)
        self.assertIn("SCM has more than one task of that name", done.stdout)
        self.assertIn("--bucket NAME is needed", self.run_program("scm", "push", "tasks", "campus", "--agent", "a", status=1).stdout)
        self.assertIn("Campus", self.push("campus", bucket="none", status=1).stderr)
        self.assertIn('no task "none"', self.push("none", status=1).stderr)
        self.assertIn("named twice", self.push("campus", "CAMPUS", status=2).stderr)
        self.assertEqual(self.changes(), [])

    def test_a_limit_leaves_the_rest_for_later(self):
        self.start()
        for name in ("a", "b", "c"):
            self.add(name, "--range", "192.0.2.1")
        self.assertIn('later    "c"', self.push("a", "b", "c", "--limit", "2", "--yes").stdout)
        self.assertEqual(sorted(self.there()), ["a", "b"])
        self.push("a", "b", "c", "--limit", "2", "--yes")
        self.assertEqual(sorted(self.there()), ["a", "b", "c"])

    def test_refusals_say_what_to_do_and_nothing_is_remembered(self):
        self.start()
        self.weekly()
        before = self.dump()
        for code, part in ((-618, "the task scans just now in SCM"), (-303, "--live-only"), (-607, "private addresses")):
            self.scm.faults({"kind": "status", "status": 400, "code": code, "path": TASKS, "after": 1})  # behind the list
            done = self.push("campus", "--yes", status=1)
            self.assertIn(part, done.stderr)
            self.assertEqual(self.dump(), before)
        self.scm.log()
        for fault, part in (({"kind": "html"}, "page of a proxy"), ({"kind": "truncated"}, "JSON")):
            self.scm.faults({**fault, "path": TASKS})
            self.assertIn(part, self.push("campus", "--yes", status=1).stderr)
            self.assertEqual((self.dump(), self.changes()), (before, []))
