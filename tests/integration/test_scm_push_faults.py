# SPDX-License-Identifier: Apache-2.0
"""`scm push assets` and `scm undo` while everything goes wrong: nothing is created twice or forgotten, wherever a run breaks
off."""
import shutil
import signal
import time
import unittest

from scm import TOKEN_PATH
from scm_push import PushCase
from support import SANITIZED


class Repeated(PushCase):
    """Tests that begin again and again: the scan and the pull are done once, and the pretend SCM stays."""

    def again(self):
        pulled = self.folder / "pulled.db"
        if not pulled.exists():
            self.begin()
            self.addCleanup(self.scm.process.kill)  # and does not wait for answers that come late
            shutil.copy(self.db, pulled)
            return
        for path in self.folder.glob("certscour.db*"):
            path.unlink()
        shutil.copy(pulled, self.db)
        self.scm.becomes(self.tenant())
        self.scm.faults()
        self.scm.log()


class Faults(Repeated):
    def test_a_right_that_is_missing_ends_it_and_the_next_run_goes_on(self):
        data = self.tenant()
        data["admins"][0]["rights"] = ["organizations", "certificates", "sslManage"]
        self.begin(data)
        done = self.push("--yes", status=1)
        self.assertIn("it takes the privileges sslManage and sslImport", done.stderr)
        self.assertIn("push 1 has not come to its end", done.stderr)
        self.assertIn("push 1 has not come to its end: 4 certificates and 5 locations are left", self.push().stderr)
        data["admins"][0]["rights"] += ["sslImport"]
        self.scm.becomes(data)
        self.assertIn("going on with push 1", self.push("--yes").stderr)
        self.all_there()

    def test_whatever_goes_wrong_the_next_run_brings_it_to_its_end(self):
        for path in ("/api/ssl/v2/import", "/api/ssl/v1/500"):
            for fault in ({"kind": "html"}, {"kind": "truncated"}, {"kind": "empty"}, {"kind": "big"}, {"kind": "wrong-type"},
                          {"kind": "status", "status": 401, "code": -16}, {"kind": "status", "status": 403, "code": -37},
                          {"kind": "status", "status": 429, "retryAfter": 3600}):
                with self.subTest(path=path, fault=fault):
                    self.again()
                    self.scm.faults({**fault, "path": path})
                    self.push("--yes", status=1)
                    self.scm.faults()
                    self.push("--yes")
                    self.all_there()
                    self.undo(1, "--yes")
                    self.assertEqual(self.imported(), {})

    def test_a_busy_server_is_asked_again(self):
        self.begin()
        self.scm.faults({"kind": "status", "status": 503, "path": "/api/ssl/v2/import", "times": 1},
                        {"kind": "status", "status": 429, "retryAfter": 1, "path": "/api/ssl/v1/5", "times": 1})
        self.assertIn("trying again", self.push("--yes").stderr)
        self.all_there()

    def test_a_token_that_ends_in_mid_run_is_renewed(self):
        self.begin()
        self.configure_token(ca_file=self.ca.ca_pem)
        self.scm.faults({"kind": "expire-tokens", "path": "/api/ssl/v1/", "after": 3, "times": 1})
        self.push("--yes")
        self.all_there()
        self.assertEqual(len([call for call in self.calls() if TOKEN_PATH in call]), 2)

    def test_an_answer_that_is_lost_after_the_work_was_done_makes_nothing_twice(self):
        calls = 13  # 3 imports, 4 lists, 5 locations, and one to spare
        for number in range(calls):
            with self.subTest(call=number):
                self.again()
                self.scm.faults({"kind": "drop", "path": "/api/ssl", "after": number, "times": 1})
                self.push("--yes")
                self.all_there()
                self.undo(1, "--yes")
                self.assertEqual(self.imported(), {})


@unittest.skipIf(SANITIZED, "left out: slow, and no memory is at stake")
class Killed(Repeated):
    """kill -9 while the program waits for the answer to each of its calls, with and without the work done."""

    CALLS = 12

    def kill_at(self, number, words, *faults):
        self.scm.faults(*faults)
        self.scm.log()
        process = self.start_program(*words)
        seen, end = 0, time.monotonic() + 30
        while seen <= number and process.poll() is None:
            self.assertLess(time.monotonic(), end)
            seen += len([call for call in self.scm.log() if call["url"].startswith("/api/ssl/v")])
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        self.scm.faults()

    def faults_at(self, number):
        """The work is done and the answer comes late; or it is not done, and SCM wants to be asked later."""
        where = {"path": "/api/ssl", "after": number}
        yield {"kind": "slow", "seconds": 20, "times": 1, **where}
        yield {"kind": "status", "status": 503, "retryAfter": 100, **where}

    def test_at_every_call_it_makes_no_duplicate_and_forgets_nothing(self):
        for number in range(self.CALLS):
            for fault in self.faults_at(number):
                with self.subTest(call=number, fault=fault["kind"]):
                    self.again()
                    self.kill_at(number, ("scm", "push", "assets", "--yes"), fault)
                    self.assertEqual(self.sql("SELECT count(*) FROM push WHERE ended_at IS NULL"), [(1,)])
                    self.push("--yes")
                    self.all_there()
                    self.assertEqual(self.sql("SELECT DISTINCT state FROM push_location"), [("done",)])
                    self.undo(1, "--yes")
                    self.assertEqual(self.imported(), {})

    def test_undo_finds_what_a_killed_push_has_made(self):
        for number in range(self.CALLS):
            for fault in list(self.faults_at(number))[number % 2:][:1]:
                with self.subTest(call=number, fault=fault["kind"]):
                    self.again()
                    self.kill_at(number, ("scm", "push", "assets", "--yes"), fault)
                    self.undo(1, "--yes")
                    self.assertEqual(self.imported(), {})
                    self.assertIn("taken back already", self.undo(1, "--yes").stdout)
                    self.push("--yes")
                    self.all_there()

    def test_a_killed_undo_is_gone_on_with(self):
        for number in range(4):
            for fault in self.faults_at(number):
                with self.subTest(call=number, fault=fault["kind"]):
                    self.again()
                    self.push("--yes")
                    self.kill_at(number, ("scm", "undo", "1", "--yes"), fault)
                    self.undo(1, "--yes")
                    self.assertEqual(self.imported(), {})

    def test_two_at_once_do_not_send_the_same(self):
        self.begin()
        self.scm.faults({"kind": "slow", "seconds": 3, "path": "/api/ssl/v2", "times": 1})
        process = self.start_program("scm", "push", "assets", "--yes")
        while not self.scm.log():
            time.sleep(0.01)
        self.assertIn("another certscour is sending to SCM", self.push("--yes", status=1).stderr)
        self.assertIn("another certscour is sending to SCM", self.undo(1, "--yes", status=1).stderr)
        self.push()  # a preview may be had
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        self.all_there()

    def test_a_signal_leaves_it_resumable(self):
        self.begin()
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 100, "path": "/api/ssl/v2"})
        process = self.start_program("scm", "push", "assets", "--yes")
        while "trying again" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3)
        self.assertIn("push 1 has not come to its end", errors)
