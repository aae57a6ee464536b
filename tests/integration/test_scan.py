# SPDX-License-Identifier: Apache-2.0
"""Scans from end to end: what is stored, what a second scan adds, interruption and resumption, wrong input."""
import contextlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import time
import unittest
from pathlib import Path

from support import PROGRAM, SANITIZED, Case, Certificate, ScriptedServer, free_port, stop, tls_server


def positions(db, scan):
    """The attempt log of a scan, decoded as docs/schema.md describes it."""
    found = []
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as store:
        rows = store.execute("SELECT entries FROM attempt_chunk WHERE scan_id = ? ORDER BY number", (scan,)).fetchall()
    for (entries,) in rows:
        numbers = []
        value = shift = 0
        for byte in entries:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                numbers.append(value)
                value = shift = 0
        position = 0
        for difference, _outcome, _seconds in zip(numbers[0::3], numbers[1::3], numbers[2::3]):
            position += (difference >> 1) ^ -(difference & 1)
            found.append(position)
    return found


class Store(Case):
    def counts(self):
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as store:
            return {table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                    for table in ("certificate", "endpoint", "asset", "asset_interval", "chain", "certificate_value")}

    def test_the_canonical_rule_assigns_as_in_scm(self):
        certificate = Certificate(self.folder, "www.mydomain.be")
        server = tls_server(certificate)
        self.addCleanup(server.close)
        self.run_program("org", "add", "My organization")
        self.run_program("org", "add", "My organization/my department")
        self.run_program("rule", "add", "certificates for my department", "--match",
                         'common_name ends_with "mydomain.be"', "--assign", "My organization/my department")
        line = self.scan_one("127.0.0.1", "-p", f"{server.port}/tls")
        self.assertEqual((line["owner_organization"], line["owner_department"], line["rule"]),
                         ("My organization", "my department", "certificates for my department"))
        asset = json.loads(self.run_program("assets", "--format", "json").stdout)
        self.assertEqual([(a["endpoint"], a["owner"], a["sha256"]) for a in asset],
                         [(f"127.0.0.1:{server.port}", "My organization/my department", certificate.sha256)])
        why = self.run_program("rule", "explain", f"127.0.0.1:{server.port}").stdout
        self.assertIn("takes it", why)

    def test_a_second_scan_of_an_unchanged_network_adds_no_row(self):
        server = tls_server(Certificate(self.folder, "same.example.org"))
        self.addCleanup(server.close)
        self.scan("127.0.0.1", "-p", f"{server.port}/tls")
        first = self.counts()
        self.scan("127.0.0.1", "-p", f"{server.port}/tls")
        self.assertEqual(self.counts(), first)
        self.assertEqual(first["asset_interval"], 1)

    def test_a_replaced_certificate_begins_a_new_interval_and_keeps_the_old(self):
        port = free_port()
        for number, name in enumerate(("old.example.org", "new.example.org"), 1):
            server = tls_server(Certificate(self.folder, name), port=port)
            self.scan("127.0.0.1", "-p", f"{port}/tls")
            server.close()
            self.assertEqual(self.counts()["asset_interval"], number)
        shown = self.run_program("cert", "show", f"127.0.0.1:{port}").stdout
        self.assertIn("new.example.org", shown)
        self.assertIn("before: ", shown)

    def test_gone_takes_two_misses_and_is_told_from_not_reached(self):
        server = tls_server(Certificate(self.folder, "leaving.example.org"))
        words = ("127.0.0.1", "-p", f"{server.port}/tls")
        self.scan(*words)
        server.close()

        def states():
            rows = json.loads(self.run_program("assets", "--state", "all", "--format", "json").stdout)
            return [(row["state"], row["missed"], row["last_outcome"]) for row in rows]
        self.assertEqual(states(), [("live", 0, "certificate")])
        self.scan(*words)
        self.assertEqual(states(), [("live", 1, "refused")])
        self.scan("127.0.0.2", "-p", f"{server.port}/tls")  # elsewhere: this endpoint was not reached
        self.assertEqual(states(), [("live", 1, "refused")])
        self.scan(*words)
        self.assertEqual(states(), [("gone", 2, "refused")])
        self.assertEqual(json.loads(self.run_program("assets", "--format", "json").stdout), [])

    def test_a_manual_assignment_wins_and_survives_a_scan(self):
        server = tls_server(Certificate(self.folder, "odd.example.org"))
        self.addCleanup(server.close)
        words = ("127.0.0.1", "-p", f"{server.port}/tls")
        endpoint = f"127.0.0.1:{server.port}"
        for owner in ("By rule", "By hand"):
            self.run_program("org", "add", owner)
        self.run_program("rule", "add", "all", "--match", "port > 0", "--assign", "By rule")
        self.assertEqual(self.scan_one(*words)["owner_organization"], "By rule")
        self.run_program("assets", "assign", endpoint, "By hand", "--reason", "the owner said so")
        line = self.scan_one(*words)
        self.assertEqual((line["owner_organization"], line["rule"]), ("By hand", "manual"))
        self.run_program("assets", "unassign", endpoint)
        self.assertEqual(self.scan_one(*words)["owner_organization"], "By rule")

    def test_rules_and_owners_removed_during_a_scan_do_not_end_it(self):
        server = tls_server(Certificate(self.folder, "orphan.example.org"), address="0.0.0.0")
        self.addCleanup(server.close)
        self.run_program("org", "add", "Leaving")
        self.run_program("rule", "add", "all", "--match", "port > 0", "--assign", "Leaving")
        scan = self.start_program("scan", "127.0.0.0/25", "-p", f"{server.port}/tls", "--rate", 50)
        time.sleep(0.8)
        self.run_program("rule", "remove", "all")
        self.run_program("org", "remove", "Leaving")
        out, _ = scan.communicate(timeout=60)
        self.assertEqual(scan.returncode, 0, out)
        assets = json.loads(self.run_program("assets", "--format", "json").stdout)
        self.assertEqual((len(assets), {row["owner"] for row in assets}), (128, {None}))

    def test_two_writers_at_once_both_succeed(self):
        server = tls_server(Certificate(self.folder, "busy.example.org"))
        self.addCleanup(server.close)
        self.run_program("org", "add", "Busy")
        scan = self.start_program("scan", "127.0.0.0/24", "-p", f"{server.port}/tls", "--rate", 100)
        for number in range(10):
            self.run_program("rule", "add", f"rule {number}", "--match", "port = 1", "--assign", "Busy")
        scan.communicate(timeout=60)
        self.assertEqual(scan.returncode, 0)
        self.assertEqual(len(json.loads(self.run_program("rule", "list", "--format", "json").stdout)), 10)


