# SPDX-License-Identifier: Apache-2.0
"""Both lanes to a certificate, our own hello and libssl, against real servers: they have to find the same chains.

nginx, haproxy, apache2, stunnel4, gnutls-serv (gnutls-bin), selfserv (libnss3-tools) and openssl s_server, each in
every protocol version and with every kind of key it takes, are started at once and scanned together, once in each lane
and once as by default. What is not installed is left out, and is a failure with CERTSCOUR_REQUIRE_SERVERS=1."""
import shutil
import tempfile
import unittest

from servers import NUMBERS, VERSIONS, Fleet
from support import Case, need

FLEET = None
FOUND = {}  # lane -> {(ip, port, server name): lines}
WEAK = {"RC4": "+ARCFOUR-128", "3DES": "+3DES-CBC"}


def setUpModule():
    global FLEET
    FLEET = Fleet(tempfile.mkdtemp(prefix="certscour-it-"))
    fill_matrix(FLEET)
    fill_old_ciphers(FLEET)
    fill_tls13(FLEET)
    fill_flights(FLEET)
    fill_names(FLEET)
    try:
        FLEET.start()
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    FLEET.stop()
    FOUND.clear()
    shutil.rmtree(FLEET.folder, ignore_errors=True)


def fill_matrix(fleet):
    authority = fleet.authority
    for server in fleet.servers.values():
        for version, kind in server.matrix():
            server.add(f"matrix {version} {kind}", version, [authority.chain(kind)],
                       lanes=("direct",) if version == "SSLv3" else ("direct", "full"))
    both = [authority.chain("rsa"), authority.chain("p256")]
    for program in ("nginx", "apache2", "gnutls-serv", "selfserv", "openssl"):
        for version in VERSIONS:
            fleet[program].add(f"dual {version}", version, both)
    for version in VERSIONS:
        fleet["haproxy"].add(f"dual {version}", version, both, names={"www.example.org": both})
    fleet["openssl"].add("dual ed25519", "TLSv1.3", [authority.chain("rsa"), authority.chain("ed25519")])


def fill_old_ciphers(fleet):
    authority, gnutls, openssl = fleet.authority, fleet["gnutls-serv"], fleet["openssl"]
    rsa = [authority.chain("rsa")]
    for version in VERSIONS[:3]:
        for name, cipher in WEAK.items():
            gnutls.add(f"weak {name} {version}", version, rsa, f"-CIPHER-ALL:{cipher}:+SHA1:+RSA", lanes=("direct",))
        openssl.add(f"kx RSA {version}", version, rsa, "-cipher", "AES128-SHA:@SECLEVEL=0")
        openssl.add(f"kx DHE {version}", version, rsa, "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0", "-dhparam",
                    authority.dh_parameters(1024))
        for groups, lanes in (("-GROUP-ALL", ("direct",)), ("+GROUP-ALL", ("direct", "full"))):
            gnutls.add(f"kx DHE {groups} {version}", version, rsa, f"-KX-ALL:+DHE-RSA:{groups}", "--dhparams",
                       authority.dh_parameters(768), lanes=lanes)


def fill_tls13(fleet):
    p256 = [fleet.authority.chain("p256")]
    openssl = fleet["openssl"]
    for group in ("X25519", "P-256", "P-384", "P-521"):
        openssl.add(f"group {group}", "TLSv1.3", p256, "-groups", group)
    for group in ("X25519", "SECP256R1", "SECP384R1", "SECP521R1"):
        fleet["gnutls-serv"].add(f"group {group}", "TLSv1.3", p256, f"-GROUP-ALL:+GROUP-{group}")
    for group in ("x25519", "P256", "P384", "P521"):
        fleet["selfserv"].add(f"group {group}", "TLSv1.3", [fleet.authority.chain("rsa")], "-I", group)
    for group in ("X448", "ffdhe2048"):
        openssl.add(f"full group {group}", "TLSv1.3", p256, "-groups", group, lanes=("full",))
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        openssl.add(f"suite {suite}", "TLSv1.3", p256, "-ciphersuites", suite)
        openssl.add(f"suite {suite} retried", "TLSv1.3", p256, "-ciphersuites", suite, "-groups", "P-256")
    for suite in ("TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"):
        openssl.add(f"full suite {suite}", "TLSv1.3", p256, "-ciphersuites", suite, lanes=("full",))


