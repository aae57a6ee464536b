#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The service: what is due is run, within one budget, and systemd is told."""
import datetime
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import unittest
from pathlib import Path

from support import free_port
from test_tasks import TaskCase

UNITS = Path(__file__).resolve().parent.parent.parent / "contrib" / "systemd"


class ServeCase(TaskCase):
    def make_due(self, *names):
        """As if the machine had been off since last week."""
        with sqlite3.connect(self.db) as db:
            for name in names:
                db.execute("UPDATE task SET scheduled_at = scheduled_at - 7 * 86400 WHERE name = ?", (name,))

    def add_daily(self, name, *words):
        self.add(name, *words, "--frequency", "daily", "--at", "00:00", "--timezone", "UTC")


class Once(ServeCase):
    def test_what_was_missed_for_a_week_is_run_once(self):
        self.add_daily("missed", "--range", "127.0.0.1", "-p", free_port())
        self.run_program("serve", "--once")
        self.assertEqual(self.history("missed"), [])
        self.make_due("missed")
        self.run_program("serve", "--once")
        self.run_program("serve", "--once")
        self.assertEqual([row["state"] for row in self.history("missed")], ["done"])

    def test_disabled_and_manual_tasks_are_left_alone(self):
        self.add_daily("disabled", "--range", "127.0.0.1", "-p", free_port())
        self.add("manual", "--range", "127.0.0.1", "-p", free_port())
        self.run_program("task", "disable", "disabled")
        self.make_due("disabled", "manual")
        self.run_program("serve", "--once")
        self.assertEqual(self.history("disabled") + self.history("manual"), [])

    def test_a_due_task_waits_for_its_window(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        window = "-".join((now + datetime.timedelta(hours=hours)).strftime("%H:%M") for hours in (2, 3))
        self.add_daily("later", "--range", "127.0.0.1", "-p", free_port(), "--window", window)
        self.make_due("later")
        self.run_program("serve", "--once")
        self.assertEqual(self.history("later"), [])

    def test_a_task_that_cannot_run_is_told_and_the_others_run(self):
        targets = self.folder / "targets.txt"
        targets.write_text("127.0.0.1\n")
        self.add_daily("broken", "-i", targets, "-p", free_port())
        self.add_daily("fine", "--range", "127.0.0.1", "-p", free_port())
        targets.unlink()
        self.make_due("broken", "fine")
        self.assertIn("targets.txt", self.run_program("serve", "--once", status=1).stderr)
        self.assertEqual(len(self.history("fine")), 1)


class Budget(ServeCase):
    def test_two_tasks_side_by_side_stay_within_one_rate(self):
        Path(self.env["CERTSCOUR_CONFIG"]).write_text("[scan]\nnames-from = none\nrate = 50\n")
        port = free_port()
        for name, range_ in (("one", "127.0.1.0/25"), ("two", "127.0.2.0/25")):
            self.add_daily(name, "--range", range_, "-p", port, "--rate", "0")
        self.make_due("one", "two")
        begun = time.monotonic()
        self.run_program("serve", "--once")
        took = time.monotonic() - begun
        one, two = self.history("one")[0], self.history("two")[0]
        self.assertEqual((one["done"], two["done"]), (128, 128))
        self.assertGreater(took, 256 / 50 - 0.5)
        self.assertLess(one["started_at"], two["ended_at"])
        self.assertLess(two["started_at"], one["ended_at"])


class Service(ServeCase):
    def start_service(self):
        self.messages = []
        path = self.folder / f"notify-{time.monotonic_ns()}"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(path))
        self.addCleanup(listener.close)

        def listen():
            try:
                while True:
                    self.messages += listener.recv(4096).decode().splitlines()
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()
        self.env["NOTIFY_SOCKET"] = str(path)
        process = self.start_program("serve")
        self.wait_for(lambda: "READY=1" in self.messages)
        return process

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, stderr)
        return stderr

    def test_systemd_is_told_of_start_state_life_and_end(self):
        self.add_daily("idle", "--range", "127.0.0.1")
        process = self.start_service()
        self.wait_for(lambda: self.messages.count("WATCHDOG=1") > 2)
        self.assertTrue(any(line.startswith("STATUS=idle; next: idle at 20") for line in self.messages))
        self.end(process)
        self.wait_for(lambda: "STOPPING=1" in self.messages)

    def test_a_drained_scan_goes_on_at_the_next_start(self):
        self.add_daily("long", "--range", "127.0.0.0/24", "-p", free_port(), "--rate", "50")
        self.make_due("long")
        process = self.start_service()
        self.wait_for(lambda: any(row["done"] > 5 for row in self.history("long")))
        self.end(process)
        (row,) = self.history("long")
        self.assertEqual(row["state"], "interrupted")
        self.assertLess(row["done"], 256)
        process = self.start_service()
        self.wait_for(lambda: self.history("long")[0]["state"] == "done", 60)
        self.end(process)
        (row,) = self.history("long")
        self.assertEqual(row["done"], 256)

    def test_a_stopped_one_does_not(self):
        self.add_daily("long", "--range", "127.0.0.0/24", "-p", free_port(), "--rate", "20")
        self.make_due("long")
        process = self.start_service()
        self.wait_for(lambda: any(row["done"] > 5 for row in self.history("long")))
        self.run_program("task", "stop", "long")
        self.wait_for(lambda: self.history("long")[0]["state"] == "stopped")
        time.sleep(2)
        self.end(process)
        self.assertEqual([row["state"] for row in self.history("long")], ["stopped"])

    def test_a_reload_reads_the_configuration_and_survives_a_mistake_in_it(self):
        process = self.start_service()
        config = Path(self.env["CERTSCOUR_CONFIG"])
        config.write_text("[scan]\nrate = 10\n")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "RELOADING=1" in self.messages)
        self.wait_for(lambda: self.messages.count("READY=1") > 1)
        config.write_text("[scan]\nspeed = 10\n")
        process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: self.messages.count("READY=1") > 2)
        stderr = self.end(process)
        self.assertIn("was read again", stderr)
        self.assertIn("kept as it was", stderr)
        self.assertIn("speed", stderr)


class Units(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_no_fault_and_little_exposure(self):
        units = sorted(map(str, UNITS.iterdir()))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        faults = [line for line in done.stderr.splitlines() if "is not executable" not in line and "certscour" in line]
        self.assertEqual(faults, [])
        for unit in units:
            if unit.endswith(".service"):
                subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit], check=True,
                               capture_output=True)


if __name__ == "__main__":
    unittest.main()
