# SPDX-License-Identifier: Apache-2.0
"""`scm pull results` against the pretend SCM: of each task the latest completed run, whole or not at all."""
import contextlib
import sqlite3

from scm import ScmCase, TestCa, tenant

TASKS = "/api/discovery/v4/net_task"
MANAGED = "0123456789abcdef0123456789abcdef01234567"


def found(ip, port=443, digest="aa" * 20, **details):
    return {"certificate": {"hash": digest, "details": {"cn": "a.example", "sn": "E12345678"}},
            "location": {"type": "NETWORK_HOST", "details": {"ip": ip, "port": port, "hostName": None, **details}},
            "created": "2026-11-20T11:27:13.657Z"}


def run(name, created, *results, status="completed"):
    return {"id": name, "status": status, "created": created, "results": list(results)}


def task(number, name, *runs):
    return {"id": number, "name": name, "agent": "campus", "status": "SUCCESSFUL", "operations": list(runs)}


def with_tasks(*tasks):
    return {**tenant(), "tasks": list(tasks)}


OLD = run("old", "2026-11-01T00:00:00.000Z", found("192.0.2.1"))
NEW = run("new", "2026-11-20T00:00:00.000Z", found("192.0.2.2", 8443, MANAGED.upper(), hostName="a.example"), found("2001:db8::2"))


