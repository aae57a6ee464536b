#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tasks: made, changed, run, stopped, and never twice at once."""
import datetime
import json
import signal
import time
import unittest

from support import Case, Certificate, free_port, tls_server


class TaskCase(Case):
    def add(self, name, *words, status=0):
        return self.run_program("task", "add", name, *words, status=status)

    def tasks(self):
        return {row["task"]: row for row in self.rows("task", "list")}

    def rows(self, *words):
        return json.loads(self.run_program(*words, "--format", "json").stdout)

    def history(self, name):
        return self.rows("task", "history", name)

    def show(self, name):
        return self.rows("task", "show", name)[0]

    def serve_tls(self):
        server = tls_server(Certificate(self.folder, "www.example.org"))
        self.addCleanup(server.close)
        return server.port

    def wait_for(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "waited for too long")
            time.sleep(0.1)


class Words(TaskCase):
    def test_a_task_keeps_what_it_was_given_and_an_edit_changes_what_it_names(self):
        names = self.folder / "names.txt"
        names.write_text("192.0.2.1 www.example.org\n")
        self.add("night", "--range", "192.0.2.0/24", "--range", "198.51.100.0/28", "-x", "192.0.2.9", "-p", "443",
                 "--rate", "20", "--timeout", "2.5", "--names", names, "--frequency", "weekly", "--on", "sun", "--at",
                 "02:30", "--timezone", "UTC", "--window", "22:00-06:00", "--network", "north")
        row = self.show("night")
        self.assertEqual(row["ranges"], ["192.0.2.0/24", "198.51.100.0/28"])
        self.assertEqual(row["excludes"], ["192.0.2.9"])
        self.assertEqual(sorted(row["options"]), [f"--names={names}", "--rate=20", "--timeout=2.500"])
        due = datetime.datetime.fromisoformat(row["next_run"].replace("Z", "+00:00"))
        self.assertEqual((due.weekday(), due.hour, due.minute), (6, 2, 30))
        self.assertGreater(due, datetime.datetime.now(datetime.timezone.utc))

        self.run_program("task", "edit", "night", "--rate", "30", "--unset", "window", "--unset", "timeout", "--rename",
                         "all nights")
        row = self.show("all nights")
        self.assertEqual(sorted(row["options"]), [f"--names={names}", "--rate=30"])
        self.assertIsNone(row["window"])
        self.assertEqual((row["frequency"], row["network"], row["ports"]), ("weekly", "north", "443"))

        self.run_program("task", "disable", "all nights")
        self.assertIsNone(self.show("all nights")["next_run"])
        self.run_program("task", "enable", "all nights")
        self.assertIsNotNone(self.show("all nights")["next_run"])
        self.run_program("task", "remove", "all nights")
        self.assertEqual(self.tasks(), {})

    def test_what_a_scan_refuses_a_task_refuses_when_it_is_made(self):
        for words, reason in (
                ((), "give the task a --range"),
                (("--range", "192.0.2.0/33"), "192.0.2.0/33"),
                (("--range", "192.0.2.1", "-p", "443/gopher"), "gopher"),
                (("--range", "192.0.2.1", "--rate", "fast"), "--rate"),
                (("--range", "192.0.2.1", "--lane", "slow"), "--lane"),
                (("--range", "192.0.2.1", "--shard", "3/2"), "--shard"),
                (("--range", "192.0.2.1", "--source", "here"), "--source"),
                (("--range", "192.0.2.1", "--names-from", "hearsay"), "--names-from"),
                (("-i", "/nonexistent"), "/nonexistent"),
                (("-i", "-"), "standard input"),
                (("--range", "192.0.2.1", "--no-store"), "single scan"),
                (("--range", "192.0.2.1", "--at", "02:00"), "--frequency"),
                (("--range", "192.0.2.1", "--frequency", "hourly"), "hourly"),
                (("--range", "192.0.2.1", "--timezone", "../../etc/passwd"), "time zone"),
                (("--range", "192.0.2.1", "--window", "22-6"), "--window"),
        ):
            with self.subTest(words=words):
                self.assertIn(reason, self.add("bad", *words, status=2).stderr)
        self.assertIn("no rule", self.add("bad", "--range", "192.0.2.1", "--rule", "none", status=1).stderr)
        self.assertEqual(self.tasks(), {})

    def test_names_that_do_not_exist_are_told(self):
        self.add("one", "--range", "192.0.2.1")
        self.assertIn("already", self.add("ONE", "--range", "192.0.2.1", status=1).stderr)
        for verb in ("show", "run", "stop", "history", "remove", "enable", "disable"):
            self.assertIn("no task", self.run_program("task", verb, "two", status=1).stderr)


