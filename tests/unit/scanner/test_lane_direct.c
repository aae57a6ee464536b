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
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/lane_direct.h"
#include "scanner/leaf_key.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/tls13_server.h"
#include "tests/support/tls_server.h"
#include "tests/unit/scanner/flight.h"

static struct lane_direct_context *context;

struct wish { /* how a lane is begun; zero is the usual one */
    enum hello_kind kind;
    enum key_family keys;
    const char *name;
};

static const struct wish usual;
static const struct wish old_style = {.kind = HELLO_LEGACY};

static void begin(struct lane_direct *lane, struct wish wish)
{
    lane_direct_begin(lane, context, wish.kind, wish.keys, wish.name);
}

/* ---- against a real server ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Carries bytes between the lane and the peer until there is a verdict; LANE_MORE = the peer went first. */
static enum lane_verdict ask(const struct tls_server *server, struct wish wish, struct lane_result *result)
{
    uint8_t in[65536];
    ssize_t len = 0;
    struct buf out = {0};
    struct lane_direct lane;
    enum lane_verdict verdict = LANE_MORE;
    int fd = connect_to(tls_server_port(server));
    *result = (struct lane_result){0};
    begin(&lane, wish);
    do {
        verdict = lane_direct_step(&lane, in, (size_t)len, &out, result);
        if (verdict != LANE_MORE ||
            (out.len > 0 && send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len))
            break;
        buf_reset(&out);
        len = recv(fd, in, sizeof in, 0);
    } while (len > 0);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    close(fd);
    return verdict;
}

static struct tls_server *serve(struct tls_server_options options)
{
    struct tls_server *server = tls_server_start("127.0.0.1", &options);
    assert_non_null(server);
    return server;
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

/* The chain that such a server shows; chain_dispose(&chain). */
static struct chain chain_from(struct tls_server_options options, struct wish wish)
{
    struct lane_result result;
    struct tls_server *server = serve(options);
    if (ask(server, wish, &result) != LANE_CHAIN)
        fail_msg("%s: %s (%04x, %s, %s)", outcome_name(result.outcome), result.detail,
                 (unsigned)options.max_version, options.keys[0],
                 options.ciphers != NULL ? options.ciphers : "all");
    is_certificate_of(server, 0, &result.chain);
    assert_int_equal(result.outcome, OUTCOME_CERTIFICATE);
    assert_string_equal(result.detail, "");
    assert_int_equal(result.chain.lane, LANE_DIRECT);
    tls_server_stop(server);
    return result.chain;
}

static struct tls_server_options only(int version, const char *key)
{
    return (struct tls_server_options){.min_version = version, .max_version = version, .keys = {key}};
}

static void every_version_shows_every_kind_of_key(void **state)
{
    static const struct {
        int from_version;
        int to_version;
        const char *key;
    } kinds[] = {
        {0x0301, 0x0304, "rsa:1024"}, {0x0301, 0x0304, "rsa:2048"}, {0x0303, 0x0304, "rsa-pss:2048"},
        {0x0301, 0x0304, "ec:P-256"}, {0x0301, 0x0304, "ec:P-384"}, {0x0301, 0x0304, "ec:P-521"},
        {0x0303, 0x0304, "ed25519"},  {0x0303, 0x0304, "ed448"},    {0x0301, 0x0303, "dsa:1024"},
    };
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (version < kinds[i].from_version || version > kinds[i].to_version)
                continue;
            struct chain chain = chain_from(only(version, kinds[i].key), usual);
            assert_int_equal(chain.tls_version, version);
            assert_int_not_equal(chain.cipher_suite, 0);
            chain_dispose(&chain);
        }
    }
}

static void every_group_of_tls_13_is_agreed_on(void **state)
{
    static const struct {
        const char *name;
        uint16_t number;
    } groups[] = {{"X25519", 0x1D}, {"P-256", 0x17}, {"P-384", 0x18}, {"P-521", 0x19}};
    (void)state;
    for (size_t i = 0; i < 4; i++) { /* but for the first, by a HelloRetryRequest */
        struct tls_server_options options = only(0x0304, "ec:P-256");
        options.groups = groups[i].name;
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.group, groups[i].number);
        chain_dispose(&chain);
    }
}

static void every_suite_of_tls_13_but_ccm_is_opened(void **state)
{
    static const struct {
        const char *name;
        uint16_t number;
    } suites[] = {{"TLS_AES_128_GCM_SHA256", 0x1301},
                  {"TLS_AES_256_GCM_SHA384", 0x1302},
                  {"TLS_CHACHA20_POLY1305_SHA256", 0x1303}};
    static const char *const groups[] = {"X25519", "P-521"}; /* without and with a retry */
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct tls_server_options options = only(0x0304, "ec:P-256");
            options.suites = suites[i].name;
            options.groups = groups[k];
            struct chain chain = chain_from(options, usual);
            assert_int_equal(chain.cipher_suite, suites[i].number);
            chain_dispose(&chain);
        }
    }
}

static void is_unsupported(struct tls_server_options options, const char *detail)
{
    struct lane_result result;
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_UNSUPPORTED);
    assert_int_equal(result.outcome, OUTCOME_TLS_ALERT);
    assert_string_equal(result.detail, detail);
    assert_false(result.alerted);
    tls_server_stop(server);
}

static void a_server_that_wants_ccm_is_for_another_lane(void **state)
{
    struct tls_server_options options = only(0x0304, "ec:P-256");
    (void)state;
    options.suites = "TLS_AES_128_CCM_SHA256";
    is_unsupported(options, "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
                            "which the direct lane cannot do)");
    options.suites = "TLS_AES_128_CCM_8_SHA256";
    options.groups = "P-256"; /* the HelloRetryRequest says so already */
    is_unsupported(options,
                   "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_8_SHA256, "
                   "which the direct lane cannot do)");
}

static void up_to_tls_12_ccm_is_no_matter(void **state)
{
    struct tls_server_options options = only(0x0303, "ec:P-256");
    (void)state;
    options.ciphers = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";
    struct chain chain = chain_from(options, usual);
    assert_int_equal(chain.cipher_suite, 0xC0AE);
    chain_dispose(&chain);
}

/* It could ask for a group that was not offered; an honest one does not. */
static void a_server_without_a_group_of_ours_says_so(void **state)
{
    struct lane_result result;
    struct tls_server_options options = only(0x0304, "ec:P-256");
    (void)state;
    options.groups = "X448";
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_TLS_ALERT);
    assert_string_equal(result.detail, "handshake_failure");
    assert_true(result.alerted);
    assert_int_equal(result.alert, 40);
    tls_server_stop(server);
}

static void old_and_odd_cipher_suites_are_no_matter(void **state)
{
    static const char *const suites[] = {"AES128-SHA",  "CAMELLIA128-SHA",    "ECDHE-RSA-NULL-SHA",
                                         "NULL-SHA256", "DHE-RSA-AES128-SHA", "ARIA128-GCM-SHA256",
                                         "AES256-CCM8"};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        char list[64];
        struct tls_server_options options = only(0x0303, "rsa:1024");
        snprintf(list, sizeof list, "%s:@SECLEVEL=0", suites[i]);
        options.ciphers = list;
        struct chain chain = chain_from(options, usual);
        chain_dispose(&chain);
    }
}