class Results(ScmCase):
    def pull(self, *words, **options):
        return self.run_program("scm", "pull", "results", *words, **options)

    def rows(self, columns="task_id, hex(ip), port, host, hash, serial, managed_id, datetime(seen_at, 'unixepoch')"):
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return db.execute(f"SELECT {columns} FROM discovered WHERE staged = 0 ORDER BY ip, port").fetchall()

    def places(self):
        return [int(text[-2:], 16) for text, in self.rows("hex(ip)")]

    def test_the_latest_completed_run_of_each_task_counts(self):
        self.start(with_tasks(task(5, "campus", OLD, NEW, run("later", "2026-11-22T00:00:00.000Z", status="failed")),
                              task(6, "never")))
        text = self.pull().stdout
        self.assertIn('"campus": 2 of the run of 2026-11-20T00:00:00Z', text)
        self.assertIn('"never": no completed run', text)
        self.assertEqual(self.rows(), [
            (5, "00000000000000000000FFFFC0000202", 8443, "a.example", MANAGED, "0e12345678", 1001, "2026-11-20 11:27:13"),
            (5, "20010DB8000000000000000000000002", 443, "", "aa" * 20, "0e12345678", None, "2026-11-20 11:27:13")])

    def test_a_run_that_was_read_is_not_read_again_and_a_newer_one_takes_its_place(self):
        self.start(with_tasks(task(5, "campus", OLD)))
        self.pull()
        before = self.rows()
        self.scm.log()
        self.assertIn("as it was, no newer run", self.pull().stdout)
        self.assertEqual((self.rows(), [call for call in self.scm.log() if "/result" in call["url"]]), (before, []))
        self.scm.becomes(with_tasks(task(5, "campus", OLD, NEW)))
        self.pull()
        self.assertEqual(self.places(), [2, 2])
        self.scm.becomes(with_tasks(task(7, "other", OLD)))
        self.pull()
        self.assertEqual(self.rows("task_id"), [(7,)])

    def test_one_task_by_name_or_id(self):
        self.start(with_tasks(task(5, "campus", OLD), task(6, "twice", NEW), task(7, "twice", NEW)))
        self.pull("--task", "campus")
        self.pull("--task", "6")
        self.assertEqual(self.rows("task_id"), [(5,), (6,), (6,)])
        self.assertIn('SCM has no discovery task "none"', self.pull("--task", "none", status=1).stderr)
        self.assertIn('2 discovery tasks called "twice"', self.pull("--task", "twice", status=2).stderr)
        self.assertIn("--task goes with", self.run_program("scm", "pull", "--task", "x", status=2).stderr)

    def test_thousands_come_page_by_page_each_once(self):
        many = [found(f"192.0.{n // 250}.{n % 250 + 1}") for n in range(1100)]
        self.start(with_tasks(task(5, "campus", run("big", "2026-11-20T00:00:00.000Z", *many))))
        self.scm.faults({"kind": "duplicates", "rows": 2, "path": "/api/discovery/v1"})
        self.pull()
        self.assertEqual(len(self.rows()), 1100)

    def test_rows_without_a_place_are_counted_and_left_out(self):
        self.start(with_tasks(task(5, "campus", run("new", "2026-11-20T00:00:00.000Z", found("192.0.2.1"), found(None),
                                                    found("nonsense"), found("192.0.2.3", None), found("192.0.2.4", 70000)))))
        self.assertIn('"campus": 4 rows without address and port are left out', self.pull().stderr)
        self.assertEqual(self.places(), [1])

    def test_missing_and_null_members_are_not_known(self):
        self.start(with_tasks(task(5, "campus", NEW)))
        for kind in ("missing", "null"):
            for field, column, left in (("hash", "hash", ""), ("sn", "serial", None), ("managedId", "managed_id", None),
                                        ("hostName", "host", ""), ("created", "seen_at", None), ("metadata", "managed_id", None)):
                with self.subTest(kind=kind, field=field):
                    self.scm.faults({"kind": kind, "field": field, "path": "/api/discovery/v1/net_task/5/operation/"})
                    self.pull()
                    self.assertEqual(self.rows(column), [(left,)] * 2)
                    self.db.unlink()
                    for rest in self.folder.glob("certscour.db-*"):
                        rest.unlink()

    def test_a_pull_that_fails_leaves_what_was_known(self):
        many = [found(f"192.0.2.{n + 1}", n + 1) for n in range(250)] + [found("192.0.3.1")]
        self.start(with_tasks(task(5, "campus", OLD)))
        self.pull()
        before = self.rows()
        self.scm.becomes(with_tasks(task(5, "campus", OLD, run("new", "2026-11-20T00:00:00.000Z", *many))))
        path = f"{TASKS.replace('v4', 'v1')}/5/operation"
        for fault, part in (({"kind": "html"}, "page of a proxy"), ({"kind": "truncated"}, "broken JSON"),
                            ({"kind": "missing", "field": "data"}, "an object with a JSON array"),
                            ({"kind": "status", "status": 403, "code": -37}, "-37"), ({"kind": "empty"}, "is empty"),
                            ({"kind": "big"}, "larger than")):
            for at, after in ((f"{path}/new", 0), (f"{path}/new", 1), (path, 0)):
                with self.subTest(fault=fault, at=at, after=after):
                    self.scm.faults({**fault, "path": at, "after": after})
                    self.assertIn(part, self.pull(status=1).stderr)
                    self.assertEqual(self.rows(), before)
        self.scm.faults()
        self.pull()
        self.assertEqual(len(self.rows()), 251)

    def test_lists_without_what_they_are_about_are_refused(self):
        self.start(with_tasks(task(5, "campus", OLD)))
        for field, path, part in (("taskId", TASKS, "a task without a usable id"), ("name", TASKS, "without a usable id or name"),
                                  ("id", TASKS.replace("v4", "v1"), "a run without a usable id")):
            self.scm.faults({"kind": "missing", "field": field, "path": path})
            self.assertIn(part, self.pull(status=1).stderr)

    def test_busy_servers_are_asked_again_and_tokens_renewed(self):
        self.start(with_tasks(task(5, "campus", OLD), task(6, "other", NEW)), tls=TestCa(self.folder))
        self.configure_token(ca_file=str(self.folder / "tls-ca.pem"))
        path = TASKS.replace("v4", "v1")
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 1, "times": 1, "path": f"{path}/5"},
                        {"kind": "expire-tokens", "path": f"{path}/6", "times": 1})
        self.pull()
        self.assertEqual(len(self.rows()), 3)

    def test_no_task_where_there_were_some_is_believed_only_when_told(self):
        self.start(with_tasks(task(5, "campus", OLD)))
        self.pull()
        self.scm.becomes(with_tasks())
        self.assertIn("SCM shows no discovery tasks any more", self.pull(status=1).stderr)
        self.assertEqual(self.places(), [1])
        self.pull("--accept-empty")
        self.assertEqual(self.places(), [])
