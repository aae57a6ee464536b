# SPDX-License-Identifier: Apache-2.0
"""Findings of chains, and what an officer accepts, through the program: a root, an intermediate and leaves made by the
openssl command, served as whole, short, mixed and crowded chains."""
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from support import Case, tls_server

EXTENSIONS = """
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
subjectAltName = DNS:www.example.org
"""


# its key usage is for signing certificates, so no client takes it from a server, trusted or not
BARE_ROOT = {"self-signed", "ca-certificate-as-leaf", "no-san", "untrusted"}


class Authority:
    """A root, an intermediate below it, and a server's certificate below that."""

    def __init__(self, folder):
        self.folder = Path(folder)
        (self.folder / "extensions.cnf").write_text(EXTENSIONS)
        self.make("root", "ca", None)
        self.make("middle", "ca", "root")
        self.make("leaf", "server", "middle")
        self.make("stranger", "ca", None)
        self.make("other", "server", "root", "leaf.example.org")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder)

    def make(self, name, section, issuer, common_name=None):
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr", "-subj", f"/CN={common_name or name + '.example.org'}")
        signer = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"] if issuer else ["-signkey", f"{name}.key"]
        self.openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-out", f"{name}.pem", "-days", "900", "-extfile", "extensions.cnf",
                     "-extensions", section)

    def path(self, name):
        return self.folder / f"{name}.pem"

    def chain(self, *names):
        """The chain in one file, and the key of its first certificate."""
        pem = self.folder / ("-".join(names) + ".chain")
        pem.write_text("".join(self.path(name).read_text() for name in names))
        return SimpleNamespace(pem=pem, key=self.folder / f"{names[0]}.key")