static void a_demanded_client_certificate_hides_nothing_and_is_noted(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        struct chain without = chain_from(options, usual);
        options.demands_client_certificate = true;
        struct chain with = chain_from(options, usual);
        assert_int_equal(without.client_certificate, REQUEST_ABSENT);
        assert_int_equal(with.client_certificate, REQUEST_SEEN);
        assert_null(with.ca_names.bytes);
        chain_dispose(&without);
        chain_dispose(&with);
    }
}

static bool raw_has(struct raw raw, const char *text)
{
    return raw.bytes != NULL && memmem(raw.bytes, raw.len, text, strlen(text)) != NULL;
}

static void names_of_client_cas_are_kept(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.demands_client_certificate = true;
        options.client_ca = "Example Client CA";
        struct chain chain = chain_from(options, usual);
        assert_true(raw_has(chain.ca_names, "Example Client CA"));
        assert_int_equal(chain.ca_names.bytes[0] << 8 | chain.ca_names.bytes[1], chain.ca_names.len - 2);
        chain_dispose(&chain);
    }
}

static void what_is_stapled_is_kept(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.ocsp_response = "an answer about it";
        options.sct_list = "\x01\x02\x03 timestamps";
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.ocsp_response.len, strlen(options.ocsp_response));
        assert_memory_equal(chain.ocsp_response.bytes, options.ocsp_response, chain.ocsp_response.len);
        assert_int_equal(chain.sct_list.len, strlen(options.sct_list));
        assert_memory_equal(chain.sct_list.bytes, options.sct_list, chain.sct_list.len);
        chain_dispose(&chain);
        chain = chain_from(only(version, "ec:P-256"), usual);
        assert_null(chain.extras);
        assert_null(chain.ocsp_response.bytes);
        assert_null(chain.sct_list.bytes);
        chain_dispose(&chain);
    }
}

static void the_group_of_an_older_key_exchange_is_told(void **state)
{
    (void)state;
    struct tls_server_options options = only(0x0303, "rsa:1024");
    options.groups = "P-384";
    struct chain chain = chain_from(options, usual);
    assert_int_equal(chain.group, 0x18);
    chain_dispose(&chain);
    options.ciphers = "AES128-SHA:@SECLEVEL=0"; /* RSA key exchange: no group */
    chain = chain_from(options, usual);
    assert_int_equal(chain.group, 0);
    chain_dispose(&chain);
}

static void keys_of_the_family_asked_for_are_shown(void **state)
{
    static const enum key_family families[] = {KEY_FAMILY_RSA, KEY_FAMILY_OTHER};
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server *server = serve((struct tls_server_options){
            .min_version = version, .max_version = version, .keys = {"rsa:1024", "ec:P-256"}});
        for (unsigned i = 0; i < 2; i++) {
            struct lane_result result;
            assert_int_equal(ask(server, (struct wish){.keys = families[i]}, &result), LANE_CHAIN);
            is_certificate_of(server, i, &result.chain);
            chain_dispose(&result.chain);
        }
        tls_server_stop(server);
    }
}

static void a_server_without_such_a_key_refuses(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct lane_result result;
        struct tls_server *server = serve(only(version, "rsa:1024"));
        assert_int_equal(ask(server, (struct wish){.keys = KEY_FAMILY_OTHER}, &result), LANE_END);
        assert_string_equal(result.detail, "handshake_failure");
        tls_server_stop(server);
        server = serve(only(version, "ec:P-256"));
        assert_int_equal(ask(server, (struct wish){.keys = KEY_FAMILY_RSA}, &result), LANE_END);
        assert_string_equal(result.detail, "handshake_failure");
        tls_server_stop(server);
    }
}

static void the_small_hello_finds_servers_that_still_have_tls_10(void **state)
{
    struct lane_result result;
    (void)state;
    struct tls_server_options options = {.min_version = 0x0301, .keys = {"rsa:1024"}};
    struct chain chain = chain_from(options, old_style);
    assert_int_equal(chain.tls_version, 0x0301);
    chain_dispose(&chain);
    struct tls_server *server = serve(only(0x0303, "rsa:1024"));
    assert_int_equal(ask(server, old_style, &result), LANE_END);
    assert_string_equal(result.detail, "protocol_version");
    tls_server_stop(server);
}

static void the_name_is_sent_where_there_is_one(void **state)
{
    struct lane_result result;
    struct tls_server_options options = {.keys = {"ec:P-256"}, .only_name = "www.example"};
    (void)state;
    struct chain chain = chain_from(options, (struct wish){.name = "www.example"});
    chain_dispose(&chain);
    options.groups = "P-256"; /* and in the second hello too */
    chain = chain_from(options, (struct wish){.name = "www.example"});
    chain_dispose(&chain);
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_END);
    assert_string_equal(result.detail, "unrecognized_name");
    tls_server_stop(server);
}

static void the_whole_chain_comes_in_order(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.extra_certs = CHAIN_MAX_CERTS - 1;
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.cert_count, CHAIN_MAX_CERTS);
        chain_dispose(&chain);
    }
}

static void one_certificate_too_many_is_too_large(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct lane_result result;
        struct tls_server_options options = only(version, "ec:P-256");
        options.extra_certs = CHAIN_MAX_CERTS;
        struct tls_server *server = serve(options);
        assert_int_equal(ask(server, usual, &result), LANE_END);
        assert_int_equal(result.outcome, OUTCOME_TOO_LARGE);
        assert_null(result.chain.certs);
        tls_server_stop(server);
    }
}

static void one_context_serves_many_handshakes(void **state)
{
    struct lane_result result;
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server *server = serve(only(version, "ec:P-256"));
        for (int i = 0; i < 50; i++) {
            assert_int_equal(ask(server, usual, &result), LANE_CHAIN);
            chain_dispose(&result.chain);
        }
        tls_server_stop(server);
    }
}

/* ---- clear flights, byte by byte ---- */

/* One step over a copy that is gone right after it, so that a sanitizer sees what is kept of it too long. */
static enum lane_verdict step(struct lane_direct *lane, const uint8_t *bytes, size_t len, struct buf *out,
                              struct lane_result *result)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    memset(context->opened, 0xDD, sizeof context->opened); /* of use within one step only */
    enum lane_verdict verdict = lane_direct_step(lane, copy, len, out, result);
    free(copy);
    return verdict;
}

/* The verdict on `flight`, its first `first` bytes at once and the rest in pieces. */
static enum lane_verdict feed(struct wish wish, const struct buf *flight, size_t first, size_t piece,
                              struct lane_result *result)
{
    struct buf out = {0};
    struct lane_direct lane;
    assert_int_equal(flight->err, CS_OK);
    *result = (struct lane_result){0};
    begin(&lane, wish);
    enum lane_verdict verdict = step(&lane, NULL, 0, &out, result);
    assert_int_equal(verdict, LANE_MORE);
    assert_true(out.len > 50);
    assert_int_equal(out.data[0], 22); /* a ClientHello */
    buf_reset(&out);
    for (size_t at = 0; at < flight->len && verdict == LANE_MORE;) {
        size_t len = at == 0 ? first : piece;
        len = flight->len - at < len ? flight->len - at : len;
        verdict = step(&lane, flight->data + at, len, &out, result);
        at += len;
    }
    assert_int_equal(out.len, 0); /* nothing more to say to a clear flight */
    lane_direct_dispose(&lane);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    return verdict;
}

