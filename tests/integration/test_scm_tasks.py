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
