# SPDX-License-Identifier: Apache-2.0
"""Servers that choke on a modern hello, SSL 3.0, and how many connections a target costs.

The servers are scripted and check each hello they get; nothing has to be installed but the openssl command. Real
servers, one with SSL 3.0 among them, are in test_lanes.py."""
import itertools
import shutil
import ssl
import tempfile

import wire
from support import Case, Certificate, ScriptedServer

RSA_SHA = 0x002F, 0x0035, 0x000A, 0x0005  # suites of TLS_RSA_WITH_ ... _SHA that a server of 2001 has
ECDSA_SUITES = 0xC009, 0xC00A, 0xC02B, 0xC02C
X448 = 30
SHORT = ("--connect-timeout", 2, "--answer-timeout", 2, "--timeout", 15, "--no-store")
ADDRESSES = (f"127.78.{number // 250}.{number % 250 + 1}" for number in itertools.count())
CERTIFICATES = {}


def setUpModule():
    folder = tempfile.mkdtemp(prefix="certscour-it-")
    CERTIFICATES["folder"] = folder
    for key in ("rsa", "ec"):
        CERTIFICATES[key] = Certificate(folder, "old.example.org", key)


def tearDownModule():
    shutil.rmtree(CERTIFICATES["folder"], ignore_errors=True)


def der(key):
    return ssl.PEM_cert_to_DER_cert(CERTIFICATES[key].pem.read_text())


def is_small(hello):
    return (hello.record_version == wire.TLS10 and hello.version == wire.TLS10
            and set(hello.extensions) <= {wire.SERVER_NAME} and not hello.session_id)


# What a server may do with a hello: each takes the connection and the hello, and returns what is sent, if anything.

def answer(version, suites=RSA_SHA, key="rsa"):
    def act(connection, hello):
        suite = next((suite for suite in hello.suites if suite in suites), None)
        if suite is None or hello.version < version:
            return wire.alert(wire.HANDSHAKE_FAILURE)
        return wire.flight(version, suite, [der(key)])
    return act


def refuse(description):
    return lambda connection, hello: wire.alert(description)


def close(connection, hello):
    return None


def reset(connection, hello):
    wire.reset(connection)


def stay_silent(connection, hello):
    connection.recv(1)  # ends when the client goes away


def choke(how, then=answer(wire.TLS10)):
    """Understands the hellos of its time alone."""
    return lambda connection, hello: (then if is_small(hello) else how)(connection, hello)


def speak_sslv3(connection, hello):
    """The version is the lower one of both: RFC 6101, 5.6.1.2."""
    return answer(wire.SSL3)(connection, hello)


def two_keys(connection, hello):
    """Prefers ECDSA, as far as it is offered."""
    has_ecdsa = any(suite in ECDSA_SUITES for suite in hello.suites)
    return answer(wire.TLS12, ECDSA_SUITES if has_ecdsa else RSA_SHA, "ec" if has_ecdsa else "rsa")(connection, hello)


def only_for_libssl(connection, hello):
    """X448 is in the hello of the full lane alone."""
    return answer(wire.TLS12)(connection, hello) if X448 in hello.groups else wire.alert(wire.HANDSHAKE_FAILURE)


def close_on_status_request(connection, hello):
    """As wolfSSL with a chain it does not trust itself; it has nothing below TLS 1.2."""
    if is_small(hello):
        return wire.alert(wire.PROTOCOL_VERSION)
    return None if wire.STATUS_REQUEST in hello.extensions else answer(wire.TLS12)(connection, hello)


def two_keys_of_one_authority(connection, hello):
    """As Java: RSA signed both chains, so the client has to take that within a chain (RFC 8446, 4.2.3). Prefers RSA."""
    if wire.RSA_PKCS1_SHA256 not in hello.chain_signatures:
        return wire.alert(wire.HANDSHAKE_FAILURE)
    has_rsa = any(suite in RSA_SHA for suite in hello.suites)
    return answer(wire.TLS12, RSA_SHA if has_rsa else ECDSA_SUITES, "rsa" if has_rsa else "ec")(connection, hello)


class Counting(ScriptedServer):
    """Keeps the hellos; one that is not well formed is a `fault`."""

    def __init__(self, act, port=0):
        self.act = act
        self.hellos = []
        self.faults = []
        super().__init__(self.talk_tls, next(ADDRESSES), port)
        self.address = self.listener.getsockname()[0]

    def talk_tls(self, connection):
        connection.settimeout(20)
        try:
            hello = wire.receive_hello(connection)
        except (ValueError, IndexError) as error:
            self.faults.append(error)
            return
        if hello is None:
            return
        self.hellos.append(hello)
        sent = self.act(connection, hello)
        if sent:
            connection.sendall(sent)
            connection.recv(1)