static void ends_with(struct wish wish, enum lane_verdict wanted, enum outcome outcome, const char *detail,
                      struct buf *flight)
{
    const size_t pieces[] = {SIZE_MAX, 1, 7};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct lane_result result;
        enum lane_verdict verdict = feed(wish, flight, pieces[i], pieces[i], &result);
        if (verdict != wanted || result.outcome != outcome)
            fail_msg("%d, %s: %s", (int)verdict, outcome_name(result.outcome), result.detail);
        assert_string_equal(result.detail, detail);
        assert_int_equal(result.chain.cert_count > 0, verdict == LANE_CHAIN);
        chain_dispose(&result.chain);
    }
    buf_dispose(flight);
}

static void ends_as(enum outcome outcome, const char *detail, struct buf *flight)
{
    ends_with(usual, LANE_END, outcome, detail, flight);
}

static void is_malformed(const char *detail, struct buf *flight)
{
    ends_with(usual, LANE_END, OUTCOME_MALFORMED, detail, flight);
}

static void is_chain(struct buf *flight)
{
    ends_with(usual, LANE_CHAIN, OUTCOME_CERTIFICATE, "", flight);
}

static struct buf hello(void)
{
    struct buf flight = {0};
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    return flight;
}

/* hello() and a Certificate message. */
static struct buf short_flight(void)
{
    struct buf flight = hello();
    flight_certificates(&flight, "garbage", 7, 2);
    return flight;
}

/* What an honest server of TLS 1.2 says behind its hello. */
#define STATUS       "010000030aabbc"               /* OCSP */
#define KEY_EXCHANGE "03001d20"                     /* a named curve, x25519; the rest is of no interest */
#define REQUEST      "0101000204010006000430020500" /* one CA name */

static void add_message(struct buf *flight, uint8_t type, const char *hex)
{
    struct buf body = hex_bytes(hex);
    flight_message(flight, type, &body);
    buf_dispose(&body);
}

static struct buf long_flight(void)
{
    struct buf flight = short_flight();
    add_message(&flight, FLIGHT_CERTIFICATE_STATUS, STATUS);
    add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, KEY_EXCHANGE);
    add_message(&flight, FLIGHT_CERTIFICATE_REQUEST, REQUEST);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    return flight;
}

/* The same messages, all in one record. */
static struct buf coalesced(const struct buf *flight)
{
    struct buf messages = {0};
    struct buf out = {0};
    for (size_t at = 0; at < flight->len;) {
        size_t len = (size_t)flight->data[at + 3] << 8 | flight->data[at + 4];
        buf_append(&messages, flight->data + at + 5, len);
        at += 5 + len;
    }
    flight_record(&out, 22, 0x0303, messages.data, messages.len);
    buf_dispose(&messages);
    return out;
}

/* ... and in records of `piece` bytes. */
static struct buf shredded(const struct buf *flight, size_t piece)
{
    struct buf whole = coalesced(flight);
    struct buf out = {0};
    for (size_t at = 5; at < whole.len; at += piece)
        flight_record(&out, 22, 0x0303, whole.data + at, whole.len - at < piece ? whole.len - at : piece);
    buf_dispose(&whole);
    return out;
}

static void is_that_chain(const struct lane_result *result)
{
    const struct chain *chain = &result->chain;
    assert_int_equal(result->outcome, OUTCOME_CERTIFICATE);
    assert_string_equal(result->detail, "");
    assert_int_equal(chain->lane, LANE_DIRECT);
    assert_int_equal(chain->cert_count, 2);
    assert_int_equal(chain->certs[0].len, 7);
    assert_memory_equal(chain->certs[0].bytes, "garbage", 7);
    assert_memory_equal(chain->certs[1].bytes, "garbage", 7);
}

/* At every split in two, and from there on in single bytes. */
static void shows_that_chain_at_every_split(struct buf *flight, uint16_t version, uint16_t suite)
{
    for (size_t first = 1; first <= flight->len; first++) {
        for (size_t i = 0; i < 2; i++) {
            struct lane_result result;
            assert_int_equal(feed(usual, flight, first, i == 0 ? SIZE_MAX : 1, &result), LANE_CHAIN);
            is_that_chain(&result);
            assert_int_equal(result.chain.tls_version, version);
            assert_int_equal(result.chain.cipher_suite, suite);
            chain_dispose(&result.chain);
        }
    }
    buf_dispose(flight);
}

static void a_flight_of_tls_12_may_be_split_anywhere(void **state)
{
    struct buf flight = long_flight();
    (void)state;
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
}

static void messages_may_share_a_record(void **state)
{
    struct buf separate = long_flight();
    struct buf flight = coalesced(&separate);
    (void)state;
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    buf_dispose(&separate);
}

static void and_records_may_share_a_message(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 20; piece += 3) {
        struct buf separate = long_flight();
        struct buf flight = shredded(&separate, piece);
        shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
        buf_dispose(&separate);
    }
}

static void a_flight_of_ssl_3_is_one_like_others(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0300, 0x000A);
    flight_certificates(&flight, "garbage", 7, 2);
    flight.data[1] = 3;
    flight.data[2] = 0; /* its records are of SSL 3.0 too */
    shows_that_chain_at_every_split(&flight, 0x0300, 0x000A);
    flight_server_hello(&flight, 0x0300, 0x0003); /* an export suite, to the small hello */
    flight_certificates(&flight, "garbage", 7, 2);
    ends_with(old_style, LANE_CHAIN, OUTCOME_CERTIFICATE, "", &flight);
}

static void a_suite_nobody_has_heard_of_is_no_obstacle(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0303, 0x5A5A);
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, 0x5A5A);
}

static void half_a_flight_asks_for_more(void **state)
{
    struct buf flight = short_flight();
    (void)state;
    for (size_t cut = 1; cut < flight.len; cut++) {
        struct lane_result result;
        struct buf part = {.data = flight.data, .len = cut};
        assert_int_equal(feed(usual, &part, SIZE_MAX, 1, &result), LANE_MORE);
        assert_null(result.chain.certs);
    }
    buf_dispose(&flight);
}

/* ---- what follows the Certificate ---- */

static void is_raw(struct raw raw, const char *hex)
{
    struct buf expected = hex_bytes(hex);
    assert_int_equal(raw.len, expected.len);
    assert_memory_equal(raw.bytes, expected.data, expected.len);
    buf_dispose(&expected);
}

static void what_came_with_the_certificate_is_looked_through(void **state)
{
    struct lane_result result;
    struct buf flight = long_flight();
    (void)state;
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    is_raw(result.chain.ocsp_response, "0aabbc");
    is_raw(result.chain.ca_names, "000430020500");
    assert_int_equal(result.chain.group, 0x1D);
    assert_int_equal(result.chain.client_certificate, REQUEST_SEEN);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
}

/* Whatever has arrived of it, and no byte is waited for. */
static void what_has_not_come_by_then_is_not_waited_for(void **state)
{
    struct buf whole = long_flight();
    struct buf first = short_flight();
    const size_t status_end = first.len + 5 + 4 + 7;
    const size_t exchange_end = status_end + 5 + 4 + 4;
    const size_t request_end = exchange_end + 5 + 4 + 14;
    (void)state;
    for (size_t cut = first.len; cut <= whole.len; cut++) {
        struct lane_result result;
        struct buf part = {.data = whole.data, .len = cut};
        assert_int_equal(feed(usual, &part, SIZE_MAX, 1, &result), LANE_CHAIN);
        is_that_chain(&result);
        assert_int_equal(result.chain.ocsp_response.len > 0, cut >= status_end);
        assert_int_equal(result.chain.group != 0, cut >= exchange_end);
        assert_int_equal(result.chain.ca_names.len > 0, cut >= request_end);
        assert_int_equal(result.chain.client_certificate,
                         cut >= request_end ? REQUEST_SEEN : REQUEST_UNKNOWN);
        chain_dispose(&result.chain);
    }
    buf_dispose(&whole);
    buf_dispose(&first);
}

