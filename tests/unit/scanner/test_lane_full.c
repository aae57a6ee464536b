// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "scanner/lane_full.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_server.h"
#include "tests/unit/scanner/flight.h"

static struct tls_crypto *crypto;
static struct lane_full_context *context;

/* ---- against a real server ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return -1;
    return fd;
}

/* Carries bytes between the lane and the peer until there is a verdict; LANE_MORE = the peer went first. */
static enum lane_verdict converse(struct lane_full_context *with, int fd, const char *name,
                                  struct lane_result *result)
{
    uint8_t in[4096];
    ssize_t len = 0;
    struct buf out = {0};
    struct lane_full *lane = lane_full_begin(with, KEY_FAMILY_ANY, name);
    enum lane_verdict verdict = LANE_MORE;
    *result = (struct lane_result){0};
    while (lane != NULL && len >= 0) {
        verdict = lane_full_step(lane, in, (size_t)len, &out, result);
        if (verdict != LANE_MORE ||
            (out.len > 0 && send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len))
            break;
        buf_reset(&out);
        len = recv(fd, in, sizeof in, 0);
        if (len == 0)
            break;
    }
    lane_full_free(lane);
    buf_dispose(&out);
    return verdict;
}

static enum lane_verdict ask(const struct tls_server *server, const char *name, struct lane_result *result)
{
    int fd = connect_to(tls_server_port(server));
    assert_true(fd >= 0);
    enum lane_verdict verdict = converse(context, fd, name, result);
    close(fd);
    return verdict;
}

static void is_certificate_of(const struct tls_server *server, unsigned number, const struct chain *chain)
{
    size_t len;
    uint8_t sha256[SHA256_SIZE];
    const uint8_t *der = tls_server_certificate(server, number, &len);
    assert_true(chain->cert_count >= 1);
    assert_int_equal(chain->certs[0].len, len);
    assert_memory_equal(chain->certs[0].bytes, der, len);
    assert_int_equal(EVP_Digest(der, len, sha256, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(chain->certs[0].sha256, sha256, sizeof sha256);
}

static struct tls_server *serve(struct tls_server_options options)
{
    struct tls_server *server = tls_server_start("127.0.0.1", &options);
    assert_non_null(server);
    return server;
}

/* The chain that such a server shows; chain_dispose(&chain). */
static struct chain chain_from(struct tls_server_options options, const char *name)
{
    struct lane_result result;
    struct tls_server *server = serve(options);
    if (ask(server, name, &result) != LANE_CHAIN)
        fail_msg("%s: %s (%04x, %s, %s)", outcome_name(result.outcome), result.detail,
                 (unsigned)options.max_version, options.keys[0],
                 options.ciphers != NULL ? options.ciphers : "all");
    is_certificate_of(server, 0, &result.chain);
    assert_int_equal(result.outcome, OUTCOME_CERTIFICATE);
    assert_int_equal(result.chain.lane, LANE_FULL);
    tls_server_stop(server);
    return result.chain;
}

static void every_version_shows_every_kind_of_key(void **state)
{
    static const struct {
        int from_version;
        const char *key;
    } kinds[] = {
        {0x0301, "rsa:1024"}, {0x0301, "rsa:2048"}, {0x0301, "ec:P-256"}, {0x0301, "ec:P-384"},
        {0x0301, "ec:P-521"}, {0x0303, "ed25519"},  {0x0303, "ed448"},
    };
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (version < kinds[i].from_version)
                continue;
            struct chain chain = chain_from((struct tls_server_options){.min_version = version,
                                                                        .max_version = version,
                                                                        .keys = {kinds[i].key}},
                                            NULL);
            assert_int_equal(chain.tls_version, version);
            assert_int_not_equal(chain.cipher_suite, 0);
            chain_dispose(&chain);
        }
    }
}

static void old_and_odd_cipher_suites_are_spoken(void **state)
{
    static const char *const suites[] = {"AES128-SHA",           "AES256-GCM-SHA384",  "CAMELLIA128-SHA",
                                         "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-NULL-SHA", "NULL-SHA256"};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        char list[64];
        snprintf(list, sizeof list, "%s:@SECLEVEL=0", suites[i]);
        struct chain chain = chain_from(
            (struct tls_server_options){.max_version = 0x0303, .keys = {"rsa:2048"}, .ciphers = list}, NULL);
        chain_dispose(&chain);
    }
}

static void a_demanded_client_certificate_hides_nothing(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct chain chain = chain_from((struct tls_server_options){.min_version = version,
                                                                    .max_version = version,
                                                                    .keys = {"ec:P-256"},
                                                                    .demands_client_certificate = true},
                                        NULL);
        chain_dispose(&chain);
    }
}

