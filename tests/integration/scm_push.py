# SPDX-License-Identifier: Apache-2.0
"""The campus and the pretend SCM of the tests that push: what is served there, whose it is, and what has arrived."""
import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

from scm import ScmCase, TestCa, tenant
from support import Certificate, tls_server

CAMPUS = "127.31.1.1"
NAMES = ("a", "b", "lab", "clinic", "stray", "foreign")
BUCKET_SECRET = "not-a-secret-of-a-bucket"


class Issued:
    """A certificate of the test's CA for NAME.university.example."""

    def __init__(self, ca, name):
        self.name = f"{name}.university.example"
        self.pem, self.key = map(Path, ca.issue(self.name, f"subjectAltName=DNS:{self.name}\nbasicConstraints=CA:FALSE"))


class PushCase(ScmCase):
    """A campus of one address: a and b of the University, b at two ports; lab of a department; clinic of the hospital;
    stray of nobody; foreign of an organization that SCM does not know."""

    template = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = PushCase("make_template")
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        maker.make_template()
        cls.template = maker

    def make_template(self):
        self.ca = TestCa(self.folder)
        self.ports = {}
        for owner in ("University", "University/Library", "University Hospital", "Elsewhere"):
            self.run_program("org", "add", owner)
        for name, match, owner in (("lab", "name starts_with lab.", "University/Library"),
                                   ("clinic", "name starts_with clinic.", "University Hospital"),
                                   ("foreign", "name starts_with foreign.", "Elsewhere"),
                                   ("rest", "name in (a.university.example, b.university.example, old.university.example, "
                                            "own.university.example, ca.university.example)", "University")):
            self.run_program("rule", "add", name, "--match", match, "--assign", owner)
        self.certificates = {name: Issued(self.ca, name) for name in NAMES}
        self.certificates["own"] = Certificate(self.folder, "own.university.example",
                                               extra=("-addext", "basicConstraints=critical,CA:FALSE"))
        self.certificates["ca"] = Certificate(self.folder, "ca.university.example")
        self.certificates["b2"] = self.certificates["b"]
        for name, certificate in self.certificates.items():
            server = tls_server(certificate, CAMPUS)
            self.addCleanup(server.close)
            self.ports[name] = server.port
        self.run_program("scan", *(f"{CAMPUS}:{port}" for port in self.ports.values()), "--format", "none", "--key-types",
                         "first")

    def setUp(self):
        super().setUp()
        if self.template is not None:
            self.fresh()
            self.ca, self.ports, self.certificates = self.template.ca, self.template.ports, self.template.certificates

    def fresh(self):
        """The database as it was after the scan."""
        for path in self.folder.glob("certscour.db*"):
            path.unlink()
        shutil.copy(self.template.db, self.db)

    def begin(self, data=None, pull=True, **settings):
        data = data if data is not None else self.tenant()
        self.start(data, tls=self.ca, **settings)
        if pull:
            self.run_program("scm", "pull", "organizations", "certificates")
        self.scm.log()

    def tenant(self):
        data = tenant()
        data["organizations"][1]["sslCertsApiEnabled"] = True
        return data

    def push(self, *words, status=0):
        return self.run_program("scm", "push", "assets", *words, status=status)

    def rows(self, *words):
        return json.loads(self.push(*words, "--format", "json").stdout)

    def undo(self, number, *words, status=0):
        return self.run_program("scm", "undo", number, *words, status=status)

    def calls(self, *methods):
        """What was asked since the last time, as "METHOD PATH"."""
        return [f"{call['method']} {call['url']}" for call in self.scm.log()
                if not methods or call["method"] in methods]

    def imported(self):
        """CN -> (organization, sorted list of (IP, Port, Host or None)) of what was imported."""
        return {c["commonName"].removesuffix(".university.example"): (c["orgId"], sorted(
            (place["details"]["IP"], place["details"]["Port"], place["details"].get("Host"))
            for place in c.get("locations", []))) for c in self.state()["certificates"] if c["requestedVia"] == "Imported"
            and c["id"] > 5000}

    def state(self):
        return self.scm.get("/simulator/state")

    def places(self, *names):
        return sorted((CAMPUS, str(self.ports[name]), None) for name in names)

    def all_there(self):
        self.assertEqual(self.imported(), {
            "a": (100, self.places("a")), "b": (100, self.places("b", "b2")), "lab": (102, self.places("lab")),
            "clinic": (200, self.places("clinic"))})

    def sql(self, query, *values):
        with contextlib.closing(sqlite3.connect(self.db)) as db, db:
            return db.execute(query, values).fetchall()

    def answers(self):
        return json.loads(self.run_program("scm", "log", "--format", "json").stdout)