static void without_a_request_before_the_end_there_was_none(void **state)
{
    struct lane_result result;
    struct buf flight = short_flight();
    (void)state;
    add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, KEY_EXCHANGE);
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_UNKNOWN);
    chain_dispose(&result.chain);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_ABSENT);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
}

static void a_key_exchange_without_named_curve_tells_no_group(void **state)
{
    static const struct {
        uint16_t suite;
        const char *exchange;
    } without[] = {
        {0x0033, "03001d"},   /* plain Diffie-Hellman, whose first bytes only look like it */
        {0xC02B, "01001d"},   /* an explicit curve */
        {0xC02B, "0300"},     /* cut off */
        {0x5A5A, "03001d20"}, /* who knows */
    };
    (void)state;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        struct lane_result result;
        struct buf flight = {0};
        flight_server_hello(&flight, 0x0303, without[i].suite);
        flight_certificates(&flight, "garbage", 7, 2);
        add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, without[i].exchange);
        assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
        assert_int_equal(result.chain.group, 0);
        chain_dispose(&result.chain);
        buf_dispose(&flight);
    }
}

static void what_breaks_after_the_certificate_loses_nothing(void **state)
{
    struct buf flight = short_flight();
    (void)state;
    flight_record(&flight, 99, 0xFFFF, "nonsense", 8);
    is_chain(&flight);
    flight = short_flight();
    flight_alert(&flight, 2, 40);
    is_chain(&flight);
    flight = short_flight();
    flight_record(&flight, 22, 0x0303, "\x0c\xff\xff\xff", 4); /* a message beyond the limit */
    is_chain(&flight);
    flight = short_flight();
    flight_certificates(&flight, "", 0, 0); /* a second list, and an empty one */
    is_chain(&flight);
    flight = short_flight();
    flight_record(&flight, 20, 0x0303, "\1", 1);
    is_chain(&flight);
}

static void timestamps_of_the_hello_are_kept(void **state)
{
    struct lane_result result;
    struct buf body = hex_bytes("0303"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "00c02b00"
                                "0007001200030001aa");
    struct buf flight = {0};
    (void)state;
    flight_message(&flight, FLIGHT_SERVER_HELLO, &body);
    flight_certificates(&flight, "garbage", 7, 2);
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    is_raw(result.chain.sct_list, "0001aa");
    chain_dispose(&result.chain);
    buf_dispose(&body);
    buf_dispose(&flight);
}

/* ---- alerts ---- */

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

static void which_alert_it_was_is_told_too(void **state)
{
    (void)state;
    for (unsigned alert = 0; alert < 256; alert++) {
        struct lane_result result;
        struct buf flight = {0};
        flight_alert(&flight, 2, (uint8_t)alert);
        assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_END);
        assert_true(result.alerted);
        assert_int_equal(result.alert, alert);
        buf_dispose(&flight);
    }
}

static void warnings_are_read_over(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 1, 112);
    flight_alert(&flight, 1, 40);
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_alert(&flight, 1, 90);
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
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

static void half_an_alert_is_malformed(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_record(&flight, 21, 0x0303, "\2", 1);
    is_malformed("a broken alert", &flight);
    flight_record(&flight, 21, 0x0303, "", 0);
    is_malformed("a broken alert", &flight);
}

/* ---- broken and odd ones ---- */

static void hello_requests_are_read_over(void **state)
{
    struct buf flight = {0};
    (void)state;
    add_message(&flight, 0, "");
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    add_message(&flight, 0, "");
    add_message(&flight, 23, "000000"); /* supplemental data, RFC 4680 */
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
}

static void a_handshake_begins_with_a_server_hello(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_certificates(&flight, "garbage", 7, 2);
    is_malformed("a handshake that does not begin with ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    is_malformed("a handshake that does not begin with ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO, "0303");
    is_malformed("a broken ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO, "");
    is_malformed("a broken ServerHello", &flight);
}

static void and_goes_on_with_a_certificate(void **state)
{
    static const uint8_t others[] = {2, 8, 12, 13, 14, 20, 22, 99};
    (void)state;
    for (size_t i = 0; i < sizeof others; i++) {
        struct buf flight = hello();
        add_message(&flight, others[i], "");
        is_malformed("a handshake without certificate", &flight);
    }
}

static void records_of_other_kinds_have_no_place_in_it(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_record(&flight, 23, 0x0303, "application data", 16);
    is_malformed("a record that has no place in a handshake", &flight);
    flight = hello();
    flight_record(&flight, 23, 0x0303, "application data", 16);
    is_malformed("a record that has no place in a handshake", &flight);
    flight = hello();
    flight_record(&flight, 20, 0x0303, "\1", 1); /* a resumption nobody asked for */
    is_malformed("a record that has no place in a handshake", &flight);
    flight_record(&flight, 24, 0x0303, "heartbeat", 9);
    is_malformed("a broken record", &flight);
    buf_append_str(&flight, "HTTP/1.1 400 Bad Request\r\n");
    is_malformed("a broken record", &flight);
    flight_number(&flight, 0x1603034801, 5);
    is_malformed("a broken record", &flight);
}

static void versions_that_are_none_are_for_another_lane(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0002, 0x0A00);
    ends_with(usual, LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
              "handshake_failure (ours: the server wants protocol version 0x0002, which the direct lane "
              "cannot do)",
              &flight);
    flight_server_hello(&flight, 0x7F1C, 0x1301); /* a draft of TLS 1.3 */
    ends_with(usual, LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
              "handshake_failure (ours: the server wants protocol version 0x7f1c, which the direct lane "
              "cannot do)",
              &flight);
}

static void certificate_lists_that_are_none_are_malformed(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "", 0, 0);
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    flight_certificates(&flight, "", 0, 1);
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    add_message(&flight, FLIGHT_CERTIFICATE, "0003e80000076761726261676567");
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    add_message(&flight, FLIGHT_CERTIFICATE, "");
    is_malformed("the certificate list is empty or broken", &flight);
}

/* ---- limits ---- */

static void a_hundred_certificates_are_taken_and_no_more(void **state)
{
    struct lane_result result;
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "garbage", 7, CHAIN_MAX_CERTS);
    assert_int_equal(feed(usual, &flight, 1000, 1000, &result), LANE_CHAIN);
    assert_int_equal(result.chain.cert_count, CHAIN_MAX_CERTS);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
    flight = hello();
    flight_certificates(&flight, "garbage", 7, CHAIN_MAX_CERTS + 1);
    ends_as(OUTCOME_TOO_LARGE, "too many certificates in the list", &flight);
}

static void a_message_beyond_the_limit_is_too_large_before_it_has_come(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_record(&flight, 22, 0x0303, "\x0b\x04\x00\x01", 4);
    ends_as(OUTCOME_TOO_LARGE, "a handshake message beyond the limit", &flight);
}

