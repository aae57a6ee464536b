# SPDX-License-Identifier: Apache-2.0
"""Debian's servers of protocols that lead to TLS, each started in the foreground at the usual ports of a loopback
address, with a configuration, a data directory and a certificate of its own; without certificate they offer no TLS.

A kind is a function (site) -> Popen, where a site is one server's folder, port and certificate."""
import contextlib
import glob
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import Certificate, installed, wait_for_port

DOMAIN = "mail.example.org"
POSTFIX = "/usr/lib/postfix/sbin/master"
NNRPD = "/usr/lib/news/bin/nnrpd"
PORTS = {"smtp": 25, "lmtp": 24, "imap": 143, "pop3": 110, "sieve": 4190, "ftp": 21, "ldap": 389, "postgres": 5432, "mysql": 3306,
         "xmpp": 5222, "xmpp-server": 5269, "nntp": 119, "rdp": 3389, "irc": 6667}


@dataclass
class Site:
    kind: str
    folder: Path
    address: str
    protocols: tuple
    certificate: Certificate | None
    process: subprocess.Popen | None = None

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def own(self, user, *names):
        """Folders within the site's that belong to `user`; the first one's path."""
        for name in names:
            path = self.folder / name
            path.mkdir(parents=True, exist_ok=True)
            shutil.chown(path, user)
        return self.folder / names[0]

    def key_for(self, user):
        """The key where only `user` may read it."""
        path = self.folder / "owned.key"
        shutil.copy(self.certificate.key, path)
        shutil.chown(path, user)
        path.chmod(0o600)
        return path

    def run(self, *words, user=None, **environment):
        log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        cwd=self.folder, env={**os.environ, **environment}, start_new_session=True, user=user)
        log.close()

    def wait(self):
        for protocol in self.protocols:
            wait_for_port(self.address, PORTS[protocol], alive=self.check)

    def check(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.kind} ended: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def postfix(site):
    tls = (f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {site.certificate.pem}\n"
           f"smtpd_tls_key_file = {site.certificate.key}\n" if site.certificate else "")
    site.write("main.cf", f"compatibility_level = 3.6\nqueue_directory = {site.own('root', 'queue')}\n"
                          f"data_directory = {site.own('postfix', 'data')}\nmyhostname = {DOMAIN}\ninet_protocols = ipv4\n"
                          f"inet_interfaces = 127.0.0.1\nmaillog_file = {site.folder}/maillog\nmaillog_file_prefixes = {site.folder}\n{tls}")
    daemons = "".join(f"{name} unix - - n - 1 {name}\n" for name in ("tlsmgr", "anvil", "proxymap", "rewrite"))
    site.write("master.cf", f"{site.address}:{PORTS['smtp']} inet n - n - - smtpd\n{daemons}postlog unix-dgram n - n - 1 postlogd\n")
    site.own("root", "queue/pid")
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "public", "saved", "trace"):
        site.own("postfix", f"queue/{name}")
    site.run(POSTFIX, "-c", site.folder, "-s")


def dovecot(site):
    tls = (f"ssl = yes\nssl_cert = <{site.certificate.pem}\nssl_key = <{site.certificate.key}\n" if site.certificate
           else "ssl = no\n")
    services = {"imap-login": ("imap", "imap"), "pop3-login": ("pop3", "pop3"), "managesieve-login": ("sieve", "sieve"),
                "lmtp": ("lmtp", "lmtp")}
    listeners = "".join(f"service {name} {{\n inet_listener {listener} {{\n  address = {site.address}\n  port = {PORTS[protocol]}\n }}\n}}\n"
                        for name, (listener, protocol) in services.items())
    site.write("conf", f"base_dir = {site.folder}/run\nstate_dir = {site.folder}/state\nlog_path = {site.folder}/maillog\n"
                       f"protocols = imap pop3 lmtp sieve\nmail_location = maildir:{site.folder}/mail\n{tls}{listeners}"
                       "service imap-login {\n inet_listener imaps {\n  port = 0\n }\n}\n"
                       "service pop3-login {\n inet_listener pop3s {\n  port = 0\n }\n}\n"
                       "passdb {\n driver = static\n args = nopassword=y\n}\n")
    site.run(installed("dovecot"), "-F", "-c", site.folder / "conf")


