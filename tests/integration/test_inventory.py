# SPDX-License-Identifier: Apache-2.0
"""`inventory import|list|remove`: a list of managed certificates from a file gives assets a status."""
import contextlib
import hashlib
import json
import resource
import signal
import sqlite3
import ssl
import subprocess
import time
import unittest
from pathlib import Path

from support import PROGRAM, SANITIZED, Case, Certificate, stop, tls_server


class InventoryCase(Case):
    def file(self, name, text):
        path = Path(self.folder) / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def fails(self, part, *words, status=2):
        done = self.run_program("inventory", *words, status=status)
        self.assertIn(part, done.stderr)

    def listed(self):
        done = self.run_program("inventory", "list", "--format", "json")
        return {row["name"]: row for row in json.loads(done.stdout)}

    def served(self, name):
        """Scans a server with a certificate of that name; its DER."""
        certificate = Certificate(self.folder, name)
        server = tls_server(certificate)
        self.addCleanup(server.close)
        self.run_program("scan", f"127.0.0.1:{server.port}")
        return ssl.PEM_cert_to_DER_cert(certificate.pem.read_text())

    def status(self):
        done = self.run_program("assets", "--format", "json", "--columns", "status,scm_id,findings")
        return [row["status"] for row in json.loads(done.stdout)]


class Import(InventoryCase):
    def test_a_list_gives_the_status_and_the_next_one_replaces_it(self):
        der = self.served("www.example.org")
        self.assertEqual(self.status(), ["unknown"])
        sha1 = hashlib.sha1(der).hexdigest()
        self.run_program("inventory", "import", self.file("a.csv", f"thumbprint;cn\n{sha1};www.example.org\n"))
        self.assertEqual(self.status(), ["managed"])
        self.assertEqual(self.listed()["file:list"]["source"], str(Path(self.folder, "a.csv").resolve()))
        self.run_program("inventory", "import", self.file("b.csv", f"sha1,cn\n{'00' * 20},www.example.org\n"))
        self.assertEqual(self.status(), ["unmanaged"])

    def test_a_revoked_one_is_a_finding_where_it_is_served(self):
        der = self.served("www.example.org")
        text = json.dumps([{"sha256": hashlib.sha256(der).hexdigest(), "status": "Revoked"}])
        self.run_program("inventory", "import", self.file("a.json", text))
        done = self.run_program("assets", "--finding", "revoked-but-served", "--format", "json", "--columns", "findings")
        self.assertIn("revoked-but-served", json.loads(done.stdout)[0]["findings"])
        sha256 = hashlib.sha256(der).hexdigest()
        shown = json.loads(self.run_program("cert", "show", sha256, "--format", "json").stdout)
        self.assertIn("revoked-but-served", shown["assets"][0]["findings"])
        self.assertIn("revoked-but-served", self.run_program("cert", "show", sha256).stdout)

    def test_a_list_that_cannot_be_read_changes_nothing(self):
        self.run_program("inventory", "import", self.file("a.csv", "sha256\n" + "ab" * 32 + "\n"))
        self.fails("no column tells which certificate a row is", "import", self.file("b.csv", "a,b\n1,2\n"))
        self.fails("a quote is not closed", "import", self.file("c.csv", 'sha256,cn\n%s,"x' % ("cd" * 32)))
        self.fails("UTF-16", "import", self.file("d.csv", "sha256\n".encode("utf-16")))
        self.fails("No such file", "import", str(Path(self.folder, "missing.csv")))
        self.fails("allowed are letters", "import", self.file("a.csv", "sha256\n"), "--name", "a b")
        self.assertEqual(self.listed()["file:list"]["rows"], 1)

    def test_rows_that_cannot_be_used_are_named_and_counted(self):
        path = self.file("a.csv", "serial,cn,extra\n0E12AB,www.example.org,x\n1.2E+30,a.example,\n")
        done = self.run_program("inventory", "import", path)
        self.assertIn("a.csv:3: the serial number is no hexadecimal number", done.stderr)
        self.assertIn("columns that are not known are left out: extra", done.stderr)
        self.assertIn("1 rows could not be used", done.stdout)

    def test_a_directory_of_certificates_is_one_list(self):
        folder = Path(self.folder, "certificates")
        folder.mkdir()
        self.fails("there is no file in this directory", "import", str(folder))
        one = Certificate(self.folder, "one.example")
        (folder / "one.pem").write_bytes(one.pem.read_bytes())
        two = Certificate(self.folder, "two.example")
        (folder / "two.der").write_bytes(ssl.PEM_cert_to_DER_cert(two.pem.read_text()))
        self.run_program("inventory", "import", str(folder), "--name", "shelf")
        self.assertEqual(self.listed()["file:shelf"]["rows"], 2)
        self.run_program("inventory", "remove", "shelf")
        self.assertEqual(self.listed(), {})
        self.fails("there is no inventory", "remove", "shelf", status=1)

    def test_status_shows_the_age_of_each_list(self):
        self.run_program("org", "add", "University")
        self.assertIn("none yet (certscour scm pull, or inventory import)", self.run_program("status").stdout)
        self.run_program("inventory", "import", self.file("a.csv", "sha256\n" + "ab" * 32 + "\n"), "--name", "weekly")
        self.assertRegex(self.run_program("status").stdout, r"inventory +file:weekly certificates 1, \d+ s old")