static void a_message_of_the_limit_is_taken(void **state)
{
    const size_t der_len = CHAIN_MAX_BYTES - 6;
    struct lane_result result;
    struct buf flight = hello();
    char *der = calloc(1, der_len);
    (void)state;
    assert_non_null(der);
    flight_certificates(&flight, der, der_len, 1);
    const size_t pieces[] = {SIZE_MAX, 65536, 1000};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(feed(usual, &flight, pieces[i], pieces[i], &result), LANE_CHAIN);
        assert_int_equal(result.chain.certs[0].len, der_len);
        chain_dispose(&result.chain);
    }
    buf_dispose(&flight);
    free(der);
}

/* ---- TLS 1.3 ---- */

/* Talks to a server in memory until there is a verdict: each of its answers goes to the lane in a piece of
 * `first` bytes, then in pieces of `piece`. `longest`, unless NULL, gets the length of the longest answer. */
static enum lane_verdict talk_in_pieces(const struct tls13_server_options *options, struct wish wish,
                                        size_t first, size_t piece, struct lane_result *result,
                                        size_t *longest)
{
    struct lane_direct lane;
    struct buf out = {0};
    struct tls13_server *server = tls13_server_new(options);
    *result = (struct lane_result){0};
    begin(&lane, wish);
    enum lane_verdict verdict = step(&lane, NULL, 0, &out, result);
    while (verdict == LANE_MORE && out.len > 0) {
        struct buf answer = {0};
        assert_true(tls13_server_take(server, out.data, out.len, &answer));
        assert_int_equal(answer.err, CS_OK);
        if (longest != NULL && answer.len > *longest)
            *longest = answer.len;
        buf_reset(&out);
        for (size_t at = 0; at < answer.len && verdict == LANE_MORE;) {
            size_t len = at == 0 ? first : piece;
            len = answer.len - at < len ? answer.len - at : len;
            verdict = step(&lane, answer.data + at, len, &out, result);
            at += len;
        }
        buf_dispose(&answer);
    }
    tls13_server_free(server);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    return verdict;
}

static enum lane_verdict talk(const struct tls13_server_options *options, struct lane_result *result)
{
    return talk_in_pieces(options, usual, SIZE_MAX, SIZE_MAX, result, NULL);
}

/* The messages of a server, one after the other and without records. */
static struct buf messages13(const char *request, const char *leaf_extensions, size_t certs)
{
    struct buf out = {0};
    struct buf body = {0};
    struct buf extensions = hex_bytes(leaf_extensions);
    struct buf request_body = hex_bytes(request);
    flight_handshake(&out, FLIGHT_ENCRYPTED_EXTENSIONS, "\0\0", 2);
    if (request != NULL)
        flight_handshake(&out, FLIGHT_CERTIFICATE_REQUEST, request_body.data, request_body.len);
    flight_certificate_body13(&body, "garbage", 7, certs, &extensions);
    flight_handshake(&out, FLIGHT_CERTIFICATE, body.data, body.len);
    assert_int_equal(out.err, CS_OK);
    buf_dispose(&request_body);
    buf_dispose(&extensions);
    buf_dispose(&body);
    return out;
}

static struct buf plain13; /* messages13(NULL, NULL, 2) */
static struct tls13_record record13;

/* A server whose options are these, and that then shows the chain, sealed in one record. */
static const struct tls13_server_options *showing(struct tls13_server_options options)
{
    static struct tls13_server_options kept;
    kept = options;
    kept.records = &record13;
    kept.record_count = 1;
    return &kept;
}

static void shows_that_chain(const struct tls13_server_options *options, uint16_t group)
{
    const size_t pieces[] = {SIZE_MAX, 1, 7};
    for (size_t i = 0; i < 3; i++) {
        struct lane_result result;
        if (talk_in_pieces(options, usual, pieces[i], pieces[i], &result, NULL) != LANE_CHAIN)
            fail_msg("%s: %s", outcome_name(result.outcome), result.detail);
        is_that_chain(&result);
        assert_int_equal(result.chain.tls_version, 0x0304);
        assert_int_equal(result.chain.cipher_suite, options->suite != 0 ? options->suite : 0x1301);
        assert_int_equal(result.chain.group, group);
        chain_dispose(&result.chain);
    }
}

static void ends13(const struct tls13_server_options *options, enum lane_verdict wanted, enum outcome outcome,
                   const char *detail)
{
    const size_t pieces[] = {SIZE_MAX, 1, 7};
    for (size_t i = 0; i < 3; i++) {
        struct lane_result result;
        enum lane_verdict verdict = talk_in_pieces(options, usual, pieces[i], pieces[i], &result, NULL);
        if (verdict != wanted || result.outcome != outcome)
            fail_msg("%d, %s: %s", (int)verdict, outcome_name(result.outcome), result.detail);
        assert_string_equal(result.detail, detail);
        assert_null(result.chain.certs);
    }
}

static void is_malformed13(const struct tls13_server_options *options, const char *detail)
{
    ends13(options, LANE_END, OUTCOME_MALFORMED, detail);
}

static void a_flight_of_tls_13_may_be_split_anywhere(void **state)
{
    static const struct tls13_server_options kinds[] = {
        {0},
        {.group = 0x17, .cookie = "biscuit", .cookie_len = 7, .changes_cipher_spec = true},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t longest = 1;
        for (size_t first = 1; first <= longest; first++) {
            for (size_t k = 0; k < 2; k++) {
                struct lane_result result;
                assert_int_equal(
                    talk_in_pieces(showing(kinds[i]), usual, first, k == 0 ? SIZE_MAX : 1, &result, &longest),
                    LANE_CHAIN);
                is_that_chain(&result);
                chain_dispose(&result.chain);
            }
        }
        assert_true(longest > 150);
    }
}

static void half_a_flight_of_tls_13_asks_for_more(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {0};
    struct buf answer = {0};
    (void)state;
    for (size_t cut = 1; cut < (answer.len > 0 ? answer.len : 2); cut++) {
        struct tls13_server *server = tls13_server_new(showing((struct tls13_server_options){0}));
        buf_reset(&out);
        buf_reset(&answer);
        begin(&lane, usual);
        assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_MORE);
        assert_true(tls13_server_take(server, out.data, out.len, &answer));
        assert_int_equal(step(&lane, answer.data, cut, &out, &result), LANE_MORE);
        lane_direct_dispose(&lane);
        tls13_server_free(server);
    }
    assert_true(answer.len > 150);
    buf_dispose(&out);
    buf_dispose(&answer);
}

static void all_suites_and_groups_go_together(void **state)
{
    static const uint16_t groups[] = {0x1D, 0x17, 0x18, 0x19};
    (void)state;
    for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
        for (size_t i = 0; i < 4; i++)
            shows_that_chain(showing((struct tls13_server_options){.suite = suite, .group = groups[i]}),
                             groups[i]);
    }
}

/* The server compares the second hello with the first, and the cookie with its own. */
static void a_retry_is_answered_by_the_same_hello_with_share_and_cookie(void **state)
{
    static const uint16_t groups[] = {0x1D, 0x17, 0x18, 0x19};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct tls13_server_options options = {
            .group = groups[i], .retries = 1, .cookie = "biscuit", .cookie_len = 7};
        shows_that_chain(showing(options), groups[i]);
        options.changes_cipher_spec = true;
        shows_that_chain(showing(options), groups[i]);
    }
    shows_that_chain(/* a cookie alone: the share stays the same */
                     showing(
                         (struct tls13_server_options){.retries = 1, .cookie = "biscuit", .cookie_len = 7}),
                     0x1D);
}