def vsftpd(site):
    tls = (f"ssl_enable=YES\nrsa_cert_file={site.certificate.pem}\nrsa_private_key_file={site.certificate.key}\n"
           if site.certificate else "")
    conf = site.write("conf", f"listen=YES\nbackground=NO\nlisten_address={site.address}\nlisten_port={PORTS['ftp']}\nlocal_enable=YES\n"
                              f"anonymous_enable=NO\nsecure_chroot_dir={site.own('root', 'empty')}\nxferlog_enable=NO\n{tls}")
    site.run(installed("vsftpd"), conf)


def slapd(site):
    tls = (f"TLSCertificateFile {site.certificate.pem}\nTLSCertificateKeyFile {site.certificate.key}\n" if site.certificate else "")
    conf = site.write("conf", f"include /etc/ldap/schema/core.schema\npidfile {site.folder}/pid\n{tls}")
    site.run(installed("slapd"), "-h", f"ldap://{site.address}:{PORTS['ldap']}", "-f", conf, "-d", "0")


def postgres_program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else None


def postgres(site):
    data = site.own("postgres", "data")
    data.chmod(0o700)
    subprocess.run([postgres_program("initdb"), "-D", data, "-A", "trust", "--no-sync", "--no-instructions"], check=True, user="postgres",
                   capture_output=True, cwd=data)
    tls = (("-c", "ssl=on", "-c", f"ssl_cert_file={site.certificate.pem}", "-c", f"ssl_key_file={site.key_for('postgres')}")
           if site.certificate else ())
    site.run(postgres_program("postgres"), "-D", data, "-c", f"listen_addresses={site.address}", "-c", f"port={PORTS['postgres']}",
             "-c", f"unix_socket_directories={data}", "-c", "fsync=off", *tls, user="postgres")


def mariadb(site):
    data = site.own("mysql", "data")
    tls = ((f"--ssl-cert={site.certificate.pem}", f"--ssl-key={site.key_for('mysql')}") if site.certificate else ("--skip-ssl",))
    site.run(installed("mariadbd"), "--no-defaults", f"--datadir={data}", "--user=mysql", "--skip-grant-tables", "--skip-networking=0",
             f"--bind-address={site.address}", f"--port={PORTS['mysql']}", f"--socket={data}/socket", f"--pid-file={data}/pid",
             "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", *tls)


def prosody(site):
    tls = (f'ssl = {{ certificate = "{site.certificate.pem}"; key = "{site.certificate.key}" }}' if site.certificate else "")
    modules = '"saslauth"; "dialback"; "disco"' + ('; "tls"' if site.certificate else "")
    conf = site.write("conf.lua", f'run_as_root = true\ndaemonize = false\npidfile = "{site.folder}/pid"\ndata_path = "{site.own("root", "data")}"\n'
                                  f'interfaces = {{ "{site.address}" }}\nc2s_ports = {{ {PORTS["xmpp"]} }}\ns2s_ports = {{ {PORTS["xmpp-server"]} }}\n'
                                  f'modules_enabled = {{ {modules} }}\nmodules_disabled = {{ "s2s_auth_certs" }}\nhttp_ports = {{}}\nhttps_ports = {{}}\n'
                                  f'allow_unencrypted_plain_auth = true\nVirtualHost "{DOMAIN}"\n{tls}\n')
    site.run(installed("prosody"), "--config", conf, "-F")