class Scripted(Case):
    def serve(self, act, port=0):
        server = Counting(act, port)
        self.addCleanup(server.close)
        return server

    def ask(self, server, *words):
        lines = self.scan(f"{server.address}:{server.port}/tls", *SHORT, *words)
        self.assertEqual(server.faults, [])
        self.assertLessEqual(server.accepted, 4)
        return lines

    def assert_found(self, server, *words, version="TLSv1", lane="direct", keys=("rsa",)):
        lines = self.ask(server, *words)
        seen = [(line["outcome"], line.get("tls_version"), line.get("lane"), line.get("sha256")) for line in lines]
        should = [("certificate", version, lane, CERTIFICATES[key].sha256) for key in keys]
        self.assertEqual(sorted(seen, key=repr), sorted(should), lines)

    def assert_not_found(self, server, outcome, detail, *words):
        line, = self.ask(server, *words)
        self.assertEqual(line["outcome"], outcome, line)
        self.assertIn(detail, line["detail"] or "")


class Ssl3(Scripted):
    def test_a_server_that_answers_a_modern_hello_in_ssl_3_0_is_read_from_that_answer(self):
        for lane in ("direct", "auto"):
            server = self.serve(speak_sslv3)
            self.assert_found(server, "--lane", lane, "--key-types", "first", version="SSLv3")
            self.assertEqual(server.accepted, 1)

    def test_a_server_of_its_time_is_read_with_the_small_hello(self):
        for how in (close, reset, refuse(wire.DECODE_ERROR)):
            server = self.serve(choke(how, speak_sslv3))
            self.assert_found(server, "--key-types", "first", version="SSLv3")
            self.assertEqual([is_small(hello) for hello in server.hellos], [False, True])

    def test_libssl_alone_has_no_such_version_and_says_so(self):
        server = self.serve(speak_sslv3)
        self.assert_not_found(server, "tls-alert", "protocol_version (ours", "--lane", "full")
        self.assertEqual(server.accepted, 1)


class Choking(Scripted):
    def test_whatever_it_does_to_a_modern_hello_the_small_one_is_answered(self):
        alerts = wire.HANDSHAKE_FAILURE, wire.DECODE_ERROR, wire.PROTOCOL_VERSION, wire.INTERNAL_ERROR
        for number, how in enumerate((close, reset, *map(refuse, alerts))):
            for lane in ("direct", "auto"):
                with self.subTest(number=number, lane=lane):
                    server = self.serve(choke(how))
                    self.assert_found(server, "--lane", lane, "--key-types", "first")
                    self.assertEqual([is_small(hello) for hello in server.hellos], [False, True])

    def test_libssl_alone_has_one_hello_and_ends_with_what_it_got(self):
        server = self.serve(choke(reset))
        self.assert_not_found(server, "reset", "no server name was sent", "--lane", "full")
        self.assertEqual(server.accepted, 1)

    def test_the_small_hello_is_small_and_offers_what_such_servers_have(self):
        server = self.serve(choke(close))
        self.ask(server, "--key-types", "first")
        modern, small = server.hellos
        self.assertEqual((small.extensions, small.compressions), ({}, [0]))
        self.assertLess(small.size, 256)
        for suite in (0x0004, 0x0005, 0x000A, 0x002F, 0x0035, 0x0009, 0x0003):  # RC4, 3DES, AES, DES, exported RC4
            self.assertIn(suite, small.suites)
        self.assertEqual((modern.record_version, modern.version), (wire.TLS10, wire.TLS12))
        self.assertFalse(256 <= modern.size - 5 < 512, modern.size)
        self.assertEqual(wire.Cursor(modern.extensions[wire.SUPPORTED_VERSIONS]).numbers(1)[0], wire.TLS13)

    def test_the_small_hello_keeps_the_name(self):
        server = self.serve(choke(close))
        self.assert_found(server, "--key-types", "first", "--sni", "old.example.org")
        self.assertEqual([hello.server_name for hello in server.hellos], ["old.example.org"] * 2)

    def test_silence_is_tried_again_where_tls_is_usual(self):
        server = self.serve(choke(stay_silent), port=8443)
        self.assert_found(server, "--key-types", "first")
        self.assertEqual(server.accepted, 2)

    def test_silence_elsewhere_is_not_worth_a_second_connection(self):
        server = self.serve(choke(stay_silent))
        self.assert_not_found(server, "timeout-handshake", "silent")
        self.assertEqual(server.accepted, 1)


