# SPDX-License-Identifier: Apache-2.0
"""Devices that show one certificate on every port of a host, or on most addresses of a prefix: marked, and grouped in tables
alone."""
import json
import subprocess

from name_servers import Nginx

from support import Case, Certificate, free_port, need, stop, wait_for_port


class PseudoServices(Case):
    def serve(self, ports):
        """One certificate on these ports of all addresses of loopback."""
        certificate = Certificate(self.folder, "device.example.net")
        listens = "".join(f"listen 0.0.0.0:{port} ssl; " for port in ports)
        conf = self.folder / "nginx.conf"
        conf.write_text(f"daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log;\nevents {{ worker_connections 4096; }}\n"
                        f"http {{ access_log off; server {{ {listens} ssl_certificate {certificate.pem}; ssl_certificate_key {certificate.key}; }} }}\n")
        process = subprocess.Popen([need("nginx"), "-p", self.folder, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(stop, process)
        wait_for_port("127.0.0.1", ports[-1])

    def sweep(self, *words):
        return self.run_program("scan", *words, "--rate", 0, "--per-host", 0, "--per-prefix", 0, "--key-types", "first").stdout

    def marks(self, *words):
        rows = json.loads(self.run_program("assets", *words, "--format", "json").stdout)
        return [row["pseudo_service"] for row in rows]

    def lines(self, *words):
        return self.run_program("assets", *words).stdout.splitlines()[1:]

    def test_more_than_twenty_ports_of_a_host_are_one_line_of_a_table_and_all_rows_elsewhere(self):
        ports = [free_port() for _ in range(24)]
        self.serve(ports)
        summary = self.sweep("127.64.0.1", "-p", ",".join(f"{port}/tls" for port in ports[:20]))
        self.assertNotIn("pseudo", summary)
        self.assertEqual(self.marks(), [False] * 20)
        self.assertEqual(len(self.lines()), 20)
        summary = self.sweep("127.64.0.1-127.64.0.2", "-p", ",".join(f"{port}/tls" for port in ports))
        self.assertIn("pseudo services   2 hosts show the same certificate wherever they are asked: 48 assets", summary)
        self.assertEqual(self.marks(), [True] * 48)
        lines = self.lines()
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[0].startswith("127.64.0.1 (24 endpoints, pseudo service) "), lines)
        self.assertEqual(self.run_program("assets", "--format", "csv").stdout.count("\n"), 49)
        self.assertEqual(self.marks("--where", "pseudo_service is true and port = " + str(ports[0])), [True] * 2)
        self.assertEqual(len(self.lines("--where", f"port = {ports[0]}")), 2)  # two lines, for themselves
        self.assertNotIn("pseudo", self.lines("--where", f"port = {ports[0]}")[0])
        self.sweep("127.64.0.1", "-p", f"{ports[0]}/tls")  # which says nothing against it
        self.assertEqual(self.marks(), [True] * 48)

    def test_more_than_half_of_a_prefix_is_one_line(self):
        port = free_port()
        self.serve([port])
        self.sweep("127.64.1.0/24", "-x", "127.64.1.63-127.64.1.255", "-p", f"{port}/tls")
        self.assertEqual(self.marks(), [False] * 63)
        summary = self.sweep("127.64.1.0/24", "-x", "127.64.1.64-127.64.1.255", "-p", f"{port}/tls")
        self.assertIn("pseudo services   1 prefixes show", summary)
        self.assertEqual(self.marks(), [True] * 64)
        lines = self.lines()
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("127.64.1.0/24 (64 endpoints, pseudo service) "), lines)
        self.sweep("127.64.1.5", "-p", f"{port}/tls")  # too little to judge by
        self.assertEqual(self.marks(), [True] * 64)

    def test_half_of_a_prefix_and_different_certificates_are_services(self):
        hosts = [(f"127.64.2.{number}", None, certificate) for certificate, numbers in
                 ((Certificate(self.folder, "a.example.net"), range(33)), (Certificate(self.folder, "b.example.net"), range(33, 66))) for number in numbers]
        web = Nginx(self.folder, hosts)
        self.addCleanup(web.close)
        self.sweep("127.64.2.0-127.64.2.65", "-p", f"{web.port}/tls")
        self.assertEqual(self.marks(), [False] * 66)
        self.sweep("127.64.2.0-127.64.2.64", "-p", f"{web.port}/tls")  # 33 of 65
        self.assertEqual(self.marks(), [True] * 33 + [False] * 33)
        self.sweep("127.64.2.0-127.64.2.65", "-p", f"{web.port}/tls")  # and 33 of 66 again
        self.assertEqual(self.marks(), [False] * 66)