class Chains(Case):
    CASES = (  # chain, findings where the root is trusted, where it is not
        (("leaf", "middle"), set(), {"untrusted", "incomplete-chain"}),
        (("leaf", "middle", "root"), set(), {"untrusted"}),
        (("leaf",), {"untrusted", "incomplete-chain"}, {"untrusted", "incomplete-chain"}),
        (("leaf", "root", "middle"), {"wrongly-ordered-chain"}, {"wrongly-ordered-chain", "untrusted"}),
        (("leaf", "middle", "stranger"), {"extra-certificates"}, {"extra-certificates", "untrusted", "incomplete-chain"}),
        (("root",), BARE_ROOT, BARE_ROOT),
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = Path(tempfile.mkdtemp(prefix="certscour-authority-"))
        unittest.addModuleCleanup(shutil.rmtree, cls.shared)
        cls.authority = Authority(cls.shared)
        cls.endpoints = []
        for number, (names, _, _) in enumerate(cls.CASES, 1):
            server = tls_server(cls.authority.chain(*names), address=f"127.31.0.{number}")
            unittest.addModuleCleanup(server.close)
            cls.endpoints.append(f"127.31.0.{number}:{server.port}")

    def run_ok(self, *words):
        return self.run_program(*words).stdout

    def says(self, named, *words, status):
        self.assertIn(named, self.run_program(*words, status=status).stderr)

    def configure(self, text):
        config = self.folder / "own.conf"
        config.write_text(text)
        return ["--config", str(config)]

    def trusting(self, root="root"):
        return self.configure(f"[trust]\nsystem = none\nroots = {self.authority.path(root)}\n")

    def scan(self, config, *words):
        return self.run_ok("scan", *(f"{endpoint}/tls" for endpoint in self.endpoints), "--rate", "0", "--names-from", "none", *words, *config)

    def found(self, config):
        rows = {row["endpoint"]: set(row["findings"]) for row in json.loads(self.run_ok("assets", "--format", "json", *config))}
        return [rows[endpoint] for endpoint in self.endpoints]

    def test_each_chain_has_its_findings_in_the_list_and_in_the_line_of_the_scan(self):
        config = self.trusting()
        lines = {f"{line['ip']}:{line['port']}": set(line["findings"])
                 for line in map(json.loads, self.scan(config, "--format", "jsonl").splitlines())}
        for endpoint, listed, (names, expected, _) in zip(self.endpoints, self.found(config), self.CASES):
            with self.subTest(chain=names):
                self.assertEqual(listed, expected)
                self.assertEqual(lines[endpoint], expected)

    def test_without_a_store_the_lines_say_the_same(self):
        lines = [json.loads(line) for line in self.scan(self.trusting(), "--no-store", "--format", "jsonl").splitlines()]
        found = {f"{line['ip']}:{line['port']}": set(line["findings"]) for line in lines}
        self.assertEqual([found[endpoint] for endpoint in self.endpoints], [expected for _, expected, _ in self.CASES])

    def test_other_roots_are_asked_again_without_a_scan(self):
        self.scan(self.trusting("stranger"))
        self.assertEqual(self.found(self.trusting("stranger")), [other for _, _, other in self.CASES])
        self.assertEqual(self.found(self.trusting()), [expected for _, expected, _ in self.CASES])
        self.assertIn("6 chains were judged", self.run_ok("roots", "apply", *self.trusting("stranger")))
        self.assertIn(" 0 chains were judged", self.run_ok("roots", "apply", *self.trusting("stranger")))

    def test_a_root_of_ones_own_binds_no_lifetime_and_a_public_one_does(self):
        self.scan(self.trusting())
        self.assertNotIn("lifetime-over-limit", self.found(self.trusting())[0])
        public = self.configure(f"[trust]\nsystem = {self.authority.path('root')}\n")
        self.assertIn("lifetime-over-limit", self.found(public)[0])

    def test_a_file_of_roots_that_is_none_is_named(self):
        empty = self.folder / "empty.pem"
        empty.write_text("nothing\n")
        for setting, named in ((f"roots = {empty}", "no certificate in it"), (f"roots = {self.folder}/none.pem", "none.pem"),
                               (f"system = {empty}", "[trust] system")):
            with self.subTest(setting=setting):
                self.says(named, "scan", "127.0.0.1:1", "--dry-run", *self.configure(f"[trust]\n{setting}\n"), status=2)

    def test_without_any_root_nothing_is_said_of_trust(self):
        config = self.configure("[trust]\nsystem = none\n")
        self.scan(config)
        self.assertEqual(self.found(config)[:4], [set()] * 4)
        self.says("no root certificates", "assets", *config, status=0)

    def accept(self, asset, finding, until="2099-01-31"):
        return self.run_ok("accept", asset, "--finding", finding, "--reason", "known, and waited for", "--until", until)

    def listed(self, config, *words):
        return json.loads(self.run_ok("assets", "--format", "json", *words, *config))

    def test_what_is_accepted_is_silenced_counted_and_can_be_taken_back(self):
        config = self.trusting()
        short, root = self.endpoints[2], self.endpoints[5]
        self.scan(config)
        self.assertIn("for 1 assets", self.accept(short, "Untrusted"))
        row, = [row for row in self.listed(config) if row["endpoint"] == short]
        self.assertEqual((row["findings"], row["accepted"], row["accepted_until"]),
                         (["incomplete-chain", "half-done-roll-out"][:len(row["findings"])], ["untrusted"], "2099-01-31T00:00:00Z"))
        self.assertEqual([row["endpoint"] for row in self.listed(config, "--finding", "untrusted")], [root])
        self.assertNotIn(root, [row["endpoint"] for row in self.listed(config, "--where", "not finding = untrusted")])
        self.assertIn("1 accepted findings are not told of", self.run_program("assets", *config).stderr)
        entry, = json.loads(self.run_ok("accept", "list", "--format", "json"))
        self.assertEqual((entry["asset"], entry["finding"], entry["reason"]), (short, "untrusted", "known, and waited for"))
        self.run_ok("accept", "remove", short, "--finding", "untrusted")
        self.assertEqual([row["endpoint"] for row in self.listed(config, "--finding", "untrusted")], [short, root])
        self.says("nothing such is accepted", "accept", "remove", short, status=1)

    def test_a_certificate_is_accepted_wherever_it_is_served(self):
        config = self.trusting("stranger")
        self.scan(config)
        sha256 = self.listed(config)[0]["sha256"]
        self.assertIn("for 5 assets", self.accept(sha256, "untrusted"))
        self.assertEqual([row["endpoint"] for row in self.listed(config, "--finding", "untrusted")], [self.endpoints[5]])

    def test_a_finding_of_the_estate_is_silenced_in_list_and_filter(self):
        config = self.trusting()
        other = tls_server(self.authority.chain("other"), address="127.31.0.7")
        self.addCleanup(other.close)
        self.scan(config, f"127.31.0.7:{other.port}/tls")
        found = [row["endpoint"] for row in self.listed(config, "--finding", "half-done-roll-out")]
        self.assertEqual(found, [*self.endpoints[:5], f"127.31.0.7:{other.port}"])
        self.accept(found[0], "half-done-roll-out")
        self.assertEqual([row["endpoint"] for row in self.listed(config, "--finding", "half-done-roll-out")], found[1:])
        self.assertIn(found[0], [row["endpoint"] for row in self.listed(config, "--where", "not finding = half-done-roll-out")])
        self.assertEqual(self.listed(config)[0]["accepted"], ["half-done-roll-out"])

    def test_wrong_acceptances_are_refused(self):
        config = self.trusting()
        self.scan(config)
        whole = {"--finding": "untrusted", "--reason": "x", "--until": "2099-01-31"}
        for option, value, named in (("--finding", "ugly", "certscour findings"), ("--until", "2001-01-01", "in the past"),
                                     ("--until", "soon", "expected a date"), ("--reason", "", "--reason")):
            words = [word for pair in {**whole, option: value}.items() for word in pair]
            with self.subTest(option=option, value=value):
                self.says(named, "accept", self.endpoints[0], *words, status=2)
        for option in whole:
            words = [word for pair in whole.items() for word in pair if pair[0] != option]
            with self.subTest(missing=option):
                self.says(option, "accept", self.endpoints[0], *words, status=2)
        words = [word for pair in whole.items() for word in pair]
        self.says("no asset is known there", "accept", "192.0.2.1:443", *words, status=1)


if __name__ == "__main__":
    unittest.main()