class Resume(Case):
    def setUp(self):
        super().setUp()
        self.server = ScriptedServer(lambda c: time.sleep(20), address="127.0.0.1")
        self.port = self.server.port
        self.addCleanup(self.server.close)
        self.words = ("scan", "127.0.0.0/22", "-p", f"{self.port}/tls", "--rate", 400, "--format", "jsonl",
                      "--outcomes", "--answer-timeout", 1)

    def start_scan(self, *words):
        """A scan that is well under way: some lines are out, most are to come. Gives its first line too."""
        process = self.start_program(*self.words, *words)
        first = process.stdout.readline()
        time.sleep(0.5)
        return process, first

    def finish_by_resuming(self):
        done = self.run_program("scan", "--resume", "--rate", 0, "--format", "jsonl", "--outcomes",
                                "--answer-timeout", 1)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_after_kill_9_the_union_is_every_target_exactly_once(self):
        process, _ = self.start_scan()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with sqlite3.connect(self.db) as store:  # as after the lease has run out
            store.execute("UPDATE scan SET lease_at = lease_at - 60")
        before = positions(self.db, 1)
        self.assertTrue(0 < len(before) < 1024, len(before))
        resumed = self.finish_by_resuming()
        self.assertEqual(len(resumed), 1024 - len(before))
        self.assertEqual(sorted(positions(self.db, 1)), list(range(1024)))
        state = json.loads(self.run_program("scan", "show", 1, "--format", "json").stdout)
        self.assertEqual((state["state"], state["done"], sum(state["outcomes"].values())), ("done", 1024, 1024))

    def test_an_interrupt_drains_and_leaves_a_resumable_scan(self):
        process, first = self.start_scan()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()  # not communicate(): part of it may be in the reader's buffer already
        self.assertEqual(process.wait(timeout=40), 3)
        lines = [json.loads(line) for line in (first + rest).splitlines()]
        self.assertTrue(0 < len(lines) < 1024, len(lines))
        lines += self.finish_by_resuming()
        self.assertEqual(sorted(line["target"] for line in lines), list(range(1024)))

    def test_a_running_scan_can_be_stopped_from_outside_and_not_resumed_twice(self):
        process, _ = self.start_scan()
        self.assertIn("is running", self.run_program("scan", "--resume=1", status=1).stderr)
        self.run_program("scan", "stop", 1)
        process.communicate(timeout=40)
        self.assertEqual(process.returncode, 3)
        self.assertEqual(json.loads(self.run_program("scan", "show", 1, "--format", "json").stdout)["state"], "stopped")
        self.finish_by_resuming()
        self.run_program("scan", "--resume=1", status=2)

    def test_a_resume_keeps_what_the_scan_began_with(self):
        self.assertIn("--ports", self.run_program("scan", "--resume", "-p", "443", status=2).stderr)
        self.run_program("org", "add", "O")
        self.assertIn("no unfinished scan", self.run_program("scan", "--resume", status=1).stderr)

    def test_a_new_opt_out_holds_for_the_running_scan(self):
        process, first = self.start_scan("--per-host", 1)
        self.run_program("exclude", "add", "127.0.2.0/23", "--reason", "asked by telephone")
        rest = process.stdout.read()
        self.assertEqual(process.wait(timeout=60), 0)
        lines = [json.loads(line) for line in (first + rest).splitlines()]
        cancelled = [line for line in lines if line["outcome"] == "cancelled"]
        self.assertEqual(len(lines), 1024)
        self.assertTrue(cancelled)
        self.assertTrue(all(line["ip"].startswith(("127.0.2.", "127.0.3.")) for line in cancelled))

    def test_a_closed_reader_ends_the_scan_in_order(self):
        process = self.start_program(*self.words)
        process.stdout.readline()
        process.stdout.close()
        process.wait(timeout=40)
        self.assertEqual(process.returncode, 3)
        process.stdout = open(os.devnull)
        self.finish_by_resuming()
        self.assertEqual(sorted(positions(self.db, 1)), list(range(1024)))