static void a_long_cookie_comes_back_whole(void **state)
{
    static const char cookie[15000] = "crumbs";
    (void)state;
    shows_that_chain(
        showing((struct tls13_server_options){.retries = 1, .cookie = cookie, .cookie_len = sizeof cookie}),
        0x1D);
}

static void one_that_fits_no_record_of_ours_is_malformed(void **state)
{
    static const char cookie[60000] = "crumbs";
    (void)state;
    is_malformed13(showing((struct tls13_server_options){
                       .retries = 1, .cookie = cookie, .cookie_len = sizeof cookie, .hello_piece = 16384}),
                   "a HelloRetryRequest with a cookie that is too long");
}

static void a_second_retry_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retries = 2}),
                   "a second HelloRetryRequest");
    is_malformed13(showing((struct tls13_server_options){.retries = 2, .cookie = "biscuit", .cookie_len = 7}),
                   "a second HelloRetryRequest");
}

static void a_retry_that_asks_for_nothing_new_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.retries = 1}),
                   "a HelloRetryRequest that asks for nothing new");
    is_malformed13(showing((struct tls13_server_options){.retries = 1, .retry_group = 0x1D}),
                   "a HelloRetryRequest that asks for nothing new");
}

static void a_group_that_is_not_done_here_is_for_another_lane(void **state)
{
    (void)state;
    ends13(showing((struct tls13_server_options){.group = 0x1E}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants group x448, which the direct lane cannot do)");
    ends13(
        showing((struct tls13_server_options){.retries = 1, .retry_group = 0x11EC}), LANE_UNSUPPORTED,
        OUTCOME_TLS_ALERT,
        "handshake_failure (ours: the server wants group X25519MLKEM768, which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.retries = 1, .retry_group = 0xABCD}), LANE_UNSUPPORTED,
           OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants group 0xabcd, which the direct lane cannot do)");
}

static void a_suite_that_is_not_done_here_is_for_another_lane(void **state)
{
    (void)state;
    ends13(showing((struct tls13_server_options){.suite = 0x1304}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
           "which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.suite = 0x1304, .group = 0x17}), LANE_UNSUPPORTED,
           OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
           "which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.suite = 0x13FF}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite 0x13ff, which the direct lane cannot do)");
}

static void the_suite_of_a_retry_is_final(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retry_suite = 0x1303}),
                   "another cipher suite than in the HelloRetryRequest");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retry_suite = 0x1302}),
                   "another cipher suite than in the HelloRetryRequest");
}

static void a_share_of_another_group_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.share_group = 0x17}),
                   "a key share that was not asked for");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share_group = 0x1D}),
                   "a key share that was not asked for");
    is_malformed13(showing((struct tls13_server_options){.no_share = true}),
                   "a key share that was not asked for");
}

static void a_share_that_is_no_key_is_malformed(void **state)
{
    static const uint8_t zeros[133] = {0};
    static const uint8_t off_curve[65] = {4, 1, 2, 3};
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 32}),
                   "a key share that is no key"); /* of small order */
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 31}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 0}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share = off_curve, .share_len = 65}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share = zeros, .share_len = 1}),
                   "a key share that is no key"); /* the point at infinity */
    is_malformed13(showing((struct tls13_server_options){.group = 0x19, .share = zeros, .share_len = 133}),
                   "a key share that is no key");
}

static void the_small_hello_has_not_offered_tls_13(void **state)
{
    struct lane_result result;
    struct buf body = hex_bytes("0303"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "00130100"
                                "0006002b00020304");
    struct buf flight = {0};
    (void)state;
    flight_message(&flight, FLIGHT_SERVER_HELLO, &body);
    assert_int_equal(feed(old_style, &flight, SIZE_MAX, 1, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_MALFORMED);
    assert_string_equal(result.detail, "TLS 1.3, which was not offered");
    buf_dispose(&body);
    buf_dispose(&flight);
}

/* ---- sealed records ---- */

static const struct tls13_server_options *saying(const struct tls13_record *records, size_t count)
{
    static struct tls13_server_options kept;
    kept = (struct tls13_server_options){.records = records, .record_count = count};
    return &kept;
}

#define SAYING(records) saying((records), sizeof(records) / sizeof((records)[0]))

static void sealed_messages_may_share_records_and_records_messages(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= plain13.len; piece++) {
        struct tls13_record records[128] = {0};
        size_t count = 0;
        for (size_t at = 0; at < plain13.len; at += piece, count++)
            records[count] = (struct tls13_record){
                .type = 22,
                .bytes = plain13.data + at,
                .len = plain13.len - at < piece ? plain13.len - at : piece,
                .padding = count % 3 * 40,
            };
        shows_that_chain(saying(records, count), 0x1D);
    }
}

static void the_hello_may_come_in_many_records(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 100; piece += 7)
        shows_that_chain(showing((struct tls13_server_options){.hello_piece = piece}), 0x1D);
    shows_that_chain(showing((struct tls13_server_options){.hello_piece = 30, .group = 0x18}), 0x18);
}

static void a_record_of_the_greatest_length_is_opened(void **state)
{
    const size_t most = 16384;
    uint8_t *der = calloc(1, most);
    struct buf message = {0};
    struct buf body = {0};
    struct lane_result result;
    (void)state;
    assert_non_null(der);
    flight_certificate_body13(&body, der, most - 4 - 9, 1, NULL);
    flight_handshake(&message, FLIGHT_CERTIFICATE, body.data, body.len);
    assert_int_equal(message.len, most);
    const struct tls13_record records[] = {{.type = 22, .bytes = message.data, .len = most}};
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    assert_int_equal(result.chain.certs[0].len, most - 13);
    chain_dispose(&result.chain);
    const struct tls13_record padded[] = {
        {.type = 22, .bytes = message.data, .len = most, .padding = 256 - 16 - 1}};
    assert_int_equal(talk(SAYING(padded), &result), LANE_CHAIN); /* RFC 8446, 5.2: 2^14 + 256 */
    chain_dispose(&result.chain);
    const struct tls13_record longer[] = {
        {.type = 22, .bytes = message.data, .len = most, .padding = 256 - 16}};
    is_malformed13(SAYING(longer), "a record that is not sealed");
    free(der);
    buf_dispose(&message);
    buf_dispose(&body);
}

static void changes_of_cipher_spec_are_read_over_in_tls_13(void **state)
{
    const struct tls13_record records[] = {
        {.type = 20, .bytes = "\1", .len = 1, .how = TLS13_CLEAR},
        {.type = 20, .bytes = "\1", .len = 1, .how = TLS13_CLEAR},
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void a_record_that_does_not_open_is_malformed(void **state)
{
    const struct tls13_record badly[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len, .how = TLS13_SEALED_BADLY}};
    const struct tls13_record not_at_all[] = {
        {.type = 23, .bytes = plain13.data, .len = plain13.len, .how = TLS13_CLEAR}};
    const struct tls13_record too_short[] = {{.type = 23, .bytes = "short", .len = 5, .how = TLS13_CLEAR}};
    const struct tls13_record empty[] = {{.type = 0, .bytes = "", .len = 0, .padding = 20}};
    (void)state;
    is_malformed13(SAYING(badly), "a record that does not open with the handshake key");
    is_malformed13(SAYING(not_at_all), "a record that does not open with the handshake key");
    is_malformed13(SAYING(too_short), "a record that does not open with the handshake key");
    is_malformed13(SAYING(empty), "a record that does not open with the handshake key");
}

static void clear_text_where_it_has_to_be_sealed_is_malformed(void **state)
{
    const struct tls13_record clear[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len, .how = TLS13_CLEAR}};
    (void)state;
    is_malformed13(SAYING(clear), "a record that is not sealed");
    is_malformed13(
        showing((struct tls13_server_options){.behind_hello = plain13.data, .behind_hello_len = plain13.len}),
        "clear text behind a TLS 1.3 ServerHello");
    is_malformed13(showing((struct tls13_server_options){.behind_hello = "\x08", .behind_hello_len = 1}),
                   "clear text behind a TLS 1.3 ServerHello");
}

