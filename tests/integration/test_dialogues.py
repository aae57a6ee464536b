# SPDX-License-Identifier: Apache-2.0
"""Dialogues that lead to TLS, against scripted servers with a real TLS behind them. Nothing has to be installed but the
openssl command."""
import json
import shutil
import ssl
import struct
import tempfile
import threading
import time

from support import Case, Certificate, ScriptedServer

LIMITS = ("--connect-timeout", 2, "--answer-timeout", 2, "--timeout", 8, "--no-store")
MYSQL = b"\x0a8.0.1\0\x01\0\0\0saltsalt\0\xff\xff\x21\x02\0\xff\xc1\x15" + bytes(10) + b"saltsaltsalt\0"
CERTIFICATES = {}

# What a server says, and what it has to have read before it goes on.
DIALOGUES = {
    "smtp": [(b"220-mail.example\r\n220 ESMTP\r\n", b"EHLO greeter.example\r\n"),
             (b"250-mail.example\r\n250-STARTTLS\r\n250 SIZE\r\n", b"STARTTLS\r\n"), (b"220 go\r\n", b"")],
    "lmtp": [(b"220 mail.example\r\n", b"LHLO greeter.example\r\n"), (b"250 STARTTLS\r\n", b"STARTTLS\r\n"), (b"220 go\r\n", b"")],
    "imap": [(b"* OK ready\r\n", b"a1 STARTTLS\r\n"), (b"* CAPABILITY IMAP4\r\na1 OK go\r\n", b"")],
    "pop3": [(b"+OK ready\r\n", b"STLS\r\n"), (b"+OK go\r\n", b"")],
    "ftp": [(b"220 ready\r\n", b"AUTH TLS\r\n"), (b"234 go\r\n", b"")],
    "nntp": [(b"200 ready\r\n", b"STARTTLS\r\n"), (b"382 go\r\n", b"")],
    "sieve": [(b'"IMPLEMENTATION" {3}\r\nOK\n\r\n"STARTTLS"\r\nOK\r\n', b"STARTTLS\r\n"), (b"OK\r\n", b"")],
    "irc": [(b"", b"STARTTLS\r\n"), (b":irc NOTICE * :wait\r\n:irc 670 * :go\r\n", b"")],
    "xmpp": [(b"", b"version='1.0'>"), (b"<?xml version='1.0'?><stream:stream><stream:features><starttls/></stream:features>",
                                       b"xmpp-tls'/>"), (b"<proceed/>", b"")],
    "xmpp-server": [(b"", b"version='1.0'>"), (b"<stream:stream><stream:features><starttls/></stream:features>", b"xmpp-tls'/>"),
                    (b"<proceed/>", b"")],
    "ldap": [(b"", b"1.3.6.1.4.1.1466.20037"), (bytes.fromhex("300c02010178070a010004000400"), b"")],
    "postgres": [(b"", bytes.fromhex("0000000804d2162f")), (b"S", b"")],
    "mysql": [(struct.pack("<I", len(MYSQL)) + MYSQL, bytes(23))],
    "rdp": [(b"", bytes.fromhex("0100080003000000")), (bytes.fromhex("030000130ed000001234000200080002000000"), b"")],
}
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


def read_until(connection, wanted):
    got = b""
    while not got.endswith(wanted):
        piece = connection.recv(1)
        if not piece:
            raise OSError("the client has gone")
        got += piece


def play(connection, turns):
    for says, wanted in turns:
        connection.sendall(says)
        if wanted:
            read_until(connection, wanted)


def shake_hands(connection, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.pem, certificate.key)
    context.wrap_socket(connection, server_side=True).close()


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
                shake_hands(connection, CERTIFICATES[protocol])
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
        line = self.scan_one(f"127.0.0.1:{self.serve(script).port}/pop3", "--key-types", "first", *LIMITS)
        self.assertEqual((line["outcome"], line.get("sha256")), ("certificate", CERTIFICATES["pop3"].sha256), line)

    def test_a_late_greeting_is_waited_for_and_a_late_answer_is_not(self):
        def late_greeting(connection):
            time.sleep(4)
            play(connection, DIALOGUES["smtp"])
            shake_hands(connection, CERTIFICATES["smtp"])

        def late_answer(connection):
            play(connection, DIALOGUES["smtp"][:1])
            time.sleep(4)
        ports = [self.serve(script).port for script in (late_greeting, late_answer)]
        lines = {line["port"]: line for line in self.scan(*(f"127.0.0.1:{port}/smtp" for port in ports), "--ehlo-name", "greeter.example",
                                                          "--key-types", "first", *LIMITS)}
        self.assertEqual(lines[ports[0]]["outcome"], "certificate", lines)
        self.assertEqual(lines[ports[1]]["outcome"], "timeout-handshake", lines)

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

