# SPDX-License-Identifier: Apache-2.0
"""Real servers for tests, each endpoint at a loopback address of its own: nginx, haproxy, apache2, stunnel4,
gnutls-serv, NSS's selfserv and openssl s_server, in a chosen protocol version and with chosen certificates.

A fleet is filled with `add`, started once and waited for; servers that are not installed add nothing."""
import base64
import contextlib
import hashlib
import os
import signal
import socket
import ssl
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support import free_port, installed, wait_for_port

NUMBERS = {"TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}
VERSIONS = tuple(NUMBERS)
OLD_CIPHERS = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


class Chain:
    """Leaf, intermediate and root in PEM files, as a server sends them; `sha256` lists them in that order."""

    def __init__(self, leaf, key, above):
        self.leaf = leaf
        self.key = key
        self.above = leaf.with_suffix(".above")
        self.pem = leaf.with_suffix(".chain")
        self.all = leaf.with_suffix(".all")  # the key too, as haproxy wants it
        self.above.write_text("".join(path.read_text() for path in above))
        self.pem.write_text(leaf.read_text() + self.above.read_text())
        self.all.write_text(self.pem.read_text() + key.read_text())
        end = "-----END CERTIFICATE-----\n"
        ders = [ssl.PEM_cert_to_DER_cert(text + end) for text in self.pem.read_text().split(end) if text.strip()]
        self.size = sum(map(len, ders))
        self.sha256 = [hashlib.sha256(der).hexdigest() for der in ders]


class Authority:
    """Makes chains with the openssl command; each kind of key is made once."""
    KEYS = {"rsa": ("RSA", "rsa_keygen_bits:2048"), "p256": ("EC", "ec_paramgen_curve:P-256"),
            "p384": ("EC", "ec_paramgen_curve:P-384"), "ed25519": ("ED25519", None)}
    CONFIG = ("[req]\ndistinguished_name = dn\n[dn]\n"
              "[authority]\nbasicConstraints = critical,CA:TRUE\nsubjectAltName = {names}\n"
              "[leaf]\nbasicConstraints = CA:FALSE\nsubjectAltName = {names}\n")

    def __init__(self, folder):
        self.folder = Path(folder)
        self.made = {}
        self.root = self.certificate("root", "p256", None, "authority")
        self.issuer = self.certificate("issuer", "p384", ("root", "p256"), "authority")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self.folder,
                       env={**os.environ, "OPENSSL_CONF": os.devnull})

    def key(self, kind):
        path = self.folder / f"{kind}.key"
        if not path.exists():
            algorithm, option = self.KEYS[kind]
            self.openssl("genpkey", "-algorithm", algorithm, *(["-pkeyopt", option] if option else []), "-out", path)
        return path

    def certificate(self, name, kind, signer, extensions, names=None):
        path = self.folder / f"{name}-{kind}.pem"
        config = path.with_suffix(".cnf")
        config.write_text(self.CONFIG.format(names=names or f"DNS:{name}"))
        signed = ["-CA", self.folder / f"{signer[0]}-{signer[1]}.pem", "-CAkey", self.key(signer[1])] if signer else []
        self.openssl("req", "-x509", "-config", config, "-extensions", extensions, "-key", self.key(kind), "-subj",
                     f"/O=Example {kind}/CN={name}", "-days", 90, "-sha256", "-out", path, *signed)
        return path

    def chain(self, kind, name="www.example.org"):
        if (name, kind) not in self.made:
            leaf = self.certificate(name, kind, ("issuer", "p384"), "leaf")
            self.made[name, kind] = Chain(leaf, self.key(kind), [self.issuer, self.root])
        return self.made[name, kind]

    def long_chain(self, length):
        """Its Certificate message does not fit into one record: each certificate has about 2 KiB of names."""
        names = ",".join(f"DNS:host-{number}.of-a-long-chain.example.org" for number in range(45))
        paths = [self.root]
        signer = ("root", "p256")
        for name in [f"long{number}" for number in range(length - 1, 0, -1)]:
            paths.insert(0, self.certificate(name, "rsa", signer, "leaf" if name == "long1" else "authority", names))
            signer = (name, "rsa")
        return Chain(paths[0], self.key("rsa"), paths[1:])

    def ocsp_response(self, chain):
        """Signed and sound, for stapling."""
        path = chain.leaf.with_suffix(".ocsp")
        index = chain.leaf.with_suffix(".index")
        index.write_text("")
        self.openssl("ocsp", "-issuer", self.issuer, "-cert", chain.leaf, "-index", index, "-CA", self.issuer,
                     "-rsigner", self.issuer, "-rkey", self.key("p384"), "-ndays", 3, "-respout", path)
        return path

    def dh_parameters(self, bits):
        """The groups of 768 and 1024 bits from RFC 2409, 6.1 and 6.2."""
        shared = ("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
                  "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63")
        rest = {768: "A3620FFFFFFFFFFFFFFFF",
                1024: "7ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"}
        prime = b"\0" + bytes.fromhex(shared + rest[bits])
        numbers = b"\x02\x81" + bytes([len(prime)]) + prime + b"\x02\x01\x02"
        der = b"\x30\x81" + bytes([len(numbers)]) + numbers
        path = self.folder / f"dh{bits}.pem"
        text = base64.encodebytes(der).decode()
        path.write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
        return path