class Run(TaskCase):
    def test_a_run_is_a_scan_of_the_task_and_its_assets_are_found_by_it(self):
        port = self.serve_tls()
        self.add("west", "--range", "127.0.0.1", "-p", port)
        self.add("east", "--range", f"127.0.0.1:{port}")
        self.add("idle", "--range", "127.0.0.1")
        self.run_program("task", "run", "west")
        self.run_program("task", "run", "east")
        (entry,) = self.history("west")
        self.assertEqual((entry["state"], entry["targets"], entry["certificates"]), ("done", 1, 1))
        self.assertEqual(self.history("idle"), [])
        for words, count in ((("--task", "west"), 1), (("--task", "east"), 1), (("--task", "idle"), 0),
                             (("--where", "task = WEST and task = east"), 1), (("--where", "task is empty"), 0),
                             (("--where", "task starts_with w and name matches_regex \"example\""), 1),
                             (("--where", "task = idle or name matches_regex \"nowhere\""), 0)):
            with self.subTest(words=words):
                self.assertEqual(len(self.rows("assets", *words)), count)
        self.run_program("task", "remove", "west")
        self.assertEqual(len(self.rows("assets", "--where", "task = west")), 0)

    def test_known_only_looks_only_where_something_answered_before(self):
        port = self.serve_tls()
        self.add("known", "--range", "127.0.0.0/28", "-p", f"{port},{free_port()}", "--known-only")
        self.assertIn("without --known-only", self.run_program("task", "run", "known", status=1).stderr)
        self.add("whole", "--range", "127.0.0.1", "-p", f"{port},{free_port()}")
        self.run_program("task", "run", "whole")
        self.run_program("task", "run", "known")
        self.assertEqual(self.history("whole")[0]["targets"], 2)
        self.assertEqual(self.history("known")[0]["targets"], 1)
        self.assertEqual(self.history("known")[0]["certificates"], 1)

    def test_only_the_rules_of_the_task_assign(self):
        port = self.serve_tls()
        self.run_program("org", "add", "First")
        self.run_program("org", "add", "Second")
        for name in ("First", "Second"):
            self.run_program("rule", "add", name, "--match", "name in_domain example.org", "--assign", name)
        self.add("narrow", "--range", f"127.0.0.1:{port}", "--rule", "second")
        self.run_program("task", "run", "narrow")
        self.assertEqual(self.rows("assets")[0]["owner"], "Second")
        self.run_program("task", "edit", "narrow", "--unset", "rule")
        self.run_program("task", "run", "narrow")
        self.assertEqual(self.rows("assets")[0]["owner"], "First")

    def start_slow_run(self, name):
        process = self.start_program("task", "run", name)
        self.wait_for(lambda: any(row["done"] > 0 for row in self.history(name)))
        return process

    def test_a_task_never_overlaps_itself_and_stops_when_told(self):
        self.add("slow", "--range", "127.0.0.0/20", "-p", free_port(), "--rate", "20")
        process = self.start_slow_run("slow")
        self.assertIn("is running", self.run_program("task", "run", "slow", status=1).stderr)
        self.assertEqual(len(self.history("slow")), 1)
        self.assertIn("task stop", self.run_program("task", "remove", "slow", status=1).stderr)
        self.run_program("task", "stop", "slow")
        self.assertEqual(process.wait(30), 3)
        self.assertEqual(self.history("slow")[-1]["state"], "stopped")
        self.run_program("task", "remove", "slow")

    def test_the_lease_of_a_killed_run_runs_out(self):
        self.add("slow", "--range", "127.0.0.0/20", "-p", free_port(), "--rate", "20")
        process = self.start_slow_run("slow")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        self.assertIn("if that process was killed", self.run_program("task", "run", "slow", status=1).stderr)
        time.sleep(31)
        self.run_program("task", "edit", "slow", "--range", "127.0.0.1", "--rate", "0")
        self.run_program("task", "run", "slow")
        self.assertEqual(self.history("slow")[0]["state"], "done")

    def test_outside_its_window_a_run_waits(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        later = (now + datetime.timedelta(hours=2)).strftime("%H:%M")
        end = (now + datetime.timedelta(hours=3)).strftime("%H:%M")
        self.add("later", "--range", "127.0.0.1", "-p", free_port(), "--timezone", "UTC", "--window", f"{later}-{end}")
        process = self.start_program("task", "run", "later")
        self.wait_for(lambda: self.history("later"))
        time.sleep(2)
        self.assertEqual(self.history("later")[0]["done"], 0)
        process.send_signal(signal.SIGTERM)
        self.assertIn("outside the allowed hours", process.communicate(timeout=30)[1])
        self.assertEqual(self.history("later")[0]["state"], "interrupted")
        self.run_program("task", "edit", "later", "--unset", "window")
        self.run_program("task", "run", "later")
        self.assertEqual(self.history("later")[0]["done"], 1)


if __name__ == "__main__":
    unittest.main()