class Shards(Case):
    def test_shards_are_disjoint_and_complete_and_threads_change_nothing(self):
        server = tls_server(Certificate(self.folder, "shard.example.org"))
        self.addCleanup(server.close)
        words = ("127.0.0.0/21", "-p", f"{server.port}/tls", "--rate", 0, "--no-store", "--seed", 7)
        parts = [[line["target"] for line in self.scan(*words, "--shard", f"{i}/3", "--threads", i)]
                 for i in (1, 2, 3)]
        self.assertEqual(sorted(sum(parts, [])), list(range(2048)))
        self.assertFalse(self.db.exists())


class WrongInput(Case):
    TABLE = [
        (["10.0.0.0/33"], "10.0.0.0/33"),
        (["10.0.0.9-10.0.0.1"], "reversed"),
        (["10.0.0.256"], "10.0.0.256"),
        (["192.0.2.1", "-p", "70000"], "70000"),
        (["192.0.2.1", "-p", "90-80"], "reversed"),
        (["192.0.2.1", "-p", "everything"], "everything"),
        (["192.0.2.1", "-p", "443/gopher"], "gopher"),
        (["192.0.2.1:0"], "0"),
        (["192.0.2.1", "--rate", "fast"], "--rate"),
        (["192.0.2.1", "--format", "xml"], "xml"),
        (["192.0.2.1", "--progress", "sometimes"], "sometimes"),
        (["192.0.2.1", "--shard", "3/2"], "3/2"),
        (["192.0.2.1", "--source", "here"], "here"),
        (["192.0.2.1", "--no-such-option"], "--no-such-option"),
        (["192.0.2.1", "-i", "/nonexistent"], "/nonexistent"),
        (["192.0.2.0/24", "-x", "192.0.0.0/16"], "192.0.2.0/24 is wholly excluded"),
        (["2001:db8::/64"], "2^48"),
        ([], "no target"),
    ]

    def test_each_ends_with_status_2_and_names_its_place_before_any_packet(self):
        for words, named in self.TABLE:
            with self.subTest(words=words):
                done = self.run_program("scan", *words, status=2)
                self.assertIn(named, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_file_is_named_with_its_line(self):
        targets = self.folder / "targets.txt"
        targets.write_text("# campus\n192.0.2.1\n192.0.2.300\n")
        self.assertIn("targets.txt:3", self.run_program("scan", "-i", targets, status=2).stderr)

    def test_a_standing_exclusion_wins(self):
        self.run_program("exclude", "add", "192.0.2.0/24", "--reason", "asked")
        self.assertIn("wholly excluded", self.run_program("scan", "192.0.2.7", status=2).stderr)
        self.run_program("exclude", "remove", "192.0.2.0/24")
        self.run_program("scan", "192.0.2.7", "--dry-run")


class Inputs(Case):
    def test_lists_of_other_scanners_are_read_from_a_pipe(self):
        server = tls_server(Certificate(self.folder, "listed.example.org"))
        self.addCleanup(server.close)
        port = server.port
        for text in (f"#masscan\nopen tcp {port} 127.0.0.1 1700000000\nopen udp 53 127.0.0.1 1700000000\n# end\n",
                     f"Host: 127.0.0.1 (x)\tPorts: {port}/open/tcp//https///, 1/closed/tcp//x///\tIgnored State: filtered\n",
                     f"saddr,sport,success\n127.0.0.1,{port},1\n127.0.0.2,{port},0\n",
                     f"127.0.0.1:{port} # by hand\n"):
            with self.subTest(text=text):
                line = self.scan_one("-i", "-", "--no-store", stdin=text)
                self.assertEqual((line["ip"], line["port"], line["outcome"]), ("127.0.0.1", port, "certificate"))


class DryRun(Case):
    def test_400_million_targets_are_planned_within_a_second_in_64_mb(self):
        began = time.monotonic()
        process = subprocess.Popen([PROGRAM, "scan", "10.0.0.0/8", "-p", "1-20,30-33", "--dry-run"], env=self.env,
                                   stdout=subprocess.PIPE, text=True)
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        process.stdout.close()
        self.assertEqual(status, 0)
        self.assertIn("402,653,184", out)
        if not SANITIZED:
            self.assertLess(time.monotonic() - began, 1.0)
            self.assertLess(used.ru_maxrss, 64 * 1024)
        self.assertFalse(self.db.exists())


class BadDatabases(Case):
    def test_each_gets_a_clear_error(self):
        self.assertIn("no database yet", self.run_program("assets", status=1).stderr)
        self.db.write_bytes(b"this is no database, but long enough to look at" * 100)
        self.assertIn("no certscour database", self.run_program("org", "add", "A", status=1).stderr)
        self.db.unlink()
        with sqlite3.connect(self.db) as other:
            other.execute("CREATE TABLE mine (x)")
        self.assertIn("not one of certscour", self.run_program("org", "add", "A", status=1).stderr)
        self.db.unlink()
        self.run_program("org", "add", "A")
        with sqlite3.connect(self.db) as store:
            store.execute("PRAGMA user_version = 999")
        self.assertIn("newer certscour", self.run_program("assets", status=1).stderr)

    @unittest.skipUnless(os.geteuid() == 0, "mounts a file system")
    def test_a_read_only_file_system_is_named_and_changes_nothing(self):
        folder = self.folder / "ro"
        folder.mkdir()
        env = {"CERTSCOUR_DB": str(folder / "certscour.db")}
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        self.run_program("org", "add", "A", env=env)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        for words in (("org", "add", "B"), ("scan", "127.0.0.1", "-p", "1"), ("org", "list")):
            self.assertIn("must be writable", self.run_program(*words, status=1, env=env).stderr)
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        self.assertNotIn("B", self.run_program("org", "list", env=env).stdout)

    def test_new_files_are_private(self):
        self.run_program("org", "add", "A")
        self.assertEqual(self.db.stat().st_mode & 0o777, 0o600)

    def test_a_locked_database_is_waited_for_and_then_named(self):
        self.run_program("org", "add", "A")
        with sqlite3.connect(self.db) as holder:
            holder.execute("BEGIN IMMEDIATE")
            self.assertIn("does not let go", self.run_program("org", "add", "B", status=1).stderr)
        self.run_program("org", "add", "B")

    @unittest.skipUnless(os.geteuid() == 0, "mounts a small file system")
    def test_a_full_disk_ends_a_scan_that_can_be_resumed(self):
        small = self.folder / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        db = small / "certscour.db"
        words = ("scan", "127.0.0.0/19", "-p", f"{free_port()}/tls", "--rate", 0, "--outcomes")
        self.run_program("org", "add", "A", env={"CERTSCOUR_DB": str(db)})
        filler = small / "filler"
        file = os.open(filler, os.O_WRONLY | os.O_CREAT)
        with contextlib.suppress(OSError):
            while True:
                os.write(file, b"x" * 4096)
        os.close(file)
        done = self.run_program(*words, status=1, env={"CERTSCOUR_DB": str(db)})
        self.assertIn("no space is left", done.stderr)
        filler.unlink()
        self.run_program("org", "list", env={"CERTSCOUR_DB": str(db)})


class Campus(Case):
    """The pretend campus says what each endpoint is; the scan has to find just that."""

    def setUp(self):
        super().setUp()
        program = Path(PROGRAM).parent / "certscour-campus"
        ready = self.folder / "ready"
        process = subprocess.Popen([program, "--ready-file", ready],
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(stop, process)
        end = time.monotonic() + 120
        while not (ready.exists() and ready.read_text().endswith("\n")) and time.monotonic() < end:
            time.sleep(0.1)
        self.expected = [json.loads(line) for line in ready.read_text().splitlines()]

    def scan_campus(self, *words):
        targets = self.folder / "targets"
        targets.write_text("".join(f"{e['ip']}:{e['port']}/tls\n" for e in self.expected if not e.get("server_name")))
        names = self.folder / "names"
        names.write_text("".join(f"{e['ip']} {e['server_name']}\n" for e in self.expected if e.get("server_name")))
        return self.scan("-i", targets, "--names", names, "--answer-timeout", 2, "--timeout", 5, *words)

    def chains(self, *words):
        """What each endpoint showed, by key family."""
        return {(line["ip"], line["port"], line["server_name"], line["key_type"]): line["chain"]
                for line in self.scan_campus("--no-store", *words) if line["outcome"] == "certificate"}

    def test_both_lanes_show_the_same_chains(self):
        direct = self.chains("--lane", "direct")
        self.assertEqual(direct, self.chains("--lane", "full"))
        self.assertGreaterEqual(len(direct), sum(1 for e in self.expected if e["outcome"] == "certificate"))

    def test_every_endpoint_of_the_campus_ends_as_it_should(self):
        lines = self.scan_campus()
        found = {(line["ip"], line["port"], line["server_name"]): line for line in lines}
        self.assertGreaterEqual(len(self.expected), 50)
        for e in self.expected:
            with self.subTest(endpoint=e):
                line = found[(e["ip"], e["port"], e.get("server_name"))]
                self.assertEqual(line["outcome"], e["outcome"], line)
                if e["outcome"] == "certificate":
                    self.assertIn(line["sha256"], e["sha256"])
        assets = self.run_program("assets", "--format", "json")
        self.assertEqual(len(json.loads(assets.stdout)),
                         sum(1 for line in lines if line["outcome"] == "certificate"))
