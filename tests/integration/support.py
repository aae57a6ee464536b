# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: running the program, certificates made by the openssl command, servers."""
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = os.environ["CERTSCOUR"]
BUILD = Path(os.environ.get("CERTSCOUR_BUILD", Path(PROGRAM).parent))
SANITIZED = bool(os.environ.get("CERTSCOUR_SANITIZE"))


class Case(unittest.TestCase):
    """A test with a folder and a database of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="certscour-it-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.db = self.folder / "certscour.db"
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("CERTSCOUR")}
        self.env.update(CERTSCOUR_DB=str(self.db), HOME=str(self.folder), CERTSCOUR_CONFIG=str(self.empty_config()))

    def empty_config(self):
        path = self.folder / "certscour.conf"
        path.write_text("[scan]\nnames-from = none\n")  # the DNS is asked only where a test is about it
        return path

    def run_program(self, *words, status=0, stdin=None, env=None, timeout=240):
        """Runs certscour; stdout and stderr as text. Checks the exit status."""
        done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, input=stdin,
                              env={**self.env, **(env or {})}, timeout=timeout)
        self.assertEqual(done.returncode, status, f"certscour {words}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def start_program(self, *words, **options):
        process = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.env, **options)
        self.addCleanup(stop, process)
        return process

    def scan(self, *words, **options):
        """A scan as the list of its jsonl lines, outcomes included."""
        done = self.run_program("scan", *words, "--format", "jsonl", "--outcomes", **options)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def scan_one(self, *words, **options):
        lines = self.scan(*words, **options)
        self.assertEqual(len(lines), 1, lines)
        return lines[0]


def stop(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


def installed(program):
    """The path of a program; None = it is not there."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def need(program):
    """The path of a real server; where it is missing the test is skipped, or fails where servers are required."""
    path = installed(program)
    if path is None:
        if os.environ.get("CERTSCOUR_REQUIRE_SERVERS") == "1":
            raise AssertionError(f"{program} is required (./quickstart test --servers installs it)")
        raise unittest.SkipTest(f"left out: {program} is not installed")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(address, port, seconds=20, alive=lambda: None):
    """`alive` is called between attempts, to raise what there is no waiting for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        alive()
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {address}:{port}")


class Certificate:
    """A self-signed certificate in PEM files, made by the openssl command."""

    def __init__(self, folder, name, key="ec", days=90, bits=2048, extra=(), alt_names=True):
        self.key = Path(folder) / f"{name}-{key}.key"
        self.pem = Path(folder) / f"{name}-{key}.pem"
        kind = (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if key == "ec"
                else ["-newkey", f"rsa:{bits}"])
        subprocess.run(["openssl", "req", "-x509", "-nodes", *kind, "-keyout", self.key, "-out", self.pem, "-days",
                        str(days), "-subj", f"/CN={name}", *(["-addext", f"subjectAltName=DNS:{name}"] if alt_names else []), *extra],
                       check=True, capture_output=True)
        der = ssl.PEM_cert_to_DER_cert(self.pem.read_text())
        self.sha256 = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True,
                                     capture_output=True).stdout.split()[0].decode()


class ScriptedServer:
    """Accepts on a loopback address and runs `script(connection)` for each client in a thread."""

    def __init__(self, script, address="127.0.0.1", port=0):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        self.script = script
        self.accepted = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, contextlib.suppress(OSError):
            self.script(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accept that waits
        self.listener.close()


def tls_server(certificate, address="127.0.0.1", port=0):
    """A TLS server of Python's, for many connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.pem, certificate.key)

    def script(connection):
        with contextlib.suppress(ssl.SSLError, OSError):
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)
    return ScriptedServer(script, address, port)