def nnrpd(site):
    tls = (f"tlscertfile: {site.certificate.pem}\ntlskeyfile: {site.key_for('news')}\ntlscapath: /nonexistent\n" if site.certificate else "")
    paths = {"pathnews": "/usr/lib/news", "pathdb": site.own("news", "db"), "pathspool": site.own("news", "spool"), "pathoverview": site.own("news", "overview"), "pathlog": site.own("news", "logs"),
             "pathrun": site.own("news", "run"), "pathetc": site.folder}
    for name in ("db/active", "db/newsgroups", "spool/tradspool.map", "overview/group.index"):
        site.write(name, "")
    site.write("storage.conf", "method tradspool {\n newsgroups: *\n class: 0\n}\n")
    conf = site.write("inn.conf", f"domain: example.org\npathhost: news.example.org\nmta: /bin/true\nhismethod: hisv6\novmethod: tradindexed\n{tls}"
                      + "".join(f"{key}: {value}\n" for key, value in paths.items()))
    readers = site.write("readers.conf", 'auth "all" { hosts: "*" default: "<anonymous>" }\naccess "all" { users: "*" newsgroups: "*" }\n')
    site.run(NNRPD, "-D", "-f", "-b", site.address, "-p", PORTS["nntp"], "-c", readers, INNCONF=str(conf))


def xrdp(site):
    layer = (f"security_layer=tls\ncertificate={site.certificate.pem}\nkey_file={site.certificate.key}\n" if site.certificate
             else "security_layer=rdp\ncrypt_level=low\n")
    conf = site.write("xrdp.ini", f"[Globals]\nini_version=1\nfork=false\nport=tcp://{site.address}:{PORTS['rdp']}\n{layer}bitmap_cache=true\n"
                                  f"[Logging]\nLogFile={site.folder}/xrdp.log\nLogLevel=DEBUG\nEnableSyslog=false\n[Xorg]\nname=Xorg\nlib=libxup.so\n")
    shutil.copy("/etc/xrdp/rsakeys.ini", site.folder / "rsakeys.ini")
    site.run(installed("xrdp"), "-n", "-c", conf)


def inspircd(site):
    tls = (f'<module name="ssl_gnutls"><module name="starttls"><sslprofile name="own" provider="gnutls" certfile="{site.certificate.pem}" '
           f'keyfile="{site.certificate.key}" cafile="">' if site.certificate else "")
    conf = site.write("conf", f'<server name="irc.example.org" description="test" network="Example">\n<admin name="a" nick="a" email="a@example.org">\n'
                              f'<bind address="{site.address}" port="{PORTS["irc"]}" type="clients">\n{tls}\n'
                              f'<connect name="all" allow="*" timeout="30" registered="30" resolvehostnames="no" useident="no">\n<pid file="{site.folder}/pid">\n'
                              f'<path datadir="{site.own("root", "data")}" logdir="{site.own("root", "logs")}">\n')
    site.run(installed("inspircd"), "--runasroot", "--nofork", "--config", conf)


KINDS = {postfix: (("smtp",), POSTFIX), dovecot: (("imap", "pop3", "lmtp", "sieve"), "dovecot"), vsftpd: (("ftp",), "vsftpd"),
         slapd: (("ldap",), "slapd"), postgres: (("postgres",), None), mariadb: (("mysql",), "mariadbd"),
         prosody: (("xmpp", "xmpp-server"), "prosody"), nnrpd: (("nntp",), NNRPD), xrdp: (("rdp",), "xrdp"),
         inspircd: (("irc",), "inspircd")}


def is_installed(kind):
    program = KINDS[kind][1]
    if kind is postgres:
        return postgres_program("postgres") is not None
    return os.access(program, os.X_OK) if program.startswith("/") else installed(program) is not None


def start(kind, folder, address, with_tls):
    """Not waited for."""
    name = kind.__name__
    own = Path(folder) / f"{name}-{'tls' if with_tls else 'clear'}"
    own.mkdir()
    own.chmod(0o755)
    certificate = Certificate(own, DOMAIN if kind is prosody else f"{name}.example.org", "rsa") if with_tls else None
    if certificate:
        certificate.key.chmod(0o600 if kind is not prosody else 0o644)
    site = Site(name, own, address, KINDS[kind][0], certificate)
    kind(site)
    return site
