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

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder)

    def make(self, name, section, issuer):
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr", "-subj", f"/CN={name}.example.org")
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


if __name__ == "__main__":
    unittest.main()