def fill_flights(fleet):
    """What stands around the Certificate message, or makes it large."""
    authority, nginx, gnutls, openssl = fleet.authority, fleet["nginx"], fleet["gnutls-serv"], fleet["openssl"]
    rsa = [authority.chain("rsa")]
    root = authority.root
    staple = authority.ocsp_response(rsa[0])
    long = [authority.long_chain(12)]
    for version in VERSIONS[2:]:
        openssl.add(f"client {version}", version, rsa, "-Verify", "2", "-verify_return_error", "-CAfile", root)
        nginx.add(f"client {version}", version, rsa, f"ssl_verify_client on; ssl_client_certificate {root};")
        gnutls.add(f"client {version}", version, rsa, "", "--require-client-cert", "--x509cafile", root)
        openssl.add(f"staple {version}", version, rsa, "-status_file", staple)
        nginx.add(f"staple {version}", version, rsa, f"ssl_stapling on; ssl_stapling_file {staple};")
        for server in (openssl, nginx, gnutls):
            server.add(f"long {version}", version, long)


def fill_names(fleet):
    hosts = {name: [fleet.authority.chain("p256", name)] for name in ("mail.example.org", "shop.example.org")}
    for version in VERSIONS[2:]:
        fleet["nginx"].add(f"names {version}", version, [fleet.authority.chain("rsa")], names=hosts)
        fleet["nginx"].add(f"reject {version}", version, [], names=hosts)


def short(sha256):
    """Still no two alike, and a difference can be read."""
    return sha256[:16]


class Lanes(Case):
    maxDiff = None

    def found(self, lane):
        """All that one run in that lane saw; the run is made for the first test that asks."""
        if lane not in FOUND:
            targets = self.folder / "targets"
            targets.write_text("".join(f"{e.ip}:{e.port}/tls\n" for e in FLEET.endpoints()))
            names = self.folder / "names"
            names.write_text("".join(f"{e.ip} {name}\n" for e in FLEET.endpoints() for name in e.names))
            lines = {}
            for line in self.scan("-i", targets, "--names", names, "--lane", lane, "--no-store"):
                lines.setdefault((line["ip"], line["port"], line["server_name"]), []).append(line)
            FOUND[lane] = lines
        return FOUND[lane]

    def endpoints(self, program, label):
        need(program)
        chosen = [e for e in FLEET[program].endpoints if e.label.startswith(label)]
        self.assertTrue(chosen, f"{program} {label}")
        return chosen

    def assert_chains(self, lane, endpoint, name, chains, by=None):
        lines = self.found(lane).get((endpoint.ip, endpoint.port, name), [])
        seen = [(line["outcome"], line["detail"], line.get("tls_version"), line.get("lane"),
                 [short(sha256) for sha256 in line.get("chain", [])]) for line in lines]
        should = [("certificate", None, endpoint.version, by or lane, [short(sha256) for sha256 in chain.sha256])
                  for chain in chains]
        self.assertEqual(sorted(seen, key=repr), sorted(should, key=repr))
        self.assertTrue(all(line["sha256"] == line["chain"][0] for line in lines))

    def assert_no_chain(self, lane, endpoint, name, outcome, detail):
        line, = self.found(lane).get((endpoint.ip, endpoint.port, name), [])
        self.assertEqual(line["outcome"], outcome, line)
        self.assertRegex(line["detail"], detail)

    def check(self, program, label, without="handshake_failure", name=None):
        """Each lane that can obtains exactly the chains that the server has; the other one says why it did not."""
        for endpoint in self.endpoints(program, label):
            chains = endpoint.names[name] if name else endpoint.chains
            for lane in ("direct", "full", "auto"):
                with self.subTest(server=program, label=endpoint.label, lane=lane, ip=endpoint.ip, port=endpoint.port):
                    if lane == "auto":
                        self.assert_chains(lane, endpoint, name, chains, endpoint.lanes[0])
                    elif lane in endpoint.lanes:
                        self.assert_chains(lane, endpoint, name, chains)
                    else:
                        self.assert_no_chain(lane, endpoint, name, "tls-alert", without)

    def check_each(self, programs, label):
        """Those that are installed are checked, also when others have to be left out."""
        left_out = []
        for program in programs:
            try:
                self.check(program, label)
            except unittest.SkipTest as reason:
                left_out.append(str(reason))
        if left_out:
            self.skipTest("; ".join(left_out))


class Matrix(Lanes):
    """Every protocol version with every kind of key."""

    def test_both_lanes_see_the_same_chains_of_nginx(self):
        self.check("nginx", "matrix")

    def test_both_lanes_see_the_same_chains_of_haproxy(self):
        self.check("haproxy", "matrix")

    def test_both_lanes_see_the_same_chains_of_apache(self):
        self.check("apache2", "matrix")

    def test_both_lanes_see_the_same_chains_of_stunnel(self):
        self.check("stunnel4", "matrix")

    def test_both_lanes_see_the_same_chains_of_gnutls(self):
        self.check("gnutls-serv", "matrix")

    def test_both_lanes_see_the_same_chains_of_nss_and_the_direct_one_alone_its_ssl_3_0(self):
        self.check("selfserv", "matrix", "protocol_version")

    def test_both_lanes_see_the_same_chains_of_openssl(self):
        self.check("openssl", "matrix")

    def test_the_matrix_is_whole(self):
        self.assertEqual({program: sum(e.label.startswith("matrix") for e in server.endpoints)
                          for program, server in FLEET.servers.items()},
                         {"nginx": 14, "haproxy": 14, "apache2": 14, "stunnel4": 14, "gnutls-serv": 14, "selfserv": 13,
                          "openssl": 14})