static void sealed_alerts_end_it_whatever_their_level(void **state)
{
    const struct tls13_record fatal[] = {{.type = 21, .bytes = "\2\x28", .len = 2}};
    const struct tls13_record warning[] = {{.type = 21, .bytes = "\1\x70", .len = 2}};
    const struct tls13_record close[] = {{.type = 21, .bytes = "\1\0", .len = 2}};
    const struct tls13_record half[] = {{.type = 21, .bytes = "\2", .len = 1}};
    (void)state;
    ends13(SAYING(fatal), LANE_END, OUTCOME_TLS_ALERT, "handshake_failure");
    ends13(SAYING(warning), LANE_END, OUTCOME_TLS_ALERT, "unrecognized_name");
    ends13(SAYING(close), LANE_END, OUTCOME_CLOSED, "close_notify");
    ends13(SAYING(half), LANE_END, OUTCOME_MALFORMED, "a broken alert");
}

static void so_do_clear_ones_of_a_server_that_gave_up(void **state)
{
    const struct tls13_record clear[] = {{.type = 21, .bytes = "\2\x50", .len = 2, .how = TLS13_CLEAR}};
    (void)state;
    ends13(SAYING(clear), LANE_END, OUTCOME_TLS_ALERT, "internal_error");
}

static void user_canceled_alone_is_read_over(void **state)
{
    const struct tls13_record records[] = {
        {.type = 21, .bytes = "\1\x5a", .len = 2},
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void sealed_application_data_has_no_place_in_a_handshake(void **state)
{
    const struct tls13_record data[] = {{.type = 23, .bytes = "data", .len = 4}};
    const struct tls13_record change[] = {{.type = 20, .bytes = "\1", .len = 1}};
    (void)state;
    is_malformed13(SAYING(data), "a record that has no place in a handshake");
    is_malformed13(SAYING(change), "a record that has no place in a handshake");
}

static void a_sealed_handshake_without_certificate_is_malformed(void **state)
{
    static const uint8_t others[] = {0, 2, 4, 12, 14, 15, 20, 24, 99};
    (void)state;
    for (size_t i = 0; i < sizeof others; i++) {
        struct buf message = {0};
        flight_handshake(&message, FLIGHT_ENCRYPTED_EXTENSIONS, "\0\0", 2);
        flight_handshake(&message, others[i], "", 0);
        const struct tls13_record records[] = {{.type = 22, .bytes = message.data, .len = message.len}};
        is_malformed13(SAYING(records), "a handshake without certificate");
        buf_dispose(&message);
    }
}

static void says_and_ends(struct buf *messages, enum outcome outcome, const char *detail)
{
    const struct tls13_record records[] = {{.type = 22, .bytes = messages->data, .len = messages->len}};
    ends13(SAYING(records), LANE_END, outcome, detail);
    buf_dispose(messages);
}

static void the_limits_are_the_same_in_tls_13(void **state)
{
    struct lane_result result;
    struct buf messages = messages13(NULL, NULL, CHAIN_MAX_CERTS);
    const struct tls13_record most[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(most), &result), LANE_CHAIN);
    assert_int_equal(result.chain.cert_count, CHAIN_MAX_CERTS);
    chain_dispose(&result.chain);
    buf_dispose(&messages);
    messages = messages13(NULL, NULL, CHAIN_MAX_CERTS + 1);
    says_and_ends(&messages, OUTCOME_TOO_LARGE, "too many certificates in the list");
    messages = hex_bytes("0b040001");
    says_and_ends(&messages, OUTCOME_TOO_LARGE, "a handshake message beyond the limit");
    messages = messages13(NULL, NULL, 0);
    says_and_ends(&messages, OUTCOME_MALFORMED, "the certificate list is empty or broken");
    messages = hex_bytes("0b00000400000000"); /* an empty list */
    says_and_ends(&messages, OUTCOME_MALFORMED, "the certificate list is empty or broken");
}

static void a_request_before_the_certificate_is_noted(void **state)
{
    struct lane_result result;
    struct buf messages = messages13("00000c002f00080006000430020500", NULL, 2);
    const struct tls13_record records[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    is_that_chain(&result);
    assert_int_equal(result.chain.client_certificate, REQUEST_SEEN);
    is_raw(result.chain.ca_names, "000430020500");
    chain_dispose(&result.chain);
    buf_dispose(&messages);
    assert_int_equal(talk(showing((struct tls13_server_options){0}), &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_ABSENT); /* it would have come before */
    assert_null(result.chain.ca_names.bytes);
    chain_dispose(&result.chain);
}

static void what_comes_with_the_leaf_is_kept(void **state)
{
    struct lane_result result;
    struct buf messages = messages13(NULL,
                                     "0005000701000003aabbcc"
                                     "001200030001dd",
                                     2);
    const struct tls13_record records[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    is_that_chain(&result);
    is_raw(result.chain.ocsp_response, "aabbcc");
    is_raw(result.chain.sct_list, "0001dd");
    chain_dispose(&result.chain);
    buf_dispose(&messages);
}

static void what_breaks_after_a_sealed_certificate_loses_nothing(void **state)
{
    const struct tls13_record records[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
        {.type = 22, .bytes = "nonsense", .len = 8, .how = TLS13_SEALED_BADLY},
        {.type = 22, .bytes = "nonsense", .len = 8, .how = TLS13_CLEAR},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void two_handshakes_side_by_side_do_not_mix(void **state)
{
    struct lane_direct lanes[2];
    struct lane_result results[2] = {0};
    struct buf answers[2] = {0};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf out = {0};
        struct tls13_server *server =
            tls13_server_new(showing((struct tls13_server_options){.suite = i == 0 ? 0x1301 : 0x1303}));
        begin(&lanes[i], usual);
        assert_int_equal(step(&lanes[i], NULL, 0, &out, &results[i]), LANE_MORE);
        assert_true(tls13_server_take(server, out.data, out.len, &answers[i]));
        tls13_server_free(server);
        buf_dispose(&out);
    }
    bool done[2] = {false, false};
    for (size_t at = 0; !done[0] || !done[1]; at++) {
        for (size_t i = 0; i < 2; i++) {
            struct buf out = {0};
            assert_true(at < answers[i].len || done[i]);
            if (!done[i])
                done[i] = step(&lanes[i], answers[i].data + at, 1, &out, &results[i]) == LANE_CHAIN;
            buf_dispose(&out);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        is_that_chain(&results[i]);
        chain_dispose(&results[i].chain);
        lane_direct_dispose(&lanes[i]);
        buf_dispose(&answers[i]);
    }
}

/* ---- memory ---- */

static void without_room_for_a_hello_it_is_no_fault_of_the_server(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {.max = 100};
    (void)state;
    begin(&lane, usual);
    assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_LOCAL_ERROR);
    assert_string_equal(result.detail, "out of memory");
    lane_direct_dispose(&lane);
    buf_dispose(&out);
}

static void nor_without_room_for_the_second(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {0};
    struct buf answer = {0};
    struct tls13_server *server = tls13_server_new(&(struct tls13_server_options){.group = 0x17});
    (void)state;
    begin(&lane, usual);
    assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_MORE);
    assert_true(tls13_server_take(server, out.data, out.len, &answer));
    buf_reset(&out);
    out.max = 100;
    assert_int_equal(step(&lane, answer.data, answer.len, &out, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_LOCAL_ERROR);
    tls13_server_free(server);
    lane_direct_dispose(&lane);
    buf_dispose(&answer);
    buf_dispose(&out);
}

static int make_context(void **state)
{
    struct diag diag;
    (void)state;
    context = calloc(1, sizeof *context);
    plain13 = messages13(NULL, NULL, 2);
    record13 = (struct tls13_record){.type = 22, .bytes = plain13.data, .len = plain13.len};
    return context != NULL && tls_crypto_new(&context->crypto, &diag) == CS_OK ? 0 : -1;
}

static int free_context(void **state)
{
    (void)state;
    tls_crypto_free(context->crypto);
    free(context);
    buf_dispose(&plain13);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_shows_every_kind_of_key),
        cmocka_unit_test(every_group_of_tls_13_is_agreed_on),
        cmocka_unit_test(every_suite_of_tls_13_but_ccm_is_opened),
        cmocka_unit_test(a_server_that_wants_ccm_is_for_another_lane),
        cmocka_unit_test(up_to_tls_12_ccm_is_no_matter),
        cmocka_unit_test(a_server_without_a_group_of_ours_says_so),
        cmocka_unit_test(old_and_odd_cipher_suites_are_no_matter),
        cmocka_unit_test(a_demanded_client_certificate_hides_nothing_and_is_noted),
        cmocka_unit_test(names_of_client_cas_are_kept),
        cmocka_unit_test(what_is_stapled_is_kept),
        cmocka_unit_test(the_group_of_an_older_key_exchange_is_told),
        cmocka_unit_test(keys_of_the_family_asked_for_are_shown),
        cmocka_unit_test(a_server_without_such_a_key_refuses),
        cmocka_unit_test(the_small_hello_finds_servers_that_still_have_tls_10),
        cmocka_unit_test(the_name_is_sent_where_there_is_one),
        cmocka_unit_test(the_whole_chain_comes_in_order),
        cmocka_unit_test(one_certificate_too_many_is_too_large),
        cmocka_unit_test(one_context_serves_many_handshakes),
        cmocka_unit_test(a_flight_of_tls_12_may_be_split_anywhere),
        cmocka_unit_test(messages_may_share_a_record),
        cmocka_unit_test(and_records_may_share_a_message),
        cmocka_unit_test(a_flight_of_ssl_3_is_one_like_others),
        cmocka_unit_test(a_suite_nobody_has_heard_of_is_no_obstacle),
        cmocka_unit_test(half_a_flight_asks_for_more),
        cmocka_unit_test(what_came_with_the_certificate_is_looked_through),
        cmocka_unit_test(what_has_not_come_by_then_is_not_waited_for),
        cmocka_unit_test(without_a_request_before_the_end_there_was_none),
        cmocka_unit_test(a_key_exchange_without_named_curve_tells_no_group),
        cmocka_unit_test(what_breaks_after_the_certificate_loses_nothing),
        cmocka_unit_test(timestamps_of_the_hello_are_kept),
        cmocka_unit_test(fatal_alerts_are_told_by_name),
        cmocka_unit_test(which_alert_it_was_is_told_too),
        cmocka_unit_test(warnings_are_read_over),
        cmocka_unit_test(a_close_notify_before_the_certificate_is_a_close),
        cmocka_unit_test(half_an_alert_is_malformed),
        cmocka_unit_test(hello_requests_are_read_over),
        cmocka_unit_test(a_handshake_begins_with_a_server_hello),
        cmocka_unit_test(and_goes_on_with_a_certificate),
        cmocka_unit_test(records_of_other_kinds_have_no_place_in_it),
        cmocka_unit_test(versions_that_are_none_are_for_another_lane),
        cmocka_unit_test(certificate_lists_that_are_none_are_malformed),
        cmocka_unit_test(a_hundred_certificates_are_taken_and_no_more),
        cmocka_unit_test(a_message_beyond_the_limit_is_too_large_before_it_has_come),
        cmocka_unit_test(a_message_of_the_limit_is_taken),
        cmocka_unit_test(a_flight_of_tls_13_may_be_split_anywhere),
        cmocka_unit_test(half_a_flight_of_tls_13_asks_for_more),
        cmocka_unit_test(all_suites_and_groups_go_together),
        cmocka_unit_test(a_retry_is_answered_by_the_same_hello_with_share_and_cookie),
        cmocka_unit_test(a_long_cookie_comes_back_whole),
        cmocka_unit_test(one_that_fits_no_record_of_ours_is_malformed),
        cmocka_unit_test(a_second_retry_is_malformed),
        cmocka_unit_test(a_retry_that_asks_for_nothing_new_is_malformed),
        cmocka_unit_test(a_group_that_is_not_done_here_is_for_another_lane),
        cmocka_unit_test(a_suite_that_is_not_done_here_is_for_another_lane),
        cmocka_unit_test(the_suite_of_a_retry_is_final),
        cmocka_unit_test(a_share_of_another_group_is_malformed),
        cmocka_unit_test(a_share_that_is_no_key_is_malformed),
        cmocka_unit_test(the_small_hello_has_not_offered_tls_13),
        cmocka_unit_test(sealed_messages_may_share_records_and_records_messages),
        cmocka_unit_test(the_hello_may_come_in_many_records),
        cmocka_unit_test(a_record_of_the_greatest_length_is_opened),
        cmocka_unit_test(changes_of_cipher_spec_are_read_over_in_tls_13),
        cmocka_unit_test(a_record_that_does_not_open_is_malformed),
        cmocka_unit_test(clear_text_where_it_has_to_be_sealed_is_malformed),
        cmocka_unit_test(sealed_alerts_end_it_whatever_their_level),
        cmocka_unit_test(so_do_clear_ones_of_a_server_that_gave_up),
        cmocka_unit_test(user_canceled_alone_is_read_over),
        cmocka_unit_test(sealed_application_data_has_no_place_in_a_handshake),
        cmocka_unit_test(a_sealed_handshake_without_certificate_is_malformed),
        cmocka_unit_test(the_limits_are_the_same_in_tls_13),
        cmocka_unit_test(a_request_before_the_certificate_is_noted),
        cmocka_unit_test(what_comes_with_the_leaf_is_kept),
        cmocka_unit_test(what_breaks_after_a_sealed_certificate_loses_nothing),
        cmocka_unit_test(two_handshakes_side_by_side_do_not_mix),
        cmocka_unit_test(without_room_for_a_hello_it_is_no_fault_of_the_server),
        cmocka_unit_test(nor_without_room_for_the_second),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
