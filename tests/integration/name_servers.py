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
    """`hosts`: (address, name or None for the default, certificate); all on one port."""

    def __init__(self, folder, hosts):
        self.port = free_port()
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