class TwoKeys(Lanes):
    """Servers that have an RSA certificate and one of another kind show both."""

    def test_both_leaves_of_nginx_are_found(self):
        self.check("nginx", "dual")

    def test_both_leaves_of_haproxy_are_found(self):
        self.check("haproxy", "dual", name="www.example.org")
        for endpoint in self.endpoints("haproxy", "dual"):  # without name it may keep one of them back
            shown = [[line["chain"] for line in self.found(lane)[endpoint.ip, endpoint.port, None]]
                     for lane in ("direct", "full", "auto")]
            self.assertEqual(shown, [shown[0]] * 3)

    def test_both_leaves_of_apache_are_found(self):
        self.check("apache2", "dual")

    def test_both_leaves_of_gnutls_are_found(self):
        self.check("gnutls-serv", "dual")

    def test_both_leaves_of_nss_are_found(self):
        self.check("selfserv", "dual")

    def test_both_leaves_of_openssl_are_found(self):
        self.check("openssl", "dual")

    def test_with_the_first_key_type_alone_one_leaf_is_shown(self):
        dual = self.endpoints("openssl", "dual")[-1]
        for lane in ("direct", "full"):
            line = self.scan_one(f"{dual.ip}:{dual.port}/tls", "--lane", lane, "--key-types", "first", "--no-store")
            self.assertIn(line["chain"], [chain.sha256 for chain in dual.chains])


class OldCiphers(Lanes):
    def test_rc4_alone_is_read_directly_where_libssl_has_no_such_cipher(self):
        self.check("gnutls-serv", "weak RC4")

    def test_triple_des_alone_is_read_directly_where_libssl_has_no_such_cipher(self):
        self.check("gnutls-serv", "weak 3DES")

    def test_rsa_key_exchange_alone_is_read(self):
        self.check("openssl", "kx RSA")

    def test_short_diffie_hellman_alone_is_read(self):
        self.check("openssl", "kx DHE")

    def test_diffie_hellman_is_read_directly_also_where_the_named_groups_of_libssl_are_refused(self):
        # RFC 7919, 4: a server that has none of the finite-field groups a client names does not use others.
        self.check("gnutls-serv", "kx DHE")


class Tls13(Lanes):
    def test_a_group_without_a_share_in_the_hello_costs_a_retry_and_is_read(self):
        self.check_each(("openssl", "gnutls-serv"), "group")

    def test_a_retry_with_a_cookie_is_read(self):
        self.check("selfserv", "group")

    def test_a_group_that_only_libssl_has_is_read_by_the_full_lane(self):
        self.check("openssl", "full group", "handshake_failure|protocol_version|insufficient_security")

    def test_each_usual_cipher_suite_is_read_directly(self):
        self.check("openssl", "suite")

    def test_a_suite_that_only_libssl_has_is_read_by_the_full_lane(self):
        self.check("openssl", "full suite", "ours: the server wants cipher suite TLS_AES_128_CCM")


class Flights(Lanes):
    def test_a_demanded_client_certificate_loses_nothing(self):
        self.check_each(("openssl", "nginx", "gnutls-serv"), "client")

    def test_a_stapled_ocsp_response_is_read_past(self):
        self.check_each(("openssl", "nginx"), "staple")

    def test_a_chain_that_spans_records_is_whole(self):
        self.assertGreater(self.endpoints("openssl", "long")[0].chains[0].size, 16384)
        self.check_each(("openssl", "nginx", "gnutls-serv"), "long")


class Names(Lanes):
    def test_the_server_name_chooses_the_chain_in_either_lane(self):
        self.check("nginx", "names")
        for endpoint in self.endpoints("nginx", "names"):
            for name, chains in endpoint.names.items():
                for lane in ("direct", "full"):
                    with self.subTest(label=endpoint.label, lane=lane, name=name):
                        self.assert_chains(lane, endpoint, name, chains)

    def test_a_default_server_that_rejects_says_so_and_its_named_hosts_answer(self):
        for endpoint in self.endpoints("nginx", "reject"):
            for lane in ("direct", "full", "auto"):
                with self.subTest(label=endpoint.label, lane=lane):
                    self.assert_no_chain(lane, endpoint, None, "tls-alert", "unrecognized_name.*no server name")
                    for name, chains in endpoint.names.items():
                        self.assert_chains(lane, endpoint, name, chains, "direct" if lane == "auto" else lane)