static void the_whole_chain_comes_in_order(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct chain chain = chain_from((struct tls_server_options){.min_version = version,
                                                                    .max_version = version,
                                                                    .keys = {"ec:P-256"},
                                                                    .extra_certs = CHAIN_MAX_CERTS - 1},
                                        NULL);
        assert_int_equal(chain.cert_count, CHAIN_MAX_CERTS);
        chain_dispose(&chain);
    }
}

static void one_certificate_too_many_is_too_large(void **state)
{
    struct lane_result result;
    (void)state;
    struct tls_server *server =
        serve((struct tls_server_options){.keys = {"ec:P-256"}, .extra_certs = CHAIN_MAX_CERTS});
    assert_int_equal(ask(server, NULL, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_TOO_LARGE);
    assert_null(result.chain.certs);
    tls_server_stop(server);
}

static void the_name_is_sent_where_there_is_one(void **state)
{
    struct lane_result result;
    struct tls_server_options options = {.keys = {"ec:P-256"}, .only_name = "www.example"};
    (void)state;
    struct chain chain = chain_from(options, "www.example");
    chain_dispose(&chain);
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, NULL, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_TLS_ALERT);
    assert_string_equal(result.detail, "unrecognized_name");
    assert_int_equal(ask(server, "mail.example", &result), LANE_END);
    assert_string_equal(result.detail, "unrecognized_name");
    tls_server_stop(server);
}

static void one_context_serves_many_handshakes(void **state)
{
    struct lane_result result;
    (void)state;
    struct tls_server *server = serve((struct tls_server_options){.keys = {"ec:P-256"}});
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(server, NULL, &result), LANE_CHAIN);
        chain_dispose(&result.chain);
    }
    tls_server_stop(server);
}

/* ---- against made up bytes ---- */

/* The verdict on `flight`, fed in pieces of `piece` bytes. */
static enum lane_verdict feed(const struct buf *flight, size_t piece, struct lane_result *result)
{
    struct buf out = {0};
    struct lane_full *lane = lane_full_begin(context, KEY_FAMILY_ANY, NULL);
    assert_non_null(lane);
    assert_int_equal(flight->err, CS_OK);
    *result = (struct lane_result){0};
    enum lane_verdict verdict = lane_full_step(lane, NULL, 0, &out, result);
    assert_int_equal(verdict, LANE_MORE);
    assert_true(out.len > 100);
    assert_int_equal(out.data[0], 22); /* a ClientHello */
    for (size_t at = 0; at < flight->len && verdict == LANE_MORE; at += piece) {
        size_t len = flight->len - at < piece ? flight->len - at : piece;
        verdict = lane_full_step(lane, flight->data + at, len, &out, result);
    }
    lane_full_free(lane);
    buf_dispose(&out);
    return verdict;
}

static void ends_as(enum outcome outcome, const char *detail, struct buf *flight)
{
    const size_t pieces[] = {SIZE_MAX / 2, 1, 7};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct lane_result result;
        enum lane_verdict verdict = feed(flight, pieces[i], &result);
        assert_int_equal(verdict, outcome == OUTCOME_CERTIFICATE ? LANE_CHAIN : LANE_END);
        assert_string_equal(outcome_name(result.outcome), outcome_name(outcome));
        if (detail != NULL)
            assert_string_equal(result.detail, detail);
        chain_dispose(&result.chain);
    }
    buf_dispose(flight);
}

static struct buf hello(void)
{
    struct buf flight = {0};
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    return flight;
}

static void der_that_nobody_can_read_is_a_certificate_still(void **state)
{
    struct lane_result result;
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "garbage", 7, 2);
    assert_int_equal(feed(&flight, 100, &result), LANE_CHAIN);
    assert_int_equal(result.chain.cert_count, 2);
    assert_memory_equal(result.chain.certs[1].bytes, "garbage", 7);
    assert_int_equal(result.chain.tls_version, 0x0303);
    assert_int_equal(result.chain.cipher_suite, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    chain_dispose(&result.chain);
    ends_as(OUTCOME_CERTIFICATE, "", &flight);
}

static void what_breaks_after_the_certificate_loses_nothing(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "garbage", 7, 1);
    flight_record(&flight, 99, 0xFFFF, "nonsense", 8);
    ends_as(OUTCOME_CERTIFICATE, "", &flight);
}

static void an_empty_certificate_list_is_malformed(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "", 0, 0);
    ends_as(OUTCOME_MALFORMED, "the certificate list is empty or broken", &flight);
}

static void lengths_that_lie_are_malformed(void **state)
{
    struct buf flight = hello();
    struct buf body = {0};
    (void)state;
    flight_number(&body, 1000, 3); /* the list claims more than the message has */
    flight_number(&body, 7, 3);
    buf_append_str(&body, "garbage");
    flight_message(&flight, FLIGHT_CERTIFICATE, &body);
    buf_dispose(&body);
    ends_as(OUTCOME_MALFORMED, "the certificate list is empty or broken", &flight);
}

