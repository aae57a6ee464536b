# SPDX-License-Identifier: Apache-2.0
"""Dialogues that lead to TLS, against scripted servers with a real TLS behind them. Nothing has to be installed but the
openssl command."""
import json
import shutil
import ssl
import tempfile
import threading
import time

from dialogues import DIALOGUES, play, shake_hands, shake_hands_in_tds

from support import Case, Certificate, ScriptedServer

LIMITS = ("--connect-timeout", 2, "--answer-timeout", 2, "--timeout", 8, "--no-store")
CERTIFICATES = {}
REFUSALS = {
    "smtp": [(b"220 mail.example\r\n", b"EHLO greeter.example\r\n"), (b"250 SIZE\r\n", b"QUIT\r\n")],
    "imap": [(b"* OK ready\r\n", b"a1 STARTTLS\r\n"), (b"a1 NO not here\r\n", b"a2 LOGOUT\r\n")],
    "ftp": [(b"421 too many\r\n", b"QUIT\r\n")],
    "ldap": [(b"", b"20037"), (bytes.fromhex("300c02010178070a013404000400"), bytes.fromhex("30050201024200"))],
    "postgres": [(b"", bytes.fromhex("04d2162f")), (b"N", b"")],
}


def setUpModule():
    folder = tempfile.mkdtemp(prefix="certscour-it-")
    CERTIFICATES["folder"] = folder
    for protocol in DIALOGUES:
        CERTIFICATES[protocol] = Certificate(folder, f"{protocol}.example.org")


def tearDownModule():
    shutil.rmtree(CERTIFICATES["folder"], ignore_errors=True)


