# SPDX-License-Identifier: Apache-2.0
"""Every protocol that leads to TLS against Debian's own servers at their usual ports, with TLS (127.31.1.0/24) and
without (127.31.2.0/24), all at once. SQL Server is none of Debian's and has a scripted server."""
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import starttls_servers
from dialogues import DIALOGUES, play, shake_hands_in_tds
from starttls_servers import DOMAIN, KINDS, PORTS, is_installed

from support import Case, Certificate, ScriptedServer, need

# What a server without TLS says to it. Where it has no words for that, it ends by the time limit.
WITHOUT_TLS = {
    "smtp": ("starttls-refused", "STARTTLS is not offered"), "imap": ("starttls-refused", "a1 BAD TLS support isn't enabled."),
    "pop3": ("starttls-refused", "-ERR TLS support isn't enabled."), "lmtp": ("starttls-refused", "STARTTLS is not offered"),
    "sieve": ("starttls-refused", "STARTTLS is not offered"), "ftp": ("starttls-refused", "530 Please login with USER and PASS."),
    "ldap": ("starttls-refused", "protocolError (2)"), "postgres": ("starttls-refused", "TLS is not offered"),
    "mysql": ("starttls-refused", "TLS is not offered"), "xmpp": ("starttls-refused", "stream error"),
    "xmpp-server": ("starttls-refused", "STARTTLS is not offered"), "nntp": ("starttls-refused", "580 Error initializing TLS"),
    "rdp": ("starttls-refused", "standard RDP security only"), "irc": ("timeout-handshake", "silent"),
}
THAT_GREET = {"smtp", "imap", "pop3", "lmtp", "sieve", "ftp", "mysql", "nntp"}
FLEET = {}


def setUpModule():
    if os.geteuid() != 0:
        raise unittest.SkipTest("left out: these servers are started by root, for they give up rights that a user has not")
    folder = Path(tempfile.mkdtemp(prefix="certscour-it-"))
    folder.chmod(0o755)  # servers read it under accounts of their own
    FLEET["folder"] = folder
    FLEET["sites"] = []
    try:
        for number, kind in enumerate(filter(is_installed, KINDS), 1):
            FLEET["sites"].append(starttls_servers.start(kind, folder, f"127.31.1.{number}", True))
            FLEET["sites"].append(starttls_servers.start(kind, folder, f"127.31.2.{number}", False))
        for site in FLEET["sites"]:
            site.wait()
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    for site in FLEET.get("sites", ()):
        site.stop()
    if "folder" in FLEET:
        shutil.rmtree(FLEET["folder"], ignore_errors=True)


class StartTls(Case):
    def sites(self, *, with_tls):
        return [site for site in FLEET["sites"] if bool(site.certificate) == with_tls]

    def scan_all(self, *words):
        """What was found, by address and port."""
        return {(line["ip"], line["port"]): line
                for line in self.scan(*words, "--ehlo-name", "scanner.example.org", "--outcomes", "--rate", 0, "--no-store")}

    def assert_shown(self, line, certificate, protocol):
        self.assertEqual((line["outcome"], line.get("sha256"), line["protocol"]), ("certificate", certificate.sha256, protocol), line)
        self.assertNotIn("starttls-injection", line["findings"])

    def test_all_servers_are_there(self):
        for kind, (protocols, program) in KINDS.items():
            with self.subTest(protocols=protocols):
                if not is_installed(kind):
                    need(program or "postgres")

    def test_one_deep_scan_finds_each_certificate(self):
        certificate = Certificate(self.folder, "sql.example.org")

        def sql_server(connection):
            play(connection, DIALOGUES["tds"])
            shake_hands_in_tds(connection, certificate)
        server = ScriptedServer(sql_server, "127.31.1.200", 1433)
        self.addCleanup(server.close)
        for lane in ("direct", "full"):
            found = self.scan_all("127.31.1.0/24", "-p", "deep", "--sni", DOMAIN, "--key-types", "first", "--lane", lane)
            shown = {place for place, line in found.items() if line["outcome"] == "certificate"}
            expected = {("127.31.1.200", 1433)}
            self.assert_shown(found["127.31.1.200", 1433], certificate, "tds")
            for site in self.sites(with_tls=True):
                for protocol in site.protocols:
                    with self.subTest(server=site.kind, protocol=protocol, lane=lane):
                        self.assert_shown(found[site.address, PORTS[protocol]], site.certificate, protocol)
                        self.assertEqual(found[site.address, PORTS[protocol]]["lane"], lane)
                        expected.add((site.address, PORTS[protocol]))
            self.assertEqual(shown, expected)

    def test_without_tls_none_is_shown_and_it_is_told_why(self):
        found = self.scan_all("127.31.2.0/24", "-p", "deep", "--sni", DOMAIN, "--answer-timeout", 3)
        self.assertEqual([line for line in found.values() if line["outcome"] == "certificate"], [])
        for site in self.sites(with_tls=False):
            for protocol in site.protocols:
                with self.subTest(server=site.kind, protocol=protocol):
                    line = found[site.address, PORTS[protocol]]
                    outcome, detail = WITHOUT_TLS[protocol]
                    self.assertEqual(line["outcome"], outcome, line)
                    self.assertIn(detail, line["detail"])

    def test_those_that_greet_are_known_on_any_port(self):
        for site in self.sites(with_tls=True):
            for protocol in THAT_GREET.intersection(site.protocols):
                with self.subTest(server=site.kind, protocol=protocol):
                    line = self.scan_one(f"{site.address}:{PORTS[protocol]}/auto", "--key-types", "first", "--no-store")
                    self.assert_shown(line, site.certificate, protocol)

    def test_a_stream_for_a_domain_that_is_not_served_is_refused(self):
        if not is_installed(starttls_servers.prosody):
            need("prosody")
        site, = (site for site in self.sites(with_tls=True) if site.kind == "prosody")
        line = self.scan_one(f"{site.address}:{PORTS['xmpp']}", "--sni", "elsewhere.example.net", "--no-store")
        self.assertEqual(line["outcome"], "starttls-refused", line)
        self.assertIn("host-unknown", line["detail"])