static void a_message_beyond_the_limit_is_too_large_before_it_has_come(void **state)
{
    struct buf flight = hello();
    struct buf body = {0};
    (void)state;
    flight_number(&body, CHAIN_MAX_BYTES + 100, 3);
    flight_message_claiming(&flight, FLIGHT_CERTIFICATE, &body, CHAIN_MAX_BYTES + 103);
    buf_dispose(&body);
    ends_as(OUTCOME_TOO_LARGE, NULL, &flight);
}

static void a_certificate_of_200_kilobytes_is_taken(void **state)
{
    struct lane_result result;
    struct buf flight = hello();
    char *der = calloc(1, 200000);
    (void)state;
    assert_non_null(der);
    flight_certificates(&flight, der, 200000, 1);
    assert_int_equal(feed(&flight, 65536, &result), LANE_CHAIN);
    assert_int_equal(result.chain.certs[0].len, 200000);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
    free(der);
}

static void fatal_alerts_are_told_by_name(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 2, 40);
    ends_as(OUTCOME_TLS_ALERT, "handshake_failure", &flight);
    flight_alert(&flight, 2, 70);
    ends_as(OUTCOME_TLS_ALERT, "protocol_version", &flight);
    flight_alert(&flight, 2, 200);
    ends_as(OUTCOME_TLS_ALERT, "unknown_alert", &flight);
    flight = hello();
    flight_alert(&flight, 2, 80);
    ends_as(OUTCOME_TLS_ALERT, "internal_error", &flight);
}

static void a_warning_does_not_end_a_handshake(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 1, 112); /* the name is not known here, but never mind */
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, "garbage", 7, 1);
    ends_as(OUTCOME_CERTIFICATE, "", &flight);
}

static void a_close_notify_before_the_certificate_is_a_close(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 1, 0);
    ends_as(OUTCOME_CLOSED, "close_notify", &flight);
    flight = hello();
    flight_alert(&flight, 1, 0);
    ends_as(OUTCOME_CLOSED, "close_notify", &flight);
}

static void a_version_that_libssl_has_not_is_no_broken_format(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0300, 0x000A);
    ends_as(OUTCOME_TLS_ALERT, "protocol_version (ours: the server chose one we cannot speak)", &flight);
}

static void broken_tls_is_malformed(void **state)
{
    struct buf flight = {0};
    struct buf empty = {0};
    (void)state;
    flight_record(&flight, 22, 0x0303, "\xff\x00\x00\x01x", 5); /* no such message */
    ends_as(OUTCOME_MALFORMED, NULL, &flight);
    flight_record(&flight, 23, 0x0303, "application data", 16);
    ends_as(OUTCOME_MALFORMED, NULL, &flight);
    flight_certificates(&flight, "garbage", 7, 1); /* before any hello */
    ends_as(OUTCOME_MALFORMED, NULL, &flight);
    flight = hello();
    flight_message(&flight, FLIGHT_SERVER_HELLO_DONE, &empty); /* no certificate, though the suite has one */
    ends_as(OUTCOME_MALFORMED, NULL, &flight);
    flight_server_hello(&flight, 0x0303, 0x0035 + 0x2222); /* a suite never offered */
    ends_as(OUTCOME_MALFORMED, NULL, &flight);
}

static void half_a_message_asks_for_more(void **state)
{
    struct lane_result result;
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "garbage", 7, 1);
    for (size_t cut = 1; cut < flight.len; cut++) {
        struct buf part = {.data = flight.data, .len = cut};
        assert_int_equal(feed(&part, SIZE_MAX / 2, &result), LANE_MORE);
    }
    buf_dispose(&flight);
}

/* ---- under a hostile configuration ---- */

static const char strict_configuration[] = "openssl_conf = all\n"
                                           "[all]\nssl_conf = ssl\nproviders = providers\n"
                                           "[providers]\nnull = null_provider\n"
                                           "[null_provider]\nactivate = 1\n"
                                           "[ssl]\nsystem_default = worst\n"
                                           "[worst]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.3\n"
                                           "CipherString = AES256-SHA256:@SECLEVEL=5\n"
                                           "Ciphersuites = TLS_AES_256_GCM_SHA384\nGroups = P-521\n"
                                           "SignatureAlgorithms = ed448\n"
                                           "Options = -UnsafeLegacyServerConnect,-LegacyServerConnect\n";