@dataclass
class Endpoint:
    server: str
    label: str
    ip: str
    port: int
    version: str
    chains: list  # those it has; empty: it shows none to a bare address
    names: dict = field(default_factory=dict)  # server name -> chains
    lanes: tuple = ("direct", "full")  # those that obtain the chains
    words: tuple = ()  # of configuration


class Server:
    """One program; one process for all its endpoints unless it says otherwise. `block` is its /24 of 127.77."""
    program = None
    block = None
    kinds = ("rsa", "p256", "p384", "ed25519")
    versions = VERSIONS

    def __init__(self, fleet):
        self.fleet = fleet
        self.endpoints = []

    @classmethod
    def matrix(cls):
        return [(version, kind) for version in cls.versions for kind in cls.kinds
                if (kind != "ed25519" or version in ("TLSv1.2", "TLSv1.3")) and (kind == "rsa" or version != "SSLv3")]

    def add(self, label, version, chains, *words, **options):
        ip = f"127.77.{self.block}.{len(self.endpoints) + 1}"
        endpoint = Endpoint(self.program, label, ip, self.choose_port(), version, list(chains), words=words, **options)
        self.endpoints.append(endpoint)
        return endpoint

    def choose_port(self):
        return self.fleet.port

    def config(self, text):
        path = self.fleet.folder / f"{self.program}.conf"
        path.write_text(text)
        return path

    def start(self):
        raise NotImplementedError


