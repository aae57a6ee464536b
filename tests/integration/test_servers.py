# SPDX-License-Identifier: Apache-2.0
"""Real servers show the certificates they were given; hostile ones end on time with the outcome they deserve."""
import socket
import struct
import subprocess
import time

from support import Case, Certificate, ScriptedServer, free_port, need, stop, wait_for_port

SHORT = ("--connect-timeout", 1, "--answer-timeout", 1, "--timeout", 3)


class Nginx(Case):
    def setUp(self):
        super().setUp()
        self.nginx = need("nginx")
        self.port = free_port()
        self.old_port = free_port()
        self.new_port = free_port()
        names = ["www.example.org", "mail.example.org", "shop.example.org"]
        self.hosts = {name: Certificate(self.folder, name, key) for name, key in zip(names, ("ec", "rsa", "ec"))}
        self.dual = Certificate(self.folder, "www.example.org", "rsa")
        servers = "".join(self.server(self.port, name, [cert], "TLSv1.2 TLSv1.3",
                                      "default_server" if name == names[0] else "")
                          for name, cert in self.hosts.items())
        servers += self.server(self.old_port, "old", [self.dual], "TLSv1.2")
        servers += self.server(self.new_port, "new", [self.hosts["www.example.org"]], "TLSv1.3")
        config = self.folder / "nginx.conf"
        config.write_text(f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 1;"
                          "events { worker_connections 512; }"
                          f"http {{ access_log off; client_body_temp_path {self.folder}/t1;"
                          f"proxy_temp_path {self.folder}/t2; fastcgi_temp_path {self.folder}/t3;"
                          f"uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5; {servers} }}")
        process = subprocess.Popen([self.nginx, "-c", config, "-p", self.folder], stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        wait_for_port("127.0.0.1", self.port)

    @staticmethod
    def end(process):
        process.terminate()
        process.communicate(timeout=20)

    @staticmethod
    def server(port, name, certificates, versions, default=""):
        files = "".join(f"ssl_certificate {c.pem}; ssl_certificate_key {c.key};" for c in certificates)
        return (f"server {{ listen 127.0.0.1:{port} ssl {default}; server_name {name}; {files}"
                f"ssl_protocols {versions}; return 204; }}")

    def test_each_name_based_host_shows_its_own_certificate(self):
        for name, certificate in self.hosts.items():
            line = self.scan_one("127.0.0.1", "-p", f"{self.port}/tls", "--sni", name)
            self.assertEqual((line["outcome"], line["sha256"], line["server_name"]),
                             ("certificate", certificate.sha256, name))
            self.assertEqual(line["common_name"], name)
        assets = self.run_program("assets", "--format", "jsonl", "--columns", "endpoint").stdout
        self.assertIn(f"127.0.0.1:{self.port}#mail.example.org", assets)

    def test_a_bare_address_shows_the_default_host(self):
        line = self.scan_one("127.0.0.1", "-p", f"{self.port}/tls")
        self.assertEqual((line["sha256"], line["server_name"]), (self.hosts["www.example.org"].sha256, None))

    def test_names_from_a_file_are_sent_beside_the_bare_probe(self):
        names = self.folder / "names"
        names.write_text("127.0.0.1 mail.example.org\n127.0.0.1 shop.example.org # the third\n")
        lines = self.scan("127.0.0.1", "-p", f"{self.port}/tls", "--names", names)
        self.assertEqual({line["server_name"]: line["sha256"] for line in lines},
                         {None: self.hosts["www.example.org"].sha256,
                          "mail.example.org": self.hosts["mail.example.org"].sha256,
                          "shop.example.org": self.hosts["shop.example.org"].sha256})

    def test_tls_1_2_and_1_3_and_both_key_types_are_read(self):
        old = self.scan_one("127.0.0.1", "-p", f"{self.old_port}/tls")
        new = self.scan_one("127.0.0.1", "-p", f"{self.new_port}/tls")
        self.assertEqual((old["tls_version"], old["key_type"], old["key_bits"], old["sha256"]),
                         ("TLSv1.2", "rsa", 2048, self.dual.sha256))
        self.assertEqual((new["tls_version"], new["key_type"], new["key_bits"]), ("TLSv1.3", "ecdsa", 256))


class OpensslServer(Case):
    def serve(self, certificate, *words):
        port = free_port()
        process = subprocess.Popen([need("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                                    certificate.pem, "-key", certificate.key, "-quiet", *words],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(stop, process)
        wait_for_port("127.0.0.1", port)
        return port

    def assert_shown(self, certificate, port, version, **options):
        line = self.scan_one("127.0.0.1", "-p", f"{port}/tls", **options)
        self.assertEqual((line["outcome"], line.get("sha256"), line.get("tls_version")),
                         ("certificate", certificate.sha256, version), line)

    def test_a_demanded_client_certificate_loses_nothing(self):
        certificate = Certificate(self.folder, "strict.example.org")
        self.assert_shown(certificate, self.serve(certificate, "-Verify", "2", "-verify_return_error"), "TLSv1.3")
        self.assert_shown(certificate, self.serve(certificate, "-Verify", "2", "-tls1_2"), "TLSv1.2")

    def test_a_server_with_rsa_key_exchange_alone_is_read(self):
        certificate = Certificate(self.folder, "kx.example.org", "rsa")
        self.assert_shown(certificate, self.serve(certificate, "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"),
                          "TLSv1.2")

    def test_a_tls_1_0_server_with_a_short_key_is_read_under_a_hostile_system_policy(self):
        certificate = Certificate(self.folder, "ancient.example.org", "rsa", bits=1024)
        port = self.serve(certificate, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
        self.assert_shown(certificate, port, "TLSv1")
        policy = self.folder / "openssl.cnf"
        policy.write_text("openssl_conf = init\n[init]\nproviders = provs\nssl_conf = ssl\n[provs]\ndefault = off\n"
                          "[off]\nactivate = 0\n[ssl]\nsystem_default = policy\n[policy]\nMinProtocol = TLSv1.3\n"
                          "CipherString = DEFAULT:@SECLEVEL=5\nSignatureAlgorithms = ed25519\nGroups = X448\n")
        self.assert_shown(certificate, port, "TLSv1", env={"OPENSSL_CONF": str(policy)})

    def test_a_list_of_wrong_names_is_not_confused_with_a_right_one(self):
        certificate = Certificate(self.folder, "right.example.org")
        other = Certificate(self.folder, "wrong.example.org")
        line = self.scan_one("127.0.0.1", "-p", f"{self.serve(certificate)}/tls")
        self.assertNotEqual(line["sha256"], other.sha256)


def record(kind, body):
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def handshake(kind, body):
    return record(22, bytes([kind]) + struct.pack(">I", len(body))[1:] + body)


SERVER_HELLO = handshake(2, b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x2f" + b"\x00" + b"\x00\x05\xff\x01\x00\x01\x00")


def after_hello(*parts):
    def script(connection):
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)
        connection.recv(65536)
        time.sleep(10)
    return script


def certificate_list(*certificates):
    entries = b"".join(struct.pack(">I", len(c))[1:] + c for c in certificates)
    return handshake(11, struct.pack(">I", len(entries))[1:] + entries)


class HostileServers(Case):
    def outcome(self, script):
        server = ScriptedServer(script)
        self.addCleanup(server.close)
        began = time.monotonic()
        line = self.scan_one("127.0.0.1", "-p", f"{server.port}/tls", *SHORT)
        self.assertLess(time.monotonic() - began, 20)
        return line

    def assert_outcome(self, script, outcome, detail=None):
        line = self.outcome(script)
        self.assertEqual(line["outcome"], outcome, line)
        if detail is not None:
            self.assertIn(detail, line["detail"] or "")
        return line

    def test_silence_ends_with_the_answer_time_out(self):
        self.assert_outcome(lambda c: time.sleep(30), "timeout-handshake", "silent")

    def test_a_close_is_told_from_a_reset(self):
        self.assert_outcome(lambda c: c.recv(65536), "closed", "no server name was sent")

        def reset(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assert_outcome(reset, "reset")

    def test_other_protocols_are_named(self):
        self.assert_outcome(after_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not-tls", "HTTP")
        self.assert_outcome(lambda c: c.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "not-tls", "SSH")
        self.assert_outcome(lambda c: c.sendall(b"220 mail.example.org ESMTP\r\n"), "not-tls", "220")

    def test_endless_garbage_and_endless_tls_both_end(self):
        def endless(piece):
            def script(connection):
                connection.recv(65536)
                while True:
                    connection.sendall(piece)
            return script
        self.assert_outcome(endless(b"\xff" * 4096), "not-tls")
        self.assert_outcome(endless(record(22, b"\x00\x00\x00\x00" * 3000)), "too-large")
        big = handshake(2, b"\x03\x03")[:5] + b"\x0b\xff\xff\xff" + bytes(100)
        line = self.outcome(endless(big))
        self.assertIn(line["outcome"], ("malformed", "too-large"))

    def test_one_byte_a_second_ends_with_the_whole_time(self):
        def drip(connection):
            connection.recv(65536)
            for byte in SERVER_HELLO + certificate_list(b"x" * 2000):
                connection.sendall(bytes([byte]))
                time.sleep(0.5)
        self.assert_outcome(drip, "timeout-handshake")

    def test_lengths_that_lie_are_malformed(self):
        lying = handshake(11, b"\x00\xff\xff" + b"\x00\x00\x04abcd")
        self.assert_outcome(after_hello(SERVER_HELLO, lying), "malformed")
        self.assert_outcome(after_hello(SERVER_HELLO, certificate_list()), "malformed", "empty")

    def test_garbage_der_is_a_certificate_with_the_finding_malformed(self):
        line = self.assert_outcome(after_hello(SERVER_HELLO, certificate_list(b"no certificate at all")), "certificate")
        self.assertEqual((line["findings"], line["common_name"], line["dns_names"]), (["malformed"], None, None))
        stored = self.run_program("assets", "--finding", "malformed", "--format", "jsonl").stdout.splitlines()
        self.assertEqual(len(stored), 1)

    def test_alerts_are_named(self):
        alert = self.assert_outcome(after_hello(record(21, b"\x02\x70")), "tls-alert", "unrecognized_name")
        self.assertIn("no server name was sent", alert["detail"])
        self.assert_outcome(after_hello(record(21, b"\x02\x28")), "tls-alert", "handshake_failure")

    def test_more_than_a_hundred_certificates_are_too_many(self):
        self.assert_outcome(after_hello(SERVER_HELLO, certificate_list(*[b"x"] * 101)), "too-large")
        self.assert_outcome(after_hello(SERVER_HELLO, certificate_list(*[b"x"] * 100)), "certificate")

    def test_a_refused_connection_is_an_outcome(self):
        line = self.scan_one("127.0.0.1", "-p", f"{free_port()}/tls", *SHORT)
        self.assertEqual(line["outcome"], "refused")
