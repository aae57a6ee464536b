// SPDX-License-Identifier: Apache-2.0
/* Verbs for tests of the direct lane: how it is begun, what it is fed and in which pieces, how it ends. */
#ifndef TESTS_UNIT_SCANNER_LANE_DIRECT_WORLD_H
#define TESTS_UNIT_SCANNER_LANE_DIRECT_WORLD_H

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

static inline void begin(struct lane_direct *lane, struct wish wish)
{
    lane_direct_begin(lane, context, wish.kind, wish.keys, wish.name);
}

/* One step over a copy that is gone right after it, so that a sanitizer sees what is kept of it too long. */
static inline enum lane_verdict step(struct lane_direct *lane, const uint8_t *bytes, size_t len,
                                     struct buf *out, struct lane_result *result)
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
static inline enum lane_verdict feed(struct wish wish, const struct buf *flight, size_t first, size_t piece,
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

static inline void ends_with(struct wish wish, enum lane_verdict wanted, enum outcome outcome,
                             const char *detail, struct buf *flight)
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

static inline void ends_as(enum outcome outcome, const char *detail, struct buf *flight)
{
    ends_with(usual, LANE_END, outcome, detail, flight);
}

static inline void is_malformed(const char *detail, struct buf *flight)
{
    ends_with(usual, LANE_END, OUTCOME_MALFORMED, detail, flight);
}

static inline void is_chain(struct buf *flight)
{
    ends_with(usual, LANE_CHAIN, OUTCOME_CERTIFICATE, "", flight);
}

static inline struct buf hello(void)
{
    struct buf flight = {0};
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    return flight;
}

/* hello() and a Certificate message. */
static inline struct buf short_flight(void)
{
    struct buf flight = hello();
    flight_certificates(&flight, "garbage", 7, 2);
    return flight;
}

/* What an honest server of TLS 1.2 says behind its hello. */
#define STATUS       "010000030aabbc"               /* OCSP */
#define KEY_EXCHANGE "03001d20"                     /* a named curve, x25519; the rest is of no interest */
#define REQUEST      "0101000204010006000430020500" /* one CA name */

static inline void add_message(struct buf *flight, uint8_t type, const char *hex)
{
    struct buf body = hex_bytes(hex);
    flight_message(flight, type, &body);
    buf_dispose(&body);
}

static inline struct buf long_flight(void)
{
    struct buf flight = short_flight();
    add_message(&flight, FLIGHT_CERTIFICATE_STATUS, STATUS);
    add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, KEY_EXCHANGE);
    add_message(&flight, FLIGHT_CERTIFICATE_REQUEST, REQUEST);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    return flight;
}

/* The same messages, all in one record. */
static inline struct buf coalesced(const struct buf *flight)
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
static inline struct buf shredded(const struct buf *flight, size_t piece)
{
    struct buf whole = coalesced(flight);
    struct buf out = {0};
    for (size_t at = 5; at < whole.len; at += piece)
        flight_record(&out, 22, 0x0303, whole.data + at, whole.len - at < piece ? whole.len - at : piece);
    buf_dispose(&whole);
    return out;
}

static inline void is_that_chain(const struct lane_result *result)
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
static inline void shows_that_chain_at_every_split(struct buf *flight, uint16_t version, uint16_t suite)
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

static inline void is_raw(struct raw raw, const char *hex)
{
    struct buf expected = hex_bytes(hex);
    assert_int_equal(raw.len, expected.len);
    assert_memory_equal(raw.bytes, expected.data, expected.len);
    buf_dispose(&expected);
}

/* ---- TLS 1.3 ---- */

/* Talks to a server in memory until there is a verdict: each of its answers goes to the lane in a piece of
 * `first` bytes, then in pieces of `piece`. `longest`, unless NULL, gets the length of the longest answer. */
static inline enum lane_verdict talk_in_pieces(const struct tls13_server_options *options, struct wish wish,
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

static inline enum lane_verdict talk(const struct tls13_server_options *options, struct lane_result *result)
{
    return talk_in_pieces(options, usual, SIZE_MAX, SIZE_MAX, result, NULL);
}

/* The messages of a server, one after the other and without records. */
static inline struct buf messages13(const char *request, const char *leaf_extensions, size_t certs)
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

static struct tls13_record record13;

/* A server whose options are these, and that then shows the chain, sealed in one record. */
static inline const struct tls13_server_options *showing(struct tls13_server_options options)
{
    static struct tls13_server_options kept;
    kept = options;
    kept.records = &record13;
    kept.record_count = 1;
    return &kept;
}

static inline void shows_that_chain(const struct tls13_server_options *options, uint16_t group)
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

static inline void ends13(const struct tls13_server_options *options, enum lane_verdict wanted,
                          enum outcome outcome, const char *detail)
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

static inline void is_malformed13(const struct tls13_server_options *options, const char *detail)
{
    ends13(options, LANE_END, OUTCOME_MALFORMED, detail);
}

static inline int make_context(void **state)
{
    struct diag diag;
    (void)state;
    context = calloc(1, sizeof *context);
    return context != NULL && tls_crypto_new(&context->crypto, &diag) == CS_OK ? 0 : -1;
}

static inline int free_context(void **state)
{
    (void)state;
    tls_crypto_free(context->crypto);
    free(context);
    return 0;
}

#endif