class Nginx(Server):
    program = "nginx"
    block = 1

    def block_of(self, endpoint, name, chains, default=""):
        files = "".join(f"ssl_certificate {c.pem}; ssl_certificate_key {c.key};" for c in chains)
        return (f"server {{ listen {endpoint.ip}:{endpoint.port} ssl {default}; server_name {name}; ssl_protocols "
                f"{endpoint.version}; ssl_ciphers {OLD_CIPHERS}; {files or 'ssl_reject_handshake on;'}"
                f"{' '.join(endpoint.words)} return 204; }}\n")

    def start(self):
        folder = self.fleet.folder
        blocks = ""
        for endpoint in self.endpoints:
            blocks += self.block_of(endpoint, "_", endpoint.chains, "default_server")
            blocks += "".join(self.block_of(endpoint, name, chains) for name, chains in endpoint.names.items())
        paths = "".join(f"{name}_temp_path {folder}/nginx-{name};"
                        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.config(f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.error;\n"
                             f"worker_processes 1; events {{ worker_connections 512; }}\n"
                             f"http {{ access_log off; {paths}\n{blocks} }}\n")
        self.fleet.run(self.program, "-c", config, "-p", folder)


class Haproxy(Server):
    """Before 3.0, a hello without server name gets one certificate of a bundle and no other."""
    program = "haproxy"
    block = 2

    @staticmethod
    def files(endpoint):
        if not endpoint.names:
            return endpoint.chains[0].all
        chains, = endpoint.names.values()
        bundle = chains[0].leaf.with_suffix(".bundle")
        for chain in chains:
            Path(f"{bundle}.{'rsa' if 'rsa' in chain.key.name else 'ecdsa'}").write_text(chain.all.read_text())
        return bundle

    def start(self):
        binds = "".join(f"  bind {e.ip}:{e.port} ssl crt {self.files(e)} ciphers {OLD_CIPHERS} ssl-min-ver "
                        f"TLSv{NUMBERS[e.version]} ssl-max-ver TLSv{NUMBERS[e.version]} {' '.join(e.words)}\n"
                        for e in self.endpoints)
        config = self.config(f"defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n"
                             f"frontend all\n{binds}  http-request deny\n")
        self.fleet.run(self.program, "-db", "-f", config)


class Apache(Server):
    program = "apache2"
    block = 3
    MODULES = Path("/usr/lib/apache2/modules")

    def host(self, endpoint):
        files = "".join(f"  SSLCertificateFile {c.pem}\n  SSLCertificateKeyFile {c.key}\n" for c in endpoint.chains)
        return (f"Listen {endpoint.ip}:{endpoint.port}\n<VirtualHost {endpoint.ip}:{endpoint.port}>\n  SSLEngine on\n"
                f"  SSLProtocol {endpoint.version}\n  SSLCipherSuite {OLD_CIPHERS}\n{files}"
                + "".join(f"  {word}\n" for word in endpoint.words) + "</VirtualHost>\n")

    def start(self):
        folder = self.fleet.folder
        modules = "".join(f"LoadModule {name}_module {self.MODULES}/mod_{name}.so\n"
                          for name in ("mpm_event", "authz_core", "ssl"))
        config = self.config(f"{modules}ServerRoot {folder}\nDocumentRoot {folder}\nServerName www.example.org\n"
                             f"PidFile {folder}/apache.pid\nErrorLog {folder}/apache.error\n"
                             f"Mutex file:{folder} default\nStartServers 1\n" + "".join(map(self.host, self.endpoints)))
        self.fleet.run(self.program, "-f", config, "-DFOREGROUND")


class Stunnel(Server):
    program = "stunnel4"
    block = 4

    def start(self):
        services = "".join(f"[{e.label}]\naccept = {e.ip}:{e.port}\nconnect = 127.77.{self.block}.250:1\n"
                           f"cert = {e.chains[0].pem}\nkey = {e.chains[0].key}\nsslVersion = {e.version}\n"
                           f"ciphers = {OLD_CIPHERS}\nsecurityLevel = 0\n" for e in self.endpoints)
        self.fleet.run(self.program, self.config(f"foreground = yes\npid =\nsyslog = no\n{services}"))


class OpenPort(Server):
    """Listens on every address, so each endpoint has a port of its own, and a process."""

    def choose_port(self):
        for port in range(self.fleet.next_open_port, 32000):
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind(("0.0.0.0", port))
                self.fleet.next_open_port = port + 1
                return port
        raise AssertionError("no port is free")


class Gnutls(OpenPort):
    """The first of its words is what its priority string has beside the version."""
    program = "gnutls-serv"
    block = 5

    def start(self):
        for e in self.endpoints:
            files = [w for c in e.chains for w in ("--x509certfile", c.pem, "--x509keyfile", c.key)]
            priority = ":".join(filter(None, (f"NORMAL:-VERS-ALL:+VERS-TLS{NUMBERS[e.version]}", *e.words[:1],
                                              "%PROFILE_VERY_WEAK")))
            self.fleet.run(self.program, "--quiet", "--port", e.port, "--priority", priority, *files, *e.words[1:])


class Nss(OpenPort):
    """Speaks SSL 3.0 too, and sends a cookie with every HelloRetryRequest."""
    program = "selfserv"
    block = 7
    kinds = ("rsa", "p256", "p384")
    versions = ("SSLv3", *VERSIONS)

    def start(self):
        folder = self.fleet.folder
        store = f"sql:{folder}/nss"
        (folder / "nss").mkdir()
        subprocess.run([installed("certutil"), "-N", "-d", store, "--empty-password"], check=True)
        for chain in {c.leaf.stem: c for e in self.endpoints for c in e.chains}.values():
            packed = chain.leaf.with_suffix(".p12")
            self.fleet.authority.openssl("pkcs12", "-export", "-in", chain.pem, "-inkey", chain.key, "-name",
                                         chain.leaf.stem, "-passout", "pass:x", "-out", packed)
            subprocess.run([installed("pk12util"), "-i", packed, "-d", store, "-W", "x", "-K", ""], check=True,
                           stdout=subprocess.DEVNULL)
        for e in self.endpoints:
            spelled = "ssl3" if e.version == "SSLv3" else f"tls{NUMBERS[e.version]}"
            names = [w for c in e.chains for w in ("-n" if "rsa" in c.leaf.stem else "-e", c.leaf.stem)]
            self.fleet.run(self.program, "-d", store, "-p", e.port, "-V", f"{spelled}:{spelled}", *names, *e.words)


class Openssl(Server):
    """openssl s_server, a process for each endpoint."""
    program = "openssl"
    block = 6

    def start(self):
        flags = {"TLSv1": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}
        for e in self.endpoints:
            files = [word for c, d in zip(e.chains, ("", "d"))
                     for word in (f"-{d}cert", c.leaf, f"-{d}key", c.key, f"-{d}cert_chain", c.above)]
            ciphers = [] if "-cipher" in e.words else ["-cipher", OLD_CIPHERS]
            self.fleet.run(self.program, "s_server", "-quiet", "-accept", f"{e.ip}:{e.port}", flags[e.version], *files,
                           *ciphers, *e.words)


class Fleet:
    """All servers of a test module."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.chmod(0o755)  # workers run as somebody else
        self.authority = Authority(self.folder)
        self.port = free_port()
        self.next_open_port = 20000 + os.getpid() % 10000
        self.processes = []
        self.servers = {kind.program: kind(self) for kind in (Nginx, Haproxy, Apache, Stunnel, Gnutls, Nss, Openssl)}

    def __getitem__(self, program):
        return self.servers[program]

    def endpoints(self):
        return [endpoint for server in self.servers.values() if installed(server.program)
                for endpoint in server.endpoints]

    def run(self, program, *words):
        """Starts it in the foreground; it ends with this process at the latest."""
        log = self.folder / f"{program}-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", installed(program), *map(str, words)], stdin=subprocess.PIPE,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder,
                env={**os.environ, "OPENSSL_CONF": os.devnull, "GNUTLS_SYSTEM_PRIORITY_FILE": os.devnull})
        self.processes.append((process, log))

    def start(self):
        for server in self.servers.values():
            if installed(server.program) and server.endpoints:
                server.start()
        for endpoint in self.endpoints():
            wait_for_port(endpoint.ip, endpoint.port, seconds=30, alive=self.assert_all_run)

    def assert_all_run(self):
        for process, log in self.processes:
            if process.poll() is not None:
                raise AssertionError(f"{process.args[3:]} has ended: {log.read_text(errors='replace')[-2000:]}")

    def stop(self):
        for process, _ in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process, _ in self.processes:
            process.stdin.close()
            process.wait(timeout=20)