class Connections(Scripted):
    """What a target costs, by what its server does."""

    def assert_costs(self, connections, act, *words, keys=("rsa",), version="TLSv1.2", lane="direct"):
        server = self.serve(act)
        self.assert_found(server, *words, keys=keys, version=version, lane=lane)
        self.assertEqual(server.accepted, connections)

    def assert_refusal_costs(self, connections, act, outcome, *words, port=0):
        server = self.serve(act, port)
        self.assert_not_found(server, outcome, "", *words)
        self.assertEqual(server.accepted, connections)

    def test_an_answer_costs_one_and_two_when_both_keys_are_asked_for(self):
        for lane in ("direct", "full"):
            self.assert_costs(1, answer(wire.TLS12), "--lane", lane, "--key-types", "first", lane=lane)
            self.assert_costs(2, answer(wire.TLS12), "--lane", lane, lane=lane)

    def test_a_server_that_closes_on_a_status_request_and_is_no_old_one_is_read(self):
        server = self.serve(close_on_status_request)
        line, = self.ask(server, "--key-types", "first")
        self.assertEqual((line["outcome"], line.get("sha256")), ("certificate", CERTIFICATES["rsa"].sha256), line)

    def test_the_other_key_is_found_whatever_signed_its_chain(self):
        self.assert_costs(2, two_keys_of_one_authority, "--lane", "direct", keys=("ec", "rsa"))

    def test_two_keys_cost_two_and_one_of_them_costs_one(self):
        for lane in ("direct", "full"):
            self.assert_costs(2, two_keys, "--lane", lane, keys=("ec", "rsa"), lane=lane)
            self.assert_costs(1, two_keys, "--lane", lane, "--key-types", "first", keys=("ec",), lane=lane)

    def test_the_other_key_loses_nothing_however_it_is_refused(self):
        for refusal in (close, reset, refuse(wire.HANDSHAKE_FAILURE), stay_silent):
            state = itertools.count()

            def act(connection, hello):
                return (answer(wire.TLS12) if next(state) == 0 else refusal)(connection, hello)
            self.assert_costs(2, act)

    def test_the_same_leaf_again_is_shown_once(self):
        def heedless(connection, hello):
            return wire.flight(wire.TLS12, 0x002F, [der("rsa")])
        for lane in ("direct", "full"):
            self.assert_costs(2, heedless, "--lane", lane, lane=lane)

    def test_a_server_of_the_past_costs_two_and_three_with_both_keys(self):
        self.assert_costs(2, choke(close), "--key-types", "first", version="TLSv1")
        self.assert_costs(3, choke(close), version="TLSv1")

    def test_a_server_for_libssl_alone_costs_three_and_four_with_both_keys(self):
        self.assert_costs(3, only_for_libssl, "--key-types", "first", lane="full")
        self.assert_costs(4, only_for_libssl, lane="full")
        self.assert_refusal_costs(2, only_for_libssl, "tls-alert", "--lane", "direct")

    def test_who_refuses_all_is_left_alone_after_two_or_three(self):
        for lane in ("auto", "direct"):
            self.assert_refusal_costs(2, close, "closed", "--lane", lane)
            self.assert_refusal_costs(2, reset, "reset", "--lane", lane)
            self.assert_refusal_costs(2, refuse(wire.UNRECOGNIZED_NAME), "tls-alert", "--lane", lane)
            self.assert_refusal_costs(1, stay_silent, "timeout-handshake", "--lane", lane)
        self.assert_refusal_costs(3, refuse(wire.HANDSHAKE_FAILURE), "tls-alert")
        self.assert_refusal_costs(2, refuse(wire.HANDSHAKE_FAILURE), "tls-alert", "--lane", "direct")
        self.assert_refusal_costs(2, stay_silent, "timeout-handshake", port=8443)
        for act in (close, reset, refuse(wire.HANDSHAKE_FAILURE), stay_silent):
            self.assert_refusal_costs(1, act, {close: "closed", reset: "reset", stay_silent: "timeout-handshake"}
                                      .get(act, "tls-alert"), "--lane", "full")

    def test_another_protocol_is_not_asked_twice(self):
        server = self.serve(lambda connection, hello: b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.assert_not_found(server, "not-tls", "HTTP")
        self.assertEqual(server.accepted, 1)
