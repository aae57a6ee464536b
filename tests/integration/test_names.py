# SPDX-License-Identifier: Apache-2.0
"""Host names: resolved by the server that --dns names, to all their addresses, and sent as SNI."""
import socket
import struct
import threading

from support import Case, Certificate, tls_server


class DnsServer:
    """Answers A and AAAA from a table on a loopback port; a name that maps to None gets no answer at all."""

    def __init__(self, zone):
        self.zone = zone
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(query)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        question = query[12:at + 5]
        self.asked.append(name)
        if name not in self.zone:
            return query[:2] + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + question
        if self.zone[name] is None:
            return None
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        found = [ip for ip in self.zone[name] if (":" in ip) == (family == socket.AF_INET6)] if family else []
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(packed)) + packed
                           for packed in (socket.inet_pton(family, ip) for ip in found))
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0) + question + records

    def close(self):
        self.socket.close()


class Names(Case):
    def setUp(self):
        super().setUp()
        self.server = tls_server(Certificate(self.folder, "www.example.org"), address="127.0.0.1")
        self.addCleanup(self.server.close)
        self.dns = DnsServer({"www.example.org": ["127.0.0.1", "127.0.0.2"], "both.example.org": ["127.0.0.1", "::1"],
                              "xn--bcher-kva.example": ["127.0.0.1"], "lame.example.org": None,
                              "special.example.org": ["224.0.0.1", "127.0.0.1"]})
        self.addCleanup(self.dns.close)
        self.words = ("-p", f"{self.server.port}/tls", "--dns", self.dns.address)

    def test_a_name_is_scanned_at_all_its_addresses_and_sent(self):
        lines = self.scan("WWW.example.org", *self.words)
        self.assertEqual({line["ip"]: line["outcome"] for line in lines},
                         {"127.0.0.1": "certificate", "127.0.0.2": "refused"})
        self.assertEqual({(line["server_name"], line["host_name"]) for line in lines},
                         {("www.example.org", "www.example.org")})
        self.assertEqual({line["ip"] for line in self.scan("both.example.org", *self.words)}, {"127.0.0.1", "::1"})

    def test_an_internationalised_name_is_asked_for_as_a_labels(self):
        line = self.scan_one("bücher.example", *self.words)
        self.assertEqual((line["outcome"], line["server_name"]), ("certificate", "xn--bcher-kva.example"))

    def test_names_without_address_are_unresolved_each_once_for_each_port(self):
        lines = self.scan("nothing.example.org", "lame.example.org", "127.0.0.1", *self.words)
        outcomes = {line["host_name"]: (line["outcome"], line["ip"]) for line in lines}
        self.assertEqual(outcomes, {"nothing.example.org": ("unresolved", None), "lame.example.org": ("unresolved", None),
                                    None: ("certificate", "127.0.0.1")})

    def test_exclusions_win_whatever_the_dns_says(self):
        lines = self.scan("www.example.org", *self.words, "-x", "127.0.0.2")
        self.assertEqual([line["ip"] for line in lines], ["127.0.0.1"])
        lines = self.scan("127.0.0.1-127.0.0.3", *self.words, "-x", "www.example.org")
        self.assertEqual([line["ip"] for line in lines], ["127.0.0.3"])
        lines = self.scan("special.example.org", *self.words)
        self.assertEqual([line["ip"] for line in lines], ["127.0.0.1"])

    def test_wrong_input_is_refused_before_the_dns_is_asked(self):
        self.run_program("scan", "www.example.org", "10.0.0.0/33", *self.words, status=2)
        self.run_program("scan", "www.example.org", "-p", "443", "--dns", "nowhere", status=2)
        self.run_program("scan", "www.example.org", *self.words, "--dry-run")
        self.assertEqual(self.dns.asked, [])
