# SPDX-License-Identifier: Apache-2.0
"""A DNS (unbound) with zones of a test's own, and nginx with many virtual hosts, both on loopback."""
import contextlib
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

from support import free_port, need, stop, wait_for_port


class Dns:
    """Answers for `records`, lines as in a zone ("www.example.org. A 127.60.0.1"), and nothing else; `forward` maps zones
    to ADDRESS@PORT of other servers."""

    def __init__(self, folder, records, forward=None):
        self.port = free_port()
        self.folder = Path(folder)
        self.conf = self.folder / "unbound.conf"
        self.forward = forward or {}
        self.write(records)
        self.log = open(self.folder / "unbound.log", "wb")
        self.process = subprocess.Popen([need("unbound"), "-d", "-c", self.conf], stdout=self.log, stderr=self.log)
        wait_for_port("127.0.0.1", self.port)

    def write(self, records):
        """Two zones from files; whatever else is asked for is forwarded, or does not exist: nothing leaves the machine."""
        zones = {"example.org": [record for record in records if " PTR " not in record],
                 "127.in-addr.arpa": [record for record in records if " PTR " in record]}
        opened = "".join(f" local-zone: {zone} transparent\n domain-insecure: {zone}\n" for zone in [*zones, *self.forward])
        text = (f"server:\n interface: 127.0.0.1@{self.port}\n do-daemonize: no\n chroot: ''\n username: ''\n use-syslog: no\n"
                f" log-queries: yes\n verbosity: 0\n pidfile: {self.folder}/unbound.pid\n do-not-query-localhost: no\n"
                f" module-config: iterator\n local-zone: . static\n{opened}remote-control:\n control-enable: no\n")
        for zone, lines in zones.items():
            path = self.folder / f"{zone}.zone"
            path.write_text("\n".join([f"{zone}. 60 IN SOA ns.example.org. a.example.org. 1 60 60 60 60", f"{zone}. 60 IN NS ns.example.org.",
                                       *(line.replace(". ", ". 60 IN ", 1) for line in lines), ""]))
            text += f"auth-zone:\n name: {zone}\n zonefile: {path}\n for-downstream: no\n for-upstream: yes\n fallback-enabled: no\n"
        text += "".join(f"forward-zone:\n name: {zone}\n forward-addr: {server}\n" for zone, server in self.forward.items())
        self.conf.write_text(text)

    def change(self, records):
        self.write(records)
        stop(self.process)
        self.process = subprocess.Popen([need("unbound"), "-d", "-c", self.conf], stdout=self.log, stderr=self.log)
        wait_for_port("127.0.0.1", self.port)

    def questions(self):
        return [line.split()[-3:-1] for line in (self.folder / "unbound.log").read_text().splitlines() if " info: 127.0.0.1 " in line]

    def close(self):
        stop(self.process)
        self.log.close()


class SlowDns:
    """Never answers, and counts who asks."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                self.socket.recv(4096)
            except OSError:
                return
            self.asked += 1

    def close(self):
        self.socket.close()


class RefusingDns(SlowDns):
    """A lame server: REFUSED for everything."""

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            self.socket.sendto(question[:2] + struct.pack(">H", 0x8185) + question[4:], client)


class LateDns(SlowDns):
    """Knows a name for every address under in-addr.arpa, and tells it a second late, or never where the address is odd."""

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            last = int(question[13:13 + question[12]])  # the first label: the last byte of the address
            if last % 2 == 0:
                name = f"h{last}".encode()
                data = bytes([len(name)]) + name + b"\x04late\x07example\x00"
                answer = question[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0) + question[12:] + b"\xc0\x0c" + struct.pack(
                    ">HHIH", 12, 1, 60, len(data)) + data
                threading.Timer(1, self.answer, (answer, client)).start()

    def answer(self, answer, client):
        with contextlib.suppress(OSError):
            self.socket.sendto(answer, client)


def ptr(ip, name):
    return f"{'.'.join(reversed(ip.split('.')))}.in-addr.arpa. PTR {name}."


class Nginx:
    """`hosts`: (address, name or None for the default, certificate); all on one port, a free one by default."""

    def __init__(self, folder, hosts, port=None):
        self.port = port or free_port()
        folder = Path(folder)
        servers = "".join(f"server {{ listen {ip}:{self.port} ssl {'' if name else 'default_server'}; server_name {name or '_'};"
                          f" ssl_certificate {certificate.pem}; ssl_certificate_key {certificate.key}; }}\n"
                          for ip, name, certificate in hosts)
        conf = folder / "nginx.conf"
        conf.write_text(f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\nevents {{}}\nhttp {{ access_log off;\n"
                        f"server_names_hash_bucket_size 256;\n{servers}}}\n")
        self.process = subprocess.Popen([need("nginx"), "-p", folder, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(hosts[0][0], self.port)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def issue(value, flags=0, tag="issue"):
    """The data of a CAA record."""
    return bytes([flags, len(tag)]) + tag.encode() + value.encode()


class CaaDns:
    """Answers questions for CAA records over UDP and TCP from `zone`: name -> list of CAA data (see issue); or the name that
    it is an alias of (whose records come along, with `follows`); or what is done to the question: "servfail", "refused",
    "referral", "silent", "garbage" (an answer that ends early), "cut" (the flag TC over UDP, an issue record over TCP). All
    else does not exist."""

    def __init__(self, zone, address="127.0.0.1", follows=True):
        self.zone = zone
        self.follows = follows
        self.asked = []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind((address, 0))
        self.port = self.udp.getsockname()[1]
        self.address = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((address, self.port))
        self.tcp.listen()
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            try:
                query, client = self.udp.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(query, "udp")
            if answer is not None:
                self.udp.sendto(answer, client)

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                query = stream.read(struct.unpack(">H", stream.read(2))[0])
                answer = self.answer(query, "tcp")
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    @staticmethod
    def wire(name):
        return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"

    def records(self, name, before=()):
        """The records of an answer, aliases followed until they go round."""
        found = [] if name in before else self.zone.get(name, [])
        owner = self.wire(name)
        if isinstance(found, str):
            alias = owner + struct.pack(">HHIH", 5, 1, 60, len(self.wire(found))) + self.wire(found)
            return [alias, *(self.records(found, (*before, name)) if self.follows else [])]
        return [owner + struct.pack(">HHIH", 257, 1, 60, len(data)) + data for data in found]

    def answer(self, query, transport):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        assert struct.unpack(">H", query[at + 1:at + 3])[0] == 257, "not a question for CAA"
        question = query[12:at + 5]
        self.asked.append((name, transport))
        what = self.zone.get(name)
        if what == "silent":
            return None
        failures = {"servfail": 0x8182, "refused": 0x8185, "referral": 0x8000}
        flags = 0x8183 if what is None else failures.get(what, 0x8180) if isinstance(what, str) else 0x8180
        if what == "cut":
            flags, rows = (0x8380, []) if transport == "udp" else (0x8180, [b"\xc0\x0c" + struct.pack(">HHIH", 257, 1, 60, 18) + issue("sectigo.com")])
        elif what == "garbage":
            return query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question + b"\xc0\x0c" + struct.pack(">HHIH", 257, 1, 60, 200) + b"\0\x05iss"
        else:
            rows = self.records(name) if flags == 0x8180 else []
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(rows), 0, 0) + question + b"".join(rows)

    def names(self):
        return [name for name, _ in self.asked]

    def close(self):
        self.udp.close()
        self.tcp.close()