class Unmanaged(InventoryCase):
    def rows(self, *words):
        done = self.run_program("report", "unmanaged", "--format", "json", *words)
        return [(row["group"], row["common_name"]) for row in json.loads(done.stdout)], done.stderr

    def test_it_says_loudly_that_there_is_no_inventory_or_an_old_one(self):
        self.served("www.example.org")
        table = self.run_program("report", "unmanaged").stdout
        self.assertTrue(table.startswith("ATTENTION: there is no inventory of managed certificates yet"), table)
        rows, said = self.rows()
        self.assertEqual(rows, [])
        self.assertIn("there is no inventory", said)
        self.run_program("inventory", "import", self.file("a.csv", "sha256\n" + "ab" * 32 + "\n"))
        self.assertNotIn("ATTENTION", self.run_program("report", "unmanaged").stdout)
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.execute("UPDATE inventory SET pulled_at = pulled_at - 30 * 86400")
            db.commit()
        for words in (("--finding", "revoked-but-served"), ("--where", "finding = renewed-not-deployed")):
            self.assertIn("days old", self.run_program("assets", *words).stderr.replace(" d ", " days "))
        self.assertRegex(self.run_program("report", "unmanaged").stdout,
                         "ATTENTION: the inventory of managed certificates is 30 d.* old")

    def test_groups_are_counted_and_rows_follow_in_their_order(self):
        der = self.served("managed.example")
        self.served("www.example.org")
        self.served("idrac-abc1234")
        self.run_program("inventory", "import", self.file("a.der", der))
        rows, said = self.rows()
        self.assertEqual((rows, said), ([("self-signed", "www.example.org"), ("device", "idrac-abc1234")], ""))
        table = self.run_program("report", "unmanaged").stdout
        self.assertRegex(table, r"public CA +0 .*\nprivate CA +0 .*\nself-signed +1 .*\ndevice +1 .*\nunmanaged +2\n")
        self.assertEqual(self.rows("--where", "name = www.example.org")[0], [("self-signed", "www.example.org")])
        done = self.run_program("report", "unmanaged", "--format", "csv", "--columns", "group,common_name")
        self.assertEqual(done.stdout.split(), ["group,common_name", "self-signed,www.example.org", "device,idrac-abc1234"])
        self.assertIn("--where", self.run_program("report", "unmanaged", "--where", "nonsense", status=2).stderr)


class Size(InventoryCase):
    def test_a_large_csv_is_read_in_bounded_memory(self):
        path = Path(self.folder, "large.csv")
        with path.open("w") as file:
            file.write("sha256,cn,issuer,notes\n")
            for n in range(120000):
                file.write(f"{n:064x},c{n}.example,CN=Example CA,{'x' * 400}\n")
        self.run_program("org", "add", "University")  # what any child of ours takes
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.run_program("inventory", "import", path)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertEqual(self.listed()["file:list"]["rows"], 120000)
        if not SANITIZED:
            self.assertLess(used - before, 16 * 1024, "KiB; the file has 60 MB")

    def test_an_interrupted_import_ends_cleanly_and_leaves_the_last_list(self):
        self.run_program("inventory", "import", self.file("a.csv", "sha256\n" + "ab" * 32 + "\n"))
        path = Path(self.folder, "large.csv")
        with path.open("w") as file:
            file.write("sha256,cn\n")
            for n in range(300000):
                file.write(f"{n:064x},c{n}.example\n")
        process = subprocess.Popen([PROGRAM, "inventory", "import", str(path), "--db", str(self.db)], env=self.env, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(stop, process)
        with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as db:
            while process.poll() is None and not db.execute("SELECT 1 FROM inventory_certificate WHERE staged = 1").fetchone():
                time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (1, ""))
        self.assertIn("interrupted; the inventory is as it was", said)
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            self.assertEqual(db.execute("SELECT staged, count(*) FROM inventory_certificate GROUP BY 1").fetchall(), [(0, 1)])
        self.assertEqual(self.listed()["file:list"]["rows"], 1)


if __name__ == "__main__":
    unittest.main()