class Dialogues(Case):
    def serve(self, script):
        server = ScriptedServer(script)
        self.addCleanup(server.close)
        return server

    def test_every_dialogue_leads_to_its_certificate_in_one_scan(self):
        targets = self.folder / "targets"
        lines = {}
        for protocol, turns in DIALOGUES.items():
            def script(connection, turns=turns, protocol=protocol):
                play(connection, turns)
                (shake_hands_in_tds if protocol == "tds" else shake_hands)(connection, CERTIFICATES[protocol])
            lines[self.serve(script).port] = protocol
        targets.write_text("".join(f"127.0.0.1:{port}/{protocol}\n" for port, protocol in lines.items()))
        for lane in ("direct", "full"):
            found = {line["port"]: line for line in self.scan("-i", targets, "--ehlo-name", "greeter.example", "--lane", lane,
                                                              "--key-types", "first", "--per-host", 0, *LIMITS)}
            for port, protocol in lines.items():
                with self.subTest(protocol=protocol, lane=lane):
                    self.assertEqual(found[port]["outcome"], "certificate", found[port])
                    self.assertEqual(found[port]["sha256"], CERTIFICATES[protocol].sha256)
                    self.assertEqual((found[port]["protocol"], found[port]["lane"]), (protocol, lane))

    def test_a_refusal_is_told_and_answered_politely(self):
        for protocol, turns in REFUSALS.items():
            polite = threading.Event()

            def script(connection, turns=turns, polite=polite):
                play(connection, turns)
                if connection.recv(10) == b"":  # and a FIN, not a reset
                    polite.set()
            port = self.serve(script).port
            with self.subTest(protocol=protocol):
                line = self.scan_one(f"127.0.0.1:{port}/{protocol}", "--ehlo-name", "greeter.example", *LIMITS)
                self.assertEqual(line["outcome"], "starttls-refused", line)
                self.assertTrue(line["detail"])
                if protocol != "postgres":  # which has no goodbye
                    self.assertTrue(polite.wait(5))

    def test_clear_text_behind_the_go_ahead_is_not_taken_for_tls(self):
        def script(connection):
            play(connection, [(b"+OK\r\n", b"STLS\r\n"), (b"+OK\r\n\x16\x03\x03\x00\x02injected", b"")])
            shake_hands(connection, CERTIFICATES["pop3"])
        target = f"127.0.0.1:{self.serve(script).port}/pop3"
        line = self.scan_one(target, "--key-types", "first", *LIMITS)
        self.assertEqual((line["outcome"], line.get("sha256")), ("certificate", CERTIFICATES["pop3"].sha256), line)
        self.assertIn("starttls-injection", line["findings"])
        self.run_program("scan", target, *LIMITS[:-1])
        stored = json.loads(self.run_program("assets", "--finding", "starttls-injection", "--format", "json").stdout)
        self.assertEqual([asset["endpoint"] for asset in stored], [target])

    def test_a_server_that_was_mended_loses_the_finding(self):
        calls = []

        def script(connection):
            calls.append(1)
            play(connection, [(b"+OK\r\n", b"STLS\r\n"), (b"+OK\r\n" + (b"injected" if len(calls) == 1 else b""), b"")])
            shake_hands(connection, CERTIFICATES["pop3"])
        target = f"127.0.0.1:{self.serve(script).port}/pop3"
        for injected in (True, False):
            self.run_program("scan", target, "--key-types", "first", "--sni", "other.example.org", *LIMITS[:-1])
            asset, = json.loads(self.run_program("assets", "--format", "json").stdout)
            self.assertEqual("starttls-injection" in asset["findings"], injected)
            self.assertIn("name-mismatch", asset["findings"])

    def test_a_port_of_which_nothing_is_known_is_found_out(self):
        def late_greeting(connection):
            if late.accepted == 1:
                connection.recv(100)  # a hello of TLS, which it does not understand
                connection.sendall(b"220 too early\r\n")
                return
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])

        def stream_error(connection):
            if connection.recv(1) != b"<":
                connection.sendall(b"<?xml version='1.0'?><stream:stream xmlns='jabber:client'><stream:error/></stream:stream>")
                return
            play(connection, [(b"", b"version='1.0'>"), *DIALOGUES["xmpp"][1:]])
            shake_hands(connection, CERTIFICATES["xmpp"])

        def late_ftp(connection):
            time.sleep(0.8)  # it looks up the name of who has called
            connection.sendall(b"22")
            time.sleep(0.1)
            connection.sendall(b"0 (vsFTPd 3.0.3)\r\n")
            if connection.recv(100) != b"AUTH TLS\r\n":
                connection.sendall(b"530 Please login with USER and PASS.\r\n")
                return
            connection.sendall(b"234 go\r\n")
            shake_hands(connection, CERTIFICATES["ftp"])

        late = self.serve(late_greeting)
        ports = {late.port: "smtp", self.serve(late_ftp).port: "ftp", self.serve(stream_error).port: "xmpp",
                 self.serve(lambda connection: shake_hands(connection, CERTIFICATES["rdp"])).port: "tls"}
        for protocol in ("smtp", "lmtp", "imap", "pop3", "ftp", "nntp", "sieve", "mysql"):
            def script(connection, protocol=protocol):
                greeting, *others = DIALOGUES[protocol]
                if protocol in ("lmtp", "ftp"):
                    greeting = (f"220 {protocol} ready\r\n".encode(), greeting[1])
                play(connection, [greeting, *others])
                shake_hands(connection, CERTIFICATES[protocol])
            ports[self.serve(script).port] = protocol
        found = {line["port"]: line for line in self.scan(*(f"127.0.0.1:{port}" for port in ports), "--ehlo-name", "greeter.example",
                                                          "--key-types", "first", "--per-host", 0, *LIMITS)}
        for port, protocol in ports.items():
            with self.subTest(protocol=protocol):
                self.assertEqual((found[port]["outcome"], found[port]["protocol"]), ("certificate", protocol), found[port])
                self.assertEqual(found[port]["sha256"], CERTIFICATES["rdp" if protocol == "tls" else protocol].sha256)

    def test_what_else_is_heard_on_such_a_port_is_told(self):
        says = {b"SSH-2.0-OpenSSH_9.2\r\n": "SSH: SSH-2.0-OpenSSH_9.2", b"login: ": "text: login: ", b"\xff\xfd\x18": "Telnet"}
        for bytes_said, detail in says.items():
            with self.subTest(detail=detail):
                def script(connection, bytes_said=bytes_said):
                    connection.sendall(bytes_said)
                    connection.recv(1)
                line = self.scan_one(f"127.0.0.1:{self.serve(script).port}", *LIMITS)
                self.assertEqual((line["outcome"], line["detail"], line["protocol"]), ("not-tls", detail, "tls"), line)

    def test_an_asset_of_such_a_port_is_gone_when_another_protocol_has_taken_its_place(self):
        now = ["pop3"]

        def script(connection):
            play(connection, DIALOGUES[now[0]])
            shake_hands(connection, CERTIFICATES[now[0]])
        target = f"127.0.0.1:{self.serve(script).port}"
        for now[0] in ("pop3", "imap", "imap"):
            self.run_program("scan", target, "--key-types", "first", *LIMITS[:-1])
        states = {asset["endpoint"]: asset["state"]
                  for asset in json.loads(self.run_program("assets", "--state", "all", "--format", "json").stdout)}
        self.assertEqual(states, {f"{target}/pop3": "gone", f"{target}/imap": "live"})

    def test_a_late_greeting_is_waited_for_and_a_late_answer_is_not(self):
        def late_greeting(connection):
            time.sleep(4)
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])

        def greeting_of_two_parts(connection):
            connection.sendall(b"220-mail.example ESMTP\r\n")  # and who talks now is no mail server
            time.sleep(4)
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])

        def late_answer(connection):
            play(connection, DIALOGUES["smtp"][:1])
            time.sleep(4)
        ports = [self.serve(script).port for script in (late_greeting, late_answer, greeting_of_two_parts)]
        lines = {line["port"]: line for line in self.scan(*(f"127.0.0.1:{port}/smtp" for port in ports), "--ehlo-name", "greeter.example",
                                                          "--key-types", "first", *LIMITS)}
        self.assertEqual(lines[ports[0]]["outcome"], "certificate", lines)
        self.assertEqual(lines[ports[1]]["outcome"], "timeout-handshake", lines)
        self.assertEqual(lines[ports[2]]["outcome"], "certificate", lines)
        line = self.scan_one(f"127.0.0.1:{ports[2]}/auto", "--ehlo-name", "greeter.example", "--key-types", "first", *LIMITS)
        self.assertEqual((line["outcome"], line["protocol"]), ("certificate", "smtp"), line)

    def test_silence_after_any_step_ends_in_time(self):
        ports = {}
        for protocol, turns in DIALOGUES.items():
            for step in range(len(turns)):
                def script(connection, turns=turns[:step]):
                    play(connection, turns)
                    while connection.recv(1000):
                        pass
                ports[self.serve(script).port] = f"{protocol}, {step} turns"
        targets = self.folder / "targets"
        targets.write_text("".join(f"127.0.0.1:{port}/{name.split(',')[0]}\n" for port, name in ports.items()))
        lines = {line["port"]: line for line in self.scan("-i", targets, "--ehlo-name", "greeter.example", "--per-host", 0,
                                                          "--connect-timeout", 1, "--answer-timeout", 1, "--timeout", 3, "--no-store")}
        for port, name in ports.items():
            with self.subTest(name):
                self.assertEqual(lines[port]["outcome"], "timeout-handshake", lines[port])

    def test_a_server_that_has_had_enough_after_its_certificate_is_throttled_and_not_lost(self):
        calls = []

        def script(connection):
            calls.append(1)
            if len(calls) > 1:
                connection.sendall(b"421 too many connections\r\n")
                return
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])
        line = self.scan_one(f"127.0.0.1:{self.serve(script).port}/smtp", "--ehlo-name", "greeter.example", *LIMITS)
        self.assertEqual(line["outcome"], "certificate", line)
        self.assertIn("throttled: 421 too many connections", line["detail"])
        self.assertEqual(len(calls), 2)

    def test_a_server_that_has_had_enough_before_its_certificate_loses_no_asset(self):
        says = [None]

        def script(connection):
            if says[0] is not None:
                connection.sendall(says[0])
                connection.recv(100)
                return
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])
        target = f"127.0.0.1:{self.serve(script).port}/smtp"
        words = ("scan", target, "--ehlo-name", "greeter.example", "--key-types", "first", *LIMITS[:-1])
        self.run_program(*words)
        for says[0], state in ((b"421 4.7.0 too many connections\r\n", "live"), (b"554 5.7.1 client host blocked\r\n", "live"),
                               (b"554 no SMTP service here\r\n", "gone")):
            for _ in range(3):
                self.run_program(*words)
            asset, = json.loads(self.run_program("assets", "--state", "all", "--format", "json").stdout)
            self.assertEqual(asset["state"], state)

    def test_a_server_that_closes_before_tls_has_not_said_that_its_other_certificate_is_gone(self):
        certificates = [Certificate(self.folder, "two.example.org", key) for key in ("ec", "rsa")]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for certificate in certificates:
            context.load_cert_chain(certificate.pem, certificate.key)
        calls = []

        def script(connection):
            calls.append(1)
            if len(calls) > 2 and len(calls) % 2 == 0:  # the second one of every scan but the first
                return
            play(connection, DIALOGUES["smtp"])
            context.wrap_socket(connection, server_side=True).close()
        target = f"127.0.0.1:{self.serve(script).port}/smtp"
        for _ in range(4):
            self.run_program("scan", target, "--ehlo-name", "greeter.example", *LIMITS[:-1])
        self.assertEqual(len(calls), 8)
        live = json.loads(self.run_program("assets", "--format", "json").stdout)
        self.assertEqual(sorted(asset["key_type"] for asset in live), ["ecdsa", "rsa"], live)

    def test_tls_without_the_dialogue_and_the_dialogue_without_tls_are_told_apart(self):
        def tls_at_once(connection):
            shake_hands(connection, CERTIFICATES["smtp"])

        def never_tls(connection):
            play(connection, [*DIALOGUES["pop3"], (b"-ERR what is that?\r\n", b"")])
            connection.recv(10000)
        silent = self.scan_one(f"127.0.0.1:{self.serve(tls_at_once).port}/smtp", "--timeout", 3, *LIMITS[:4], "--no-store")
        self.assertEqual(silent["outcome"], "timeout-handshake", silent)
        clear = self.scan_one(f"127.0.0.1:{self.serve(never_tls).port}/pop3", *LIMITS)
        self.assertIn(clear["outcome"], ("not-tls", "reset", "closed", "timeout-handshake"), clear)

