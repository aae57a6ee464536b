# SPDX-License-Identifier: Apache-2.0
"""The certificates behind one address: names by PTR, from certificates and from earlier scans, tried where the DNS says
they are. unbound and nginx stand on loopback; what must not be probed has a listener that counts."""
import calendar
import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import time

from dialogues import DIALOGUES, play, shake_hands
from name_servers import Dns, LateDns, Nginx, RefusingDns, SlowDns, ptr

from support import PROGRAM, Case, Certificate, ScriptedServer

FIRST, SECOND, THIRD = "127.61.0.1", "127.61.0.2", "127.61.0.3"
FOLLOW_UPS = 2**48


class NameCase(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "certscour.conf").write_text("")

    def certificate(self, *names):
        """For the first name, with all of them as subject alternative names."""
        folder = self.folder / f"certificate{len(list(self.folder.glob('certificate*')))}"
        folder.mkdir()
        return Certificate(folder, names[0], extra=("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)), alt_names=False)

    def start(self, hosts, records, forward=None):
        web = Nginx(self.folder, hosts)
        self.addCleanup(web.close)
        dns = Dns(self.folder, records, forward)
        self.addCleanup(dns.close)
        return web, dns

    def found(self, dns, *words):
        lines = self.scan(*words, "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--per-host", 0)
        return [line for line in lines if line["outcome"] == "certificate"]


class FiftyHosts(NameCase):
    def test_all_certificates_are_found_from_the_addresses_alone(self):
        """Each address has a default certificate that names a third of its hosts; their certificates name the next, and so on."""
        records, hosts, expected = [], [], set()
        for ip, count in ((FIRST, 17), (SECOND, 17), (THIRD, 16)):
            names = [f"w{number}.n{ip[-1]}.example.org" for number in range(count)]
            records += [f"{name}. A {ip}" for name in names]
            records.append(ptr(ip, names[0]))
            chain = [self.certificate(f"default{ip[-1]}.example.org")]
            hosts.append((ip, None, chain[0]))
            for number, name in enumerate(names):
                told = names[2 * number + 1:2 * number + 3]
                certificate = self.certificate(name, *told)
                hosts.append((ip, name, certificate))
                expected.add(certificate.sha256)
        web, dns = self.start(hosts, records)
        words = ("scan", f"{FIRST}-{THIRD}", "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--per-host", 0,
                 "--format", "jsonl")
        done = self.run_program(*words, "--max-names", 20)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual({line["sha256"] for line in lines} - {host[2].sha256 for host in hosts if host[1] is None}, expected)
        self.assertEqual(len(lines), 53)
        for line in lines:
            self.assertEqual(line["target"] >= FOLLOW_UPS, line["server_name"] is not None)
            self.assertNotIn("name-mismatch", line["findings"])
            self.assertTrue(line["host_name"])
        self.assertEqual(len({line["target"] for line in lines}), 53)
        self.assertEqual(self.connections(done), 3 + 50)
        self.assertLessEqual(self.connections(done), 3 + 3 * 20)
        again = self.run_program(*words, "--max-names", 5, "--no-store")
        self.assertEqual(self.connections(again), 3 + 3 * 5)
        self.assertIn("left beyond --max-names", again.stderr)

    def connections(self, done):
        return int(re.search(r"connections: ([0-9]+), with those for names", done.stderr).group(1))

    def test_a_second_scan_finds_them_again_and_changes_nothing(self):
        certificates = [self.certificate(f"a{number}.example.org", f"a{number + 1}.example.org") for number in range(4)]
        hosts = [(FIRST, None, certificates[0])] + [(FIRST, f"a{number}.example.org", certificate)
                                                   for number, certificate in enumerate(certificates)]
        web, dns = self.start(hosts, [f"a{number}.example.org. A {FIRST}" for number in range(4)])
        endpoints = []
        for _ in range(2):
            self.found(dns, FIRST, "-p", f"{web.port}/tls")
            endpoints.append([(row["endpoint"], row["first_seen"]) for row in json.loads(self.run_program("assets", "--format", "json").stdout)])
        self.assertEqual(len(endpoints[0]), 5)
        self.assertEqual(endpoints[0], endpoints[1])


class Names(NameCase):
    def test_sources_can_be_chosen_and_none_asks_nobody(self):
        certificate = self.certificate("seen.example.org")
        hosts = [(FIRST, None, certificate), (FIRST, "ptr.example.org", self.certificate("ptr.example.org")),
                 (FIRST, "seen.example.org", certificate)]
        web, dns = self.start(hosts, [ptr(FIRST, "ptr.example.org"), f"seen.example.org. A {FIRST}"])
        for sources, names, host_name in (("ptr", [None, "ptr.example.org"], "ptr.example.org"), ("seen", [None, "seen.example.org"], None),
                                          ("ptr,seen", [None, "ptr.example.org", "seen.example.org"], "ptr.example.org")):
            with self.subTest(sources):
                lines = self.found(dns, FIRST, "-p", f"{web.port}/tls", "--names-from", sources, "--no-store")
                self.assertEqual([line["server_name"] for line in lines], names)
                self.assertEqual(lines[0]["host_name"], host_name)
        before = len(dns.questions())
        lines = self.found(dns, FIRST, "-p", f"{web.port}/tls", "--names-from", "none", "--no-store")
        self.assertEqual(([line["server_name"] for line in lines], len(dns.questions())), ([None], before))

    def test_aliases_round_robin_wildcards_and_idn(self):
        robin = ["127.61.0.11", "127.61.0.12", "127.61.0.13", "127.61.0.14"]
        shown = self.certificate("alias.example.org", "*.wild.example.org", "xn--bcher-kva.example.org", "robin.example.org", "localhost",
                                 "bad_name..example.org")
        hosts = [(ip, None, shown) for ip in [FIRST, *robin]]
        hosts += [(FIRST, name, self.certificate(name)) for name in ("alias.example.org", "wild.example.org", "xn--bcher-kva.example.org")]
        hosts += [(ip, "robin.example.org", self.certificate("robin.example.org")) for ip in robin]
        records = ["alias.example.org. CNAME target.example.org.", f"target.example.org. A {FIRST}", f"wild.example.org. A {FIRST}",
                   f"xn--bcher-kva.example.org. A {FIRST}", *(f"robin.example.org. A {ip}" for ip in robin)]
        web, dns = self.start(hosts, records)
        lines = self.found(dns, FIRST, f"{robin[0]}-{robin[-1]}", "-p", f"{web.port}/tls", "--no-store")
        named = sorted((line["ip"], line["server_name"]) for line in lines if line["server_name"])
        self.assertEqual(named, sorted([(FIRST, "alias.example.org"), (FIRST, "wild.example.org"), (FIRST, "xn--bcher-kva.example.org"),
                                        *((ip, "robin.example.org") for ip in robin)]))

    def test_three_in_a_row_that_bring_nothing_new_are_enough(self):
        names = [f"same{number}.example.org" for number in range(9)]
        web, dns = self.start([(FIRST, None, self.certificate(*names))], [f"{name}. A {FIRST}" for name in names])
        done = self.run_program("scan", FIRST, "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--format", "jsonl")
        self.assertEqual(len(done.stdout.splitlines()), 1 + 3)
        self.assertIn("names: 3 tried; 6 left, since 3 in a row had brought nothing new there", done.stderr)
        self.assertIn("connections: 4, with those for names", done.stderr)

    def test_nothing_outside_the_scan_and_nothing_excluded_is_probed(self):
        outside, excluded = (ScriptedServer(lambda connection: None, ip, 4443) for ip in ("127.61.9.1", "127.61.0.77"))
        self.addCleanup(outside.close)
        self.addCleanup(excluded.close)
        hosts = [(FIRST, None, self.certificate("out.example.org", "excluded.example.org", "other.example.org"))]
        web, dns = self.start(hosts, ["out.example.org. A 127.61.9.1", "excluded.example.org. A 127.61.0.77", f"other.example.org. A {SECOND}",
                                      ptr("127.61.0.77", "excluded.example.org")])
        lines = self.found(dns, "127.61.0.0/25", "-x", "127.61.0.77", "-p", f"{web.port}/tls,4443/tls", "--rate", 0, "--no-store")
        self.assertEqual([(line["ip"], line["server_name"]) for line in lines], [(FIRST, None)])
        self.assertEqual((outside.accepted, excluded.accepted), (0, 0))

    def test_a_dns_that_is_lame_slow_or_gone_holds_nothing_up(self):
        certificate = self.certificate("good.example.org", *(f"h{number}.lame.example.net" for number in range(5)),
                                       *(f"h{number}.slow.example.com" for number in range(5)))
        lame, slow = RefusingDns(), SlowDns()
        self.addCleanup(lame.close)
        self.addCleanup(slow.close)
        web, dns = self.start([(FIRST, None, certificate), (FIRST, "good.example.org", self.certificate("good.example.org"))],
                              [f"good.example.org. A {FIRST}"],
                              {"lame.example.net": f"127.0.0.1@{lame.port}", "slow.example.com": f"127.0.0.1@{slow.port}"})
        begun = time.monotonic()
        lines = self.found(dns, FIRST, "-p", f"{web.port}/tls", "--no-store")
        self.assertEqual([line["server_name"] for line in lines], [None, "good.example.org"])
        self.assertLess(time.monotonic() - begun, 30)
        lines = self.found(slow, FIRST, "-p", f"{web.port}/tls", "--no-store")
        self.assertEqual([line["server_name"] for line in lines], [None])

    def test_a_slow_dns_holds_up_neither_probes_nor_results_for_long(self):
        """Of 1,024 endpoints half have a name that comes a second late, the others one that never comes."""
        web, _ = self.start([("0.0.0.0", None, self.certificate("everywhere.example.net"))], [])
        late = LateDns()
        self.addCleanup(late.close)
        begun = int(time.time())
        lines = self.found(late, "127.62.0.0/22", "-p", f"{web.port}/tls", "--rate", 0, "--names-from", "ptr", "--max-names", 1)
        self.assertEqual(len([line for line in lines if not line["server_name"]]), 1024)
        for line in lines:
            last = int(line["ip"].rsplit(".", 1)[1])
            if not line["server_name"]:
                self.assertEqual(line["host_name"], f"h{last}.late.example" if last % 2 == 0 else None)
        seen = [calendar.timegm(time.strptime(line["seen_at"], "%Y-%m-%dT%H:%M:%SZ")) for line in lines if not line["server_name"]]
        self.assertLess(max(seen) - begun, 15)  # 64 look-ups at once, each awaited, would take a minute
        self.assertLessEqual(late.asked, 512 + 2 * 512 + 100)  # once for each address, and again where nobody answered

    def test_a_server_that_wants_a_name_gets_its_ptr(self):
        web, dns = self.start([(FIRST, "only.example.org", self.certificate("only.example.org"))], [ptr(FIRST, "only.example.org")])
        conf = self.folder / "nginx.conf"
        conf.write_text(conf.read_text().replace("http {", f"http {{ server {{ listen {FIRST}:{web.port} ssl default_server; ssl_reject_handshake on; }}"))
        web.process.send_signal(signal.SIGHUP)
        for _ in range(100):  # until the new configuration is served
            lines = self.found(dns, FIRST, "-p", f"{web.port}/tls", "--no-store")
            if [line["server_name"] for line in lines] == ["only.example.org"]:
                return
        self.fail(lines)

    def test_an_xmpp_server_is_asked_for_the_domain_of_its_ptr(self):
        certificate = self.certificate("chat.example.org")

        def serve(connection):
            opened = b""
            while not opened.endswith(b"version='1.0'>"):
                opened += connection.recv(1)
            if b"to='chat.example.org'" not in opened:
                connection.sendall(b"<stream:stream><stream:error><host-unknown xmlns='x'/></stream:error>")
                connection.recv(100)
                return
            play(connection, DIALOGUES["xmpp"][1:])
            shake_hands(connection, certificate)
        server = ScriptedServer(serve, FIRST, 5222)
        self.addCleanup(server.close)
        dns = Dns(self.folder, [ptr(FIRST, "chat.example.org")])
        self.addCleanup(dns.close)
        lines = self.found(dns, f"{FIRST}:5222", "--no-store")
        self.assertEqual([(line["server_name"], line["sha256"], line["host_name"]) for line in lines],
                         [("chat.example.org", certificate.sha256, "chat.example.org")])
        self.assertEqual(self.found(dns, f"{FIRST}:5222", "--names-from", "none", "--no-store"), [])

    def test_a_name_that_points_elsewhere_ends_its_asset_as_moved(self):
        hosts = [(ip, name, self.certificate(name or "default.example.org", "moving.example.org", "staying.example.org"))
                 for ip in (FIRST, SECOND) for name in (None, "moving.example.org")]
        web, dns = self.start(hosts, [f"moving.example.org. A {FIRST}", f"staying.example.org. A {FIRST}"])
        ranges = (f"{FIRST}-{SECOND}", "-p", f"{web.port}/tls")
        self.found(dns, *ranges)
        dns.change([f"moving.example.org. A {SECOND}", f"staying.example.org. A {FIRST}"])
        self.found(dns, *ranges)
        rows = json.loads(self.run_program("assets", "--state", "all", "--format", "json").stdout)
        states = {(row["ip"], row["server_name"]): row["state"] for row in rows}
        self.assertEqual(states, {(FIRST, None): "live", (SECOND, None): "live", (FIRST, "moving.example.org"): "moved",
                                  (SECOND, "moving.example.org"): "live", (FIRST, "staying.example.org"): "live"})

    def states(self):
        rows = json.loads(self.run_program("assets", "--state", "all", "--format", "json").stdout)
        return {(row["ip"], row["server_name"]): row["state"] for row in rows}

    def test_a_host_given_by_name_that_points_elsewhere_ends_its_asset_as_moved(self):
        hosts = [(ip, "moving.example.org", self.certificate("moving.example.org")) for ip in (FIRST, SECOND)]
        web, dns = self.start(hosts, [f"moving.example.org. A {FIRST}"])
        words = (f"moving.example.org:{web.port}/tls", "--names-from", "none")
        self.found(dns, *words)
        silent, lame = SlowDns(), RefusingDns()
        self.addCleanup(silent.close)
        self.addCleanup(lame.close)
        for deaf in (silent, lame):
            self.assertEqual(self.found(deaf, *words), [])
            self.assertEqual(self.states(), {(FIRST, "moving.example.org"): "live"})
        dns.change([f"moving.example.org. A {SECOND}"])
        self.found(dns, *words, "--no-store")
        self.assertEqual(self.states(), {(FIRST, "moving.example.org"): "live"})
        self.found(dns, *words)
        self.assertEqual(self.states(), {(FIRST, "moving.example.org"): "moved", (SECOND, "moving.example.org"): "live"})
        dns.change([])
        self.found(dns, *words)
        self.assertEqual(self.states(), {(FIRST, "moving.example.org"): "moved", (SECOND, "moving.example.org"): "moved"})

    def test_the_names_of_a_dead_host_are_gone_after_two_scans(self):
        hosts = [(ip, name, self.certificate(name or "default.example.org", "dead.example.org")) for ip in (FIRST, SECOND)
                 for name in (None, "dead.example.org")]
        web, dns = self.start(hosts, [f"dead.example.org. A {FIRST}", f"dead.example.org. A {SECOND}"])
        ranges = (f"{FIRST}-{SECOND}", "-p", f"{web.port}/tls")
        self.found(dns, *ranges)
        web.close()
        for state in ("live", "gone"):
            self.found(dns, *ranges)
            self.assertEqual(set(self.states().values()), {state})
        self.assertEqual(len(self.states()), 4)

    def kill(self, process):
        process.kill()
        process.communicate()
        with contextlib.closing(sqlite3.connect(self.db)) as store, store:  # as after the lease has run out
            store.execute("UPDATE scan SET lease_at = lease_at - 60")

    def test_a_resumed_scan_names_what_would_not_go_on_without(self):
        """An alert was all that it had met before it was killed."""
        web, dns = self.start([(FIRST, "only.example.org", self.certificate("only.example.org"))], [ptr(FIRST, "only.example.org")])
        conf = self.folder / "nginx.conf"
        conf.write_text(conf.read_text().replace("http {", f"http {{ server {{ listen {FIRST}:{web.port} ssl default_server; ssl_reject_handshake on; }}"))
        web.process.send_signal(signal.SIGHUP)
        words = ("scan", FIRST, "127.61.0.32/27", "-p", f"{web.port}/tls", "--key-types", "first", "--rate", "2", "--outcomes", "--format", "jsonl")
        process = subprocess.Popen([PROGRAM, *words, "--dns", f"127.0.0.1:{dns.port}", "--seed", "4"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.env, text=True)
        while json.loads(process.stdout.readline())["ip"] != FIRST:
            pass
        self.kill(process)
        self.assertEqual(self.states(), {})
        self.run_program("scan", "--resume", "--rate", 0)
        self.assertEqual(self.states(), {(FIRST, "only.example.org"): "live"})

    def in_the_middle_of_names(self, end):
        """A scan of eight names is ended by `end` in its second round or later, and goes on."""
        names = [f"r{number}.example.org" for number in range(8)]
        certificates = {name: self.certificate(name) for name in names}
        hosts = [(FIRST, None, self.certificate("default.example.org", *names)), *((FIRST, name, certificates[name]) for name in names)]
        web, dns = self.start(hosts, [f"{name}. A {FIRST}" for name in names])
        words = ("scan", FIRST, "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--rate", "2")
        process = subprocess.Popen([PROGRAM, *words, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.env)
        for _ in range(3):
            process.stdout.readline()
        end(process)
        before = self.states()
        self.assertLess(len(before), 9)
        self.run_program("scan", "--resume", "--rate", 0)
        self.assertEqual(self.states(), {(FIRST, name): "live" for name in (None, *names)})
        with contextlib.closing(sqlite3.connect(self.db)) as store:
            rows = store.execute("SELECT number, server_name, outcome FROM follow_up ORDER BY number").fetchall()
        self.assertEqual([row[0] for row in rows], list(range(8)))
        self.assertEqual({row[1] for row in rows}, set(names))
        self.assertEqual({row[2] for row in rows}, {0})

    def test_an_interrupted_scan_goes_on_with_its_names(self):
        def interrupt(process):
            process.send_signal(signal.SIGINT)
            process.communicate()
            self.assertEqual(process.returncode, 3)
        self.in_the_middle_of_names(interrupt)

    def test_a_killed_scan_goes_on_with_its_names(self):
        self.in_the_middle_of_names(self.kill)

    def test_an_interrupt_does_not_wait_for_a_silent_dns(self):
        """Once while the names of addresses are asked for, once for names seen."""
        shown = self.certificate("shown.example.org", *(f"s{number}.example.org" for number in range(40)))
        web, _ = self.start([("0.0.0.0", None, shown)], [])
        silent = SlowDns()
        self.addCleanup(silent.close)
        for source, targets in (("ptr", "127.62.0.0/25"), ("seen", FIRST)):
            with self.subTest(source):
                asked = silent.asked
                process = subprocess.Popen([PROGRAM, "scan", targets, "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{silent.port}", "--rate", "0",
                                            "--names-from", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
                while silent.asked == asked:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                begun = time.monotonic()
                process.communicate(timeout=30)
                self.assertIn(process.returncode, (0, 3))
                self.assertLess(time.monotonic() - begun, 4)

    def test_an_opt_out_in_the_middle_holds_for_names(self):
        names = [f"o{number}.example.org" for number in range(8)]
        certificates = {name: self.certificate(name) for name in names}
        hosts = [(FIRST, None, self.certificate("default.example.org", *names)), *((FIRST, name, certificates[name]) for name in names)]
        web, dns = self.start(hosts, [f"{name}. A {FIRST}" for name in names])
        words = ("scan", FIRST, "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--rate", "1")
        process = subprocess.Popen([PROGRAM, *words, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.env)
        for _ in range(2):
            process.stdout.readline()
        self.run_program("exclude", "add", FIRST, "--reason", "asked us to stop")
        process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertLess(len(self.states()), 9)
        self.assertEqual(set(self.states().values()), {"live"})

    def test_a_database_that_somebody_holds_is_waited_for_between_rounds_too(self):
        names = [f"b{number}.example.org" for number in range(3)]
        hosts = [(FIRST, None, self.certificate("default.example.org", *names)), *((FIRST, name, self.certificate(name)) for name in names)]
        web, dns = self.start(hosts, [f"{name}. A {FIRST}" for name in names])
        words = ("scan", FIRST, "-p", f"{web.port}/tls", "--dns", f"127.0.0.1:{dns.port}", "--key-types", "first", "--rate", "2")
        process = subprocess.Popen([PROGRAM, *words, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, text=True)
        process.stdout.readline()  # the first stage is stored; what comes next is a transaction of the names
        with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            time.sleep(12)
            store.execute("ROLLBACK")
        _, stderr = process.communicate()
        self.assertEqual(process.returncode, 0, stderr)
        self.assertIn("waiting for the database", stderr)
        self.assertEqual(set(self.states()), {(FIRST, name) for name in (None, *names)})

    def test_wrong_words_are_refused(self):
        for words, named in ((("--names-from", "dns"), "allowed are ptr, scm, seen, none"), (("--names-from", "none,ptr"), "none goes with no other"),
                             (("--max-names", "0"), "max-names")):
            with self.subTest(words):
                self.assertIn(named, self.run_program("scan", "127.0.0.1", *words, status=2).stderr)