static const char broken_configuration[] = "openssl_conf = all\n"
                                           "[all]\nssl_conf = ssl\nproviders = providers\n"
                                           "[providers]\nnone = none\n"
                                           "[none]\nmodule = /nonexistent.so\nactivate = 1\n"
                                           "[ssl]\nsystem_default = worst\n"
                                           "[worst]\nCipherString = no-such-cipher\nGroups = nonsense\n"
                                           "SignatureAlgorithms = nonsense+SHA0\nMinProtocol = TLSv9\n";

#define NOT_HOSTILE 77

static enum cs_err open_contexts(struct diag *diag)
{
    enum cs_err err = tls_crypto_new(&crypto, diag);
    return err == CS_OK ? lane_full_context_new(&context, crypto, diag) : err;
}

static void close_contexts(void)
{
    lane_full_context_free(context);
    tls_crypto_free(crypto);
}

/* What the child does: 0 when it has got the certificate over TLS 1.0. */
static int scan_as_child(uint16_t port, bool wants_no_digest)
{
    struct lane_result result;
    struct diag diag;
    EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_free(digest);
    if (wants_no_digest && digest != NULL)
        return NOT_HOSTILE; /* the configuration was not read */
    int fd = connect_to(port);
    if (fd < 0 || open_contexts(&diag) != CS_OK)
        return 1;
    enum lane_verdict verdict = converse(context, fd, NULL, &result);
    bool got = verdict == LANE_CHAIN && result.chain.tls_version == 0x0301;
    if (!got)
        fprintf(stderr, "%s: %s\n", outcome_name(result.outcome), result.detail);
    chain_dispose(&result.chain);
    close_contexts();
    close(fd);
    return got ? 0 : 1;
}

/* This program again, with OPENSSL_CONF; its exit status. */
static int scan_under(const char *configuration, uint16_t port, const char *wants)
{
    char path[4096];
    char setting[4200];
    char port_text[8];
    int status = -1;
    pid_t pid;
    char *folder = temp_dir_new();
    assert_non_null(folder);
    snprintf(path, sizeof path, "%s/openssl.cnf", folder);
    snprintf(setting, sizeof setting, "OPENSSL_CONF=%s", path);
    snprintf(port_text, sizeof port_text, "%u", port);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(configuration, file);
    fclose(file);
    char *const arguments[] = {"test_lane_full", port_text, (char *)wants, NULL};
    char *const environment[] = {setting, NULL};
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environment), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    temp_dir_remove(folder);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void no_system_wide_policy_stops_it(void **state)
{
    (void)state;
    struct tls_server *server = serve(
        (struct tls_server_options){.min_version = 0x0301, .max_version = 0x0301, .keys = {"rsa:1024"}});
    assert_int_equal(scan_under(strict_configuration, tls_server_port(server), "no-digest"), 0);
    assert_int_equal(scan_under(broken_configuration, tls_server_port(server), "anything"), 0);
    tls_server_stop(server);
}

static int make_context(void **state)
{
    struct diag diag;
    (void)state;
    return open_contexts(&diag) == CS_OK ? 0 : -1;
}

static int free_context(void **state)
{
    (void)state;
    close_contexts();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_shows_every_kind_of_key),
        cmocka_unit_test(old_and_odd_cipher_suites_are_spoken),
        cmocka_unit_test(a_demanded_client_certificate_hides_nothing),
        cmocka_unit_test(the_whole_chain_comes_in_order),
        cmocka_unit_test(one_certificate_too_many_is_too_large),
        cmocka_unit_test(the_name_is_sent_where_there_is_one),
        cmocka_unit_test(one_context_serves_many_handshakes),
        cmocka_unit_test(der_that_nobody_can_read_is_a_certificate_still),
        cmocka_unit_test(what_breaks_after_the_certificate_loses_nothing),
        cmocka_unit_test(an_empty_certificate_list_is_malformed),
        cmocka_unit_test(lengths_that_lie_are_malformed),
        cmocka_unit_test(a_message_beyond_the_limit_is_too_large_before_it_has_come),
        cmocka_unit_test(a_certificate_of_200_kilobytes_is_taken),
        cmocka_unit_test(fatal_alerts_are_told_by_name),
        cmocka_unit_test(a_warning_does_not_end_a_handshake),
        cmocka_unit_test(a_close_notify_before_the_certificate_is_a_close),
        cmocka_unit_test(a_version_that_libssl_has_not_is_no_broken_format),
        cmocka_unit_test(broken_tls_is_malformed),
        cmocka_unit_test(half_a_message_asks_for_more),
        cmocka_unit_test(no_system_wide_policy_stops_it),
    };
    uint64_t port;
    if (argc == 3 && text_to_u64(argv[1], strlen(argv[1]), UINT16_MAX, &port) == CS_OK)
        return scan_as_child((uint16_t)port, strcmp(argv[2], "no-digest") == 0);
    return cmocka_run_group_tests(tests, make_context, free_context);
}
