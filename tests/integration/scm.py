# SPDX-License-Identifier: Apache-2.0
"""The pretend SCM of contrib/scm-simulator as the tests use it, and a small CA for it."""
import copy
import json
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support import BUILD, Case, stop

TENANT = Path(__file__).resolve().parents[2] / "contrib" / "scm-simulator" / "tenant.json"
TOKEN_PATH = "/auth/realms/apiclients/protocol/openid-connect/token"
LOGIN = {"login": "certscour", "password": "not-a-secret", "customerUri": "university"}


def tenant():
    return copy.deepcopy(json.loads(TENANT.read_text()))


class Simulator:
    """Runs until the test ends. `tls` is a TestCa: then it speaks TLS and takes that CA's client certificates."""

    def __init__(self, case, data=None, tls=None, address="127.0.0.1"):
        path = case.folder / "tenant.json"
        path.write_text(json.dumps(data if data is not None else tenant()))
        words = [BUILD / "scm-simulator", "--data", path, "--address", address]
        if tls is not None:
            words += ["--certificate", tls.server_pem, "--key", tls.server_key, "--client-ca", tls.ca_pem]
        self.process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        case.addCleanup(stop, self.process)
        self.at = self.process.stdout.readline().strip()
        if not self.at:
            raise AssertionError(self.process.stderr.read())
        self.url = f"{'https' if tls else 'http'}://{self.at}"
        self.context = ssl.create_default_context(cafile=tls.ca_pem) if tls else None

    def call(self, path, headers=None, body=None, method=None):
        """(status, headers, body as text)"""
        request = urllib.request.Request(self.url + path, headers=LOGIN if headers is None else headers,
                                         data=body.encode() if body is not None else None, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def get(self, path, **options):
        return json.loads(self.call(path, **options)[2])

    def faults(self, *faults):
        status, _, body = self.call("/simulator/faults", body=json.dumps(faults))
        assert status == 204, body

    def becomes(self, data):
        status, _, body = self.call("/simulator/tenant", body=json.dumps(data))
        assert status == 204, body

    def log(self):
        return self.get("/simulator/log")


class ScmCase(Case):
    """A test with a tenant, and the configuration for it: by password unless told otherwise."""

    SECRETS = ("not-a-secret", "not-a-secret-either")

    def start(self, data=None, tls=None, **settings):
        self.scm = Simulator(self, data, tls)
        self.configure(**({"ca_file": tls.ca_pem} if tls else {}), **settings)
        return self.scm

    def secret(self, text="not-a-secret", mode=0o600, name="password"):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(text + "\n")
        path.chmod(mode)
        return path

    def configure(self, **settings):
        """Settings of [scm]; None leaves a default of the tests out."""
        values = {"base_url": self.scm.url, "customer_uri": "university", "login": "certscour", "requests_per_s": "100",
                  "retry_delay": "0.05", **settings}
        if "password_file" not in settings:
            values["password_file"] = self.secret()
        lines = [f"{key} = {value}" for key, value in values.items() if value is not None]
        Path(self.env["CERTSCOUR_CONFIG"]).write_text("[scm]\n" + "\n".join(lines) + "\n")

    def configure_token(self, **settings):
        self.configure(login=None, password_file=None, customer_uri=None, client_id="certscour-client",
                       client_secret_file=self.secret("not-a-secret-either", name="client-secret"),
                       token_url=self.scm.url + TOKEN_PATH, **settings)


class TestCa:
    """A CA with a server certificate for 127.0.0.1 and a client certificate, in PEM files."""

    def __init__(self, folder):
        self.folder = folder
        self.ca_pem, self.ca_key = self.path("ca.pem"), self.path("ca.key")
        self.openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout",
                     self.ca_key, "-out", self.ca_pem, "-days", "2", "-subj", "/CN=Test CA")
        self.server_pem, self.server_key = self.issue("server", "subjectAltName=IP:127.0.0.1")
        self.client_pem, self.client_key = self.issue("client", "extendedKeyUsage=clientAuth")

    def path(self, name):
        return str(self.folder / f"tls-{name}")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def issue(self, name, extension):
        pem, key, csr, extensions = (self.path(f"{name}.{end}") for end in ("pem", "key", "csr", "ext"))
        Path(extensions).write_text(extension + "\n")
        self.openssl("req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", key, "-out",
                     csr, "-subj", f"/CN={name}")
        self.openssl("x509", "-req", "-in", csr, "-CA", self.ca_pem, "-CAkey", self.ca_key, "-CAcreateserial", "-out",
                     pem, "-days", "2", "-extfile", extensions)
        return pem, key
