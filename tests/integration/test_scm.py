# SPDX-License-Identifier: Apache-2.0
"""`scm status` against the pretend SCM: every way to log in, what is said when something is wrong, and that no secret
gets anywhere it does not belong."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from scm import TOKEN_PATH, ScmCase, TestCa, tenant
from support import PROGRAM, SANITIZED, ScriptedServer, free_port


class Status(ScmCase):
    def status(self, status=0):
        return self.run_program("scm", "status", status=status)

    def says(self, part, status=1):
        done = self.status(status)
        self.assertIn(part, done.stderr)
        return done

    def test_who_am_i_and_what_may_i_do(self):
        self.start()
        text = self.status().stdout
        for line in (r"SCM +http://127", r"reachable +yes\n", r"account +certscour \(API\)\n", r"roles +MRAO\n",
                     r"privileges +sslManage, sslImport", r"password until +2031-05-01\n", r"pull organizations +yes\n",
                     r"pull domains +yes\n", r"pull certificates +yes\n"):
            self.assertRegex(text, line)
        self.assertEqual({call["auth"] for call in self.scm.log()}, {"password"})

    def test_a_right_that_is_missing_is_told_for_the_command_that_takes_it(self):
        data = tenant()
        data["admins"][0]["rights"] = ["organizations", "certificates"]
        self.start(data)
        text = self.status().stdout
        self.assertRegex(text, r"account +certscour\n +\(it may not see its own roles")
        self.assertRegex(text, r"pull domains +no: GET /api/domain/v1\?size=1&position=0: SCM answers 403, code -37, "
                               r'"Access denied"; the account lacks a right.* \(it takes the privilege to manage domains')
        self.assertRegex(text, r"pull certificates +yes")

    def test_a_token_does_the_same_and_is_asked_for_once(self):
        self.start()
        self.configure_token()
        text = self.status().stdout
        self.assertRegex(text, r"account +the administrator whose API key")
        self.assertRegex(text, r"pull domains +yes")
        calls = self.scm.log()
        self.assertEqual([call["url"] for call in calls].count(TOKEN_PATH), 1)
        self.assertEqual({call["auth"] for call in calls[1:]}, {"token"})

    def test_a_token_that_ends_in_mid_run_is_renewed(self):
        self.start()
        self.configure_token()
        self.scm.faults({"kind": "expire-tokens", "path": "/api/ssl", "times": 1})
        self.assertRegex(self.status().stdout, r"pull certificates +yes")
        self.assertEqual([call["url"] for call in self.scm.log()].count(TOKEN_PATH), 2)

    def test_a_client_certificate_of_a_ca_logs_in_over_tls(self):
        ca = TestCa(self.folder)
        self.start(tls=ca, password_file=None, client_certificate_file=ca.client_pem, client_key_file=ca.client_key)
        self.assertRegex(self.status().stdout, r"pull organizations +yes")
        calls = self.scm.log()
        self.assertEqual({call["auth"] for call in calls}, {"certificate"})
        self.assertTrue(all(call["url"].startswith("/private/api/") for call in calls))

    def test_a_certificate_that_the_system_does_not_trust_is_refused_before_the_password_goes_out(self):
        ca = TestCa(self.folder)
        self.start(tls=ca)
        self.assertRegex(self.status().stdout, r"reachable +yes")
        self.scm.log()
        self.configure()
        done = self.says("not trusted by this system")
        self.assertRegex(done.stdout, r"reachable +no")
        self.assertEqual(self.scm.log(), [])

    def test_a_certificate_for_another_name_is_refused(self):
        ca = TestCa(self.folder)
        self.start(tls=ca, base_url=None)
        self.configure(ca_file=ca.ca_pem, base_url=self.scm.url.replace("127.0.0.1", "localhost"))
        self.says("not trusted by this system")
        self.assertEqual(self.scm.log(), [])

    def proxy(self):
        """A proxy that refuses; what it was told is in the list."""
        told = []

        def script(connection):
            told.append(connection.recv(65536).decode())
            connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        server = ScriptedServer(script)
        self.addCleanup(server.close)
        return f"http://127.0.0.1:{server.port}", told

    def test_a_proxy_is_asked_for_a_tunnel_and_told_nothing_else(self):
        url, told = self.proxy()
        self.start(tls=TestCa(self.folder), proxy=url)
        self.says("the proxy refuses to connect us, with status 403")
        self.assertEqual(len(told), 1)
        self.assertTrue(told[0].startswith(f"CONNECT {self.scm.at} HTTP/1.1"), told)
        self.assertFalse([line for line in told if "not-a-secret" in line or "certscour\r\n" not in line])
        self.assertEqual(self.scm.log(), [])

    def test_the_proxy_of_the_environment_is_taken_where_none_is_configured(self):
        url, told = self.proxy()
        self.start(tls=TestCa(self.folder))
        self.run_program("scm", "status", status=1, env={"https_proxy": url, "no_proxy": ""})
        self.assertTrue(told)

    def test_what_no_tls_protects_goes_through_no_proxy(self):
        url, told = self.proxy()
        self.start(proxy=url)
        done = self.run_program("scm", "status", env={"http_proxy": url, "all_proxy": url})
        self.assertRegex(done.stdout, r"reachable +yes\n")
        self.assertEqual(told, [])

    def test_a_wrong_password_says_what_to_do_about_it(self):
        self.start(support="help@example.org")
        self.configure(password_file=self.secret("wrong-one"), support="help@example.org")
        done = self.says('SCM answers 401, code -16, "Unknown user"; the login, password or customer_uri is wrong')
        self.assertIn("who can help: help@example.org", done.stderr)
        self.assertRegex(done.stdout, r"reachable +yes, but it does not let us in")
        self.assertNotIn("wrong-one", done.stdout + done.stderr)

    def test_a_wrong_client_secret_says_what_to_do_about_it(self):
        self.start()
        self.configure_token(support="help")
        self.secret("wrong-one", name="client-secret")
        self.says("SCM gives no token: status 401")

    def test_what_comes_back_instead_of_json_is_named(self):
        self.start()
        for fault, part in (({"kind": "html"}, "is it the page of a proxy"),
                            ({"kind": "truncated"}, "broken JSON"),
                            ({"kind": "wrong-type"}, 'got "text/plain"'),
                            ({"kind": "empty"}, "the answer is empty"),
                            ({"kind": "big"}, "larger than 8388608 bytes"),
                            ({"kind": "status", "status": 403, "code": -37}, "")):
            with self.subTest(fault=fault):
                self.scm.faults(fault)
                done = self.run_program("scm", "status", status=0 if part == "" else 1)
                self.assertIn(part, done.stderr)

    def test_a_server_that_is_busy_is_asked_again(self):
        self.start()
        self.scm.faults({"kind": "status", "status": 429, "retryAfter": 1, "times": 1})
        done = self.status()
        self.assertRegex(done.stdout, r"reachable +yes\n")
        self.assertRegex(done.stderr, r"status 429; trying again in [12]\.\d s")

    def test_one_that_wants_to_be_left_alone_is(self):
        self.start()
        self.scm.faults({"kind": "status", "status": 429, "retryAfter": 3600})
        done = self.says("SCM wants fewer calls: lower [scm] requests_per_s")
        self.assertEqual(len(self.scm.log()), 1)
        self.assertNotIn("trying again", done.stderr)

    def test_a_slow_answer_ends_at_the_time_limit(self):
        self.start(timeout="0.2")
        self.scm.faults({"kind": "slow", "seconds": 1, "times": 1})
        done = self.status()
        self.assertRegex(done.stderr, r"timed out.*trying again")

    def test_a_signal_ends_it(self):
        self.start()
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 100})
        process = self.start_program("scm", "status")
        process.stderr.readline()  # trying again in 100 s
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn("interrupted", errors)

    def test_no_server_is_no_mystery(self):
        self.start()
        self.configure(base_url=f"http://127.0.0.1:{free_port()}", connect_timeout="0.5")
        process = self.start_program("scm", "status")
        self.assertIn("Failed to connect", process.stderr.readline())


class Settings(ScmCase):
    def test_what_is_missing_or_wrong_is_named(self):
        self.start()
        for named, settings in (
                ("[scm] base_url is missing", {"base_url": None}),
                ("[scm] login or client_id is missing", {"login": None}),
                ("[scm] customer_uri is missing", {"customer_uri": None}),
                ("[scm] password_file is missing", {"password_file": None}),
                ("[scm] has both login and client_id", {"client_id": "x"}),
                ("[scm] base_url: a password goes over https:// only", {"base_url": "http://scm.example"}),
                ("[scm] base_url: expected an https:// address", {"base_url": "scm.example"}),
                ("[scm] base_url: no user name", {"base_url": "https://a:b@scm.example"}),
                ("[scm] requests_per_s", {"requests_per_s": "0"}),
                ("[scm] requests_per_s", {"requests_per_s": "many"}),
                ("[scm] requests_per_s", {"requests_per_s": "101"}),
                ("[scm] timeout", {"timeout": "-1"}),
                ("[scm] connect_timeout", {"connect_timeout": "0"}),
                ("/nonexistent: No such file", {"password_file": "/nonexistent"}),
                ("unknown key [scm] pasword", {"pasword": "x"})):
            with self.subTest(named=named):
                self.configure(**settings)
                done = self.run_program("scm", "status", status=2)
                self.assertIn(named, done.stderr)
        self.assertEqual(self.scm.log(), [])

    def test_without_any_configuration_the_way_to_it_is_shown(self):
        done = self.run_program("scm", "status", status=2)
        self.assertIn("docs/scm.md", done.stderr)

    def test_a_secret_that_others_can_read_is_refused(self):
        self.start()
        self.run_program("scm", "status")
        for mode in (0o644, 0o604, 0o660):
            self.configure(password_file=self.secret(mode=mode))
            self.assertIn("chmod 600", self.run_program("scm", "status", status=2).stderr)

    def test_a_systemd_credential_needs_no_path(self):
        self.start()
        self.configure(password_file=None)
        self.secret(name="scm-password")
        done = self.run_program("scm", "status", env={"CREDENTIALS_DIRECTORY": str(self.folder)})
        self.assertRegex(done.stdout, "reachable +yes")
        self.configure_token()
        self.configure(login=None, password_file=None, client_id="certscour-client",
                       token_url=self.scm.url + TOKEN_PATH)
        self.secret("not-a-secret-either", name="scm-client-secret")
        done = self.run_program("scm", "status", env={"CREDENTIALS_DIRECTORY": str(self.folder)})
        self.assertRegex(done.stdout, "reachable +yes")

    def test_the_rate_is_kept(self):
        self.start(requests_per_s="5")
        began = time.monotonic()
        self.run_program("scm", "status")
        calls = len(self.scm.log())
        self.assertGreaterEqual(time.monotonic() - began, (calls - 1) * 0.2)


class Secrets(ScmCase):
    """Nothing that is written anywhere holds a password, a client secret or a token."""

    def check(self, *texts):
        for secret in self.SECRETS:
            for text in texts:
                self.assertNotIn(secret, text)
        self.assertNotIn("Bearer", "".join(texts))

    def files(self):
        return [path for path in self.folder.rglob("*") if path.is_file()
                and path.name not in ("tenant.json", "password", "client-secret")]

    def run_checked(self, *words, status=0):
        done = self.run_program(*words, status=status)
        self.check(done.stdout, done.stderr, *(path.read_bytes().decode(errors="replace") for path in self.files()))

    def test_neither_output_nor_files_hold_a_secret_whatever_goes_wrong(self):
        self.start()
        for configure in (self.configure, self.configure_token):
            configure()
            self.scm.faults()
            self.run_checked("scm", "status")
            for fault in ({"kind": "status", "status": 400, "description": "not-a-secret-either not-a-secret."},
                          {"kind": "html"}, {"kind": "truncated"}, {"kind": "status", "status": 401, "code": -16}):
                with self.subTest(configure=configure.__name__, fault=fault):
                    self.scm.faults(fault)
                    done = self.run_program("scm", "status", status=1)
                    other = "not-a-secret." if configure == self.configure_token else "-either"
                    self.check(done.stdout, done.stderr.replace(other, ""))  # not ours, so only words

    def test_the_arguments_and_environment_of_the_running_program_hold_no_secret(self):
        self.start()
        self.scm.faults({"kind": "status", "status": 503, "retryAfter": 100})
        process = self.start_program("scm", "status")
        process.stderr.readline()
        for name in ("cmdline", "environ"):
            with open(f"/proc/{process.pid}/{name}", "rb") as file:
                self.check(file.read().decode(errors="replace"))

    @unittest.skipIf(shutil.which("strace") is None or SANITIZED, "left out: no strace, or the leak checker in its way")
    def test_the_password_is_written_to_the_server_alone(self):
        self.start()
        trace = self.folder / "trace"
        subprocess.run(["strace", "-f", "-s", "4096", "-e", "trace=write,writev,sendto,sendmsg,execve", "-o", trace, PROGRAM,
                        "scm", "status"], check=True, capture_output=True, env=self.env)
        lines = [line for line in trace.read_text(errors="replace").splitlines() if "not-a-secret" in line]
        self.assertTrue(lines)
        self.assertTrue(all("HTTP/1.1" in line for line in lines), os.linesep.join(lines))
