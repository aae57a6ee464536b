// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "base/buf.h"
#include "scanner/server_hello.h"
#include "scanner/tls13_keys.h"
#include "scanner/tls_wire.h"
#include "tests/data/rfc8448.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/tls13_seal.h"

#define TRACE_COUNT (sizeof rfc8448_traces / sizeof rfc8448_traces[0])

static struct tls_crypto *crypto;

static void is_hex(const uint8_t *got, size_t len, const char *expected)
{
    char *text = malloc(2 * len + 1);
    assert_non_null(text);
    hex_encode(text, got, len);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- the traces of RFC 8448 ---- */

static struct cursor body_of(const struct buf *message)
{
    assert_true(message->len > TLS_MESSAGE_HEADER);
    return (struct cursor){message->data + TLS_MESSAGE_HEADER, message->len - TLS_MESSAGE_HEADER};
}

static size_t agree_x25519(const struct buf *ours, struct cursor theirs, uint8_t *out)
{
    size_t len = TLS_SECRET_MAX;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, ours->data, ours->len);
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs.at, theirs.left);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_non_null(ctx);
    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, out, &len), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(key);
    return len;
}

static size_t agree_p256(const struct buf *ours, struct cursor theirs, uint8_t *out)
{
    EC_GROUP *curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(curve);
    BIGNUM *scalar = BN_bin2bn(ours->data, (int)ours->len, NULL);
    BIGNUM *x = BN_new();
    assert_int_equal(EC_POINT_oct2point(curve, point, theirs.at, theirs.left, NULL), 1);
    assert_int_equal(EC_POINT_mul(curve, point, NULL, point, scalar, NULL), 1);
    assert_int_equal(EC_POINT_get_affine_coordinates(curve, point, x, NULL, NULL), 1);
    assert_int_equal(BN_bn2binpad(x, out, 32), 32);
    BN_free(x);
    BN_free(scalar);
    EC_POINT_free(point);
    EC_GROUP_free(curve);
    return 32;
}

/* What the client of a trace has in common with its server. */
static void agree(const struct rfc8448_trace *trace, const struct buf *server_hello,
                  uint8_t shared[TLS_SECRET_MAX], size_t *shared_len)
{
    struct server_hello hello;
    struct buf ours = hex_bytes(trace->client_key);
    bool is_x25519 = strcmp(trace->client_key_type, "X25519") == 0;
    assert_int_equal(server_hello_parse(&hello, body_of(server_hello)), CS_OK);
    assert_int_equal(hello.version, TLS_VERSION_1_3);
    assert_int_equal(hello.suite, 0x1301);
    assert_false(hello.is_retry);
    assert_int_equal(hello.group, is_x25519 ? TLS_GROUP_X25519 : TLS_GROUP_SECP256R1);
    *shared_len =
        is_x25519 ? agree_x25519(&ours, hello.share, shared) : agree_p256(&ours, hello.share, shared);
    buf_dispose(&ours);
}

/* RFC 8446, 4.4.1: behind a HelloRetryRequest the first ClientHello is there as its hash only. */
static void hash_transcript(const struct rfc8448_trace *trace, const struct buf *server_hello,
                            uint8_t out[TLS_HASH_MAX])
{
    struct buf first = hex_bytes(trace->client_hello_1);
    struct buf all = {0};
    if (first.len > 0) {
        const struct cursor piece = {first.data, first.len};
        append_hex(&all, "fe000020");
        assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA256, &piece, 1, out));
        buf_append(&all, out, 32);
    }
    append_hex(&all, trace->retry);
    append_hex(&all, trace->client_hello);
    const struct cursor pieces[] = {{all.data, all.len}, {server_hello->data, server_hello->len}};
    assert_true(tls_crypto_hash(crypto, TLS_HASH_SHA256, pieces, 2, out));
    buf_dispose(&first);
    buf_dispose(&all);
}

/* An opener from what the client of a trace knows. */
static struct tls13_opener opener_of(const struct rfc8448_trace *trace)
{
    struct tls13_opener opener;
    uint8_t shared[TLS_SECRET_MAX];
    uint8_t transcript[TLS_HASH_MAX];
    size_t shared_len;
    struct buf server_hello = hex_bytes(trace->server_hello);
    agree(trace, &server_hello, shared, &shared_len);
    is_hex(shared, shared_len, trace->shared_secret);
    hash_transcript(trace, &server_hello, transcript);
    assert_true(tls13_opener_init(&opener, crypto, tls13_suite_find(0x1301),
                                  (struct cursor){shared, shared_len}, transcript));
    buf_dispose(&server_hello);
    return opener;
}

static void the_hellos_and_the_clients_key_give_the_servers_key_and_iv(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRACE_COUNT; i++) {
        struct tls13_opener opener = opener_of(&rfc8448_traces[i]);
        is_hex(opener.key, 16, rfc8448_traces[i].server_key);
        is_hex(opener.iv, sizeof opener.iv, rfc8448_traces[i].server_iv);
        assert_int_equal(opener.sequence, 0);
    }
}

static void another_hello_gives_another_key(void **state)
{
    const struct rfc8448_trace *trace = &rfc8448_traces[0];
    struct tls13_opener opener = opener_of(trace);
    struct tls13_opener other;
    uint8_t transcript[TLS_HASH_MAX];
    struct buf server_hello = hex_bytes(trace->server_hello);
    struct buf shared = hex_bytes(trace->shared_secret);
    (void)state;
    hash_transcript(trace, &server_hello, transcript);
    transcript[31] ^= 1;
    assert_true(tls13_opener_init(&other, crypto, tls13_suite_find(0x1301),
                                  (struct cursor){shared.data, shared.len}, transcript));
    assert_memory_not_equal(other.key, opener.key, 16);
    assert_memory_not_equal(other.iv, opener.iv, sizeof opener.iv);
    buf_dispose(&shared);
    buf_dispose(&server_hello);
}

static bool open_record(struct tls13_opener *opener, const struct buf *record, uint8_t *out, size_t *len,
                        uint8_t *type)
{
    struct cursor sealed = {record->data + TLS_RECORD_HEADER, record->len - TLS_RECORD_HEADER};
    return tls13_open(opener, crypto, record->data, sealed, out, len, type);
}

static void the_servers_sealed_flight_opens_to_the_plain_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRACE_COUNT; i++) {
        const struct rfc8448_trace *trace = &rfc8448_traces[i];
        uint8_t opened[TLS_RECORD_MAX];
        uint8_t type;
        size_t len;
        struct tls13_opener opener = opener_of(trace);
        struct buf sealed = hex_bytes(trace->sealed);
        struct buf plain = hex_bytes(trace->encrypted_extensions);
        append_hex(&plain, trace->certificate_request);
        append_hex(&plain, trace->certificate);
        append_hex(&plain, trace->certificate_verify);
        append_hex(&plain, trace->finished);
        assert_true(open_record(&opener, &sealed, opened, &len, &type));
        assert_int_equal(type, TLS_HANDSHAKE);
        assert_int_equal(len, plain.len);
        assert_memory_equal(opened, plain.data, len);
        assert_int_equal(opener.sequence, 1);
        buf_dispose(&plain);
        buf_dispose(&sealed);
    }
}

static void a_record_with_any_bit_changed_does_not_open(void **state)
{
    uint8_t opened[TLS_RECORD_MAX];
    uint8_t type;
    size_t len;
    struct tls13_opener opener = opener_of(&rfc8448_traces[0]);
    struct buf sealed = hex_bytes(rfc8448_traces[0].sealed);
    (void)state;
    for (size_t i = 0; i < sealed.len; i++) { /* the header is authenticated too */
        sealed.data[i] ^= (uint8_t)(1u << i % 8);
        assert_false(open_record(&opener, &sealed, opened, &len, &type));
        sealed.data[i] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(opener.sequence, 0); /* nothing was opened */
    assert_true(open_record(&opener, &sealed, opened, &len, &type));
    assert_false(open_record(&opener, &sealed, opened, &len, &type)); /* it was number 0, not 1 */
    buf_dispose(&sealed);
}

static void a_record_cut_short_does_not_open(void **state)
{
    uint8_t opened[TLS_RECORD_MAX];
    uint8_t type;
    size_t len;
    struct tls13_opener opener = opener_of(&rfc8448_traces[0]);
    struct buf sealed = hex_bytes(rfc8448_traces[0].sealed);
    (void)state;
    for (size_t left = 0; left < sealed.len - TLS_RECORD_HEADER; left++)
        assert_false(tls13_open(&opener, crypto, sealed.data,
                                (struct cursor){sealed.data + TLS_RECORD_HEADER, left}, opened, &len, &type));
    buf_dispose(&sealed);
}

/* ---- against libcrypto's own key schedule ---- */

static const uint16_t numbers[] = {0x1301, 0x1302, 0x1303};
#define SUITE_COUNT (sizeof numbers / sizeof numbers[0])

static void suites_that_are_done_here_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        assert_non_null(tls13_suite_find(numbers[i]));
        assert_int_equal(tls13_suite_find(numbers[i])->number, numbers[i]);
    }
    assert_null(tls13_suite_find(0x1304)); /* CCM */
    assert_null(tls13_suite_find(0x1305));
    assert_null(tls13_suite_find(0x1300));
    assert_null(tls13_suite_find(0xC02B)); /* of TLS 1.2 */
    assert_null(tls13_suite_find(0));
}

/* The two ends of one connection, agreed on a secret of `len` bytes. */
static void make_ends(uint16_t number, size_t len, struct tls13_opener *opener, struct tls13_sealer *sealer)
{
    uint8_t shared[TLS_SECRET_MAX];
    uint8_t transcript[TLS_HASH_MAX];
    memset(shared, 0x5A, sizeof shared);
    memset(transcript, 0xC3, sizeof transcript);
    tls13_sealer_init(sealer, number, shared, len, transcript);
    assert_true(tls13_opener_init(opener, crypto, tls13_suite_find(number), (struct cursor){shared, len},
                                  transcript));
}

static void opens_to(struct tls13_opener *opener, struct buf *record, uint8_t type, const char *content)
{
    uint8_t opened[TLS_RECORD_MAX];
    uint8_t got_type = 0;
    size_t len = 0;
    assert_true(open_record(opener, record, opened, &len, &got_type));
    assert_int_equal(got_type, type);
    assert_int_equal(len, strlen(content));
    assert_memory_equal(opened, content, len);
    buf_reset(record);
}

static void does_not_open(struct tls13_opener *opener, struct buf *record)
{
    uint8_t opened[TLS_RECORD_MAX];
    uint8_t type;
    size_t len;
    assert_false(open_record(opener, record, opened, &len, &type));
    buf_reset(record);
}

static void every_suite_opens_what_libcrypto_seals(void **state)
{
    const size_t secrets[] = {32, 48, 66}; /* of X25519 and P-256, P-384, P-521 */
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        for (size_t j = 0; j < sizeof secrets / sizeof secrets[0]; j++) {
            struct tls13_opener opener;
            struct tls13_sealer sealer;
            struct buf record = {0};
            make_ends(numbers[i], secrets[j], &opener, &sealer);
            assert_memory_equal(opener.key, sealer.key, sizeof sealer.key);
            assert_memory_equal(opener.iv, sealer.iv, sizeof sealer.iv);
            tls13_seal(&sealer, &record, TLS_HANDSHAKE, "hello", 5, 0);
            opens_to(&opener, &record, TLS_HANDSHAKE, "hello");
            buf_dispose(&record);
        }
    }
}

static void records_are_numbered(void **state)
{
    const uint64_t around[] = {0, 255, 65535, UINT32_MAX, UINT64_MAX - 1};
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        for (size_t j = 0; j < sizeof around / sizeof around[0]; j++) {
            struct tls13_opener opener;
            struct tls13_sealer sealer;
            struct buf record = {0};
            make_ends(numbers[i], 32, &opener, &sealer);
            opener.sequence = sealer.sequence = around[j];
            tls13_seal(&sealer, &record, TLS_HANDSHAKE, "one", 3, 0);
            opens_to(&opener, &record, TLS_HANDSHAKE, "one");
            tls13_seal(&sealer, &record, TLS_ALERT, "two", 3, 0);
            opens_to(&opener, &record, TLS_ALERT, "two");
            sealer.sequence = around[j]; /* once more */
            tls13_seal(&sealer, &record, TLS_HANDSHAKE, "one", 3, 0);
            does_not_open(&opener, &record);
            buf_dispose(&record);
        }
    }
}

static void padding_is_taken_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        struct tls13_opener opener;
        struct tls13_sealer sealer;
        struct buf record = {0};
        make_ends(numbers[i], 32, &opener, &sealer);
        for (size_t padding = 0; padding < 300; padding += 37) {
            tls13_seal(&sealer, &record, TLS_HANDSHAKE, "hello", 5, padding);
            opens_to(&opener, &record, TLS_HANDSHAKE, "hello");
        }
        tls13_seal(&sealer, &record, TLS_APPLICATION_DATA, "", 0, 10); /* empty, but of a type */
        opens_to(&opener, &record, TLS_APPLICATION_DATA, "");
        buf_dispose(&record);
    }
}

static void nothing_but_padding_is_no_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        struct tls13_opener opener;
        struct tls13_sealer sealer;
        struct buf record = {0};
        make_ends(numbers[i], 32, &opener, &sealer);
        tls13_seal(&sealer, &record, 0, "", 0, 0);
        does_not_open(&opener, &record);
        make_ends(numbers[i], 32, &opener, &sealer);
        tls13_seal(&sealer, &record, 0, "", 0, 1000);
        does_not_open(&opener, &record);
        buf_dispose(&record);
    }
}

static void keys_of_another_suite_do_not_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        for (size_t j = 0; j < SUITE_COUNT; j++) {
            struct tls13_opener opener;
            struct tls13_opener unused_opener;
            struct tls13_sealer sealer;
            struct tls13_sealer unused_sealer;
            struct buf record = {0};
            make_ends(numbers[i], 32, &opener, &unused_sealer);
            make_ends(numbers[j], 32, &unused_opener, &sealer);
            tls13_seal(&sealer, &record, TLS_HANDSHAKE, "hello", 5, 0);
            if (i == j)
                opens_to(&opener, &record, TLS_HANDSHAKE, "hello");
            else
                does_not_open(&opener, &record);
            buf_dispose(&record);
        }
    }
}

static int open_crypto(void **state)
{
    struct diag diag;
    (void)state;
    return tls_crypto_new(&crypto, &diag) == CS_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
    (void)state;
    tls_crypto_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hellos_and_the_clients_key_give_the_servers_key_and_iv),
        cmocka_unit_test(another_hello_gives_another_key),
        cmocka_unit_test(the_servers_sealed_flight_opens_to_the_plain_one),
        cmocka_unit_test(a_record_with_any_bit_changed_does_not_open),
        cmocka_unit_test(a_record_cut_short_does_not_open),
        cmocka_unit_test(suites_that_are_done_here_are_found),
        cmocka_unit_test(every_suite_opens_what_libcrypto_seals),
        cmocka_unit_test(records_are_numbered),
        cmocka_unit_test(padding_is_taken_off),
        cmocka_unit_test(nothing_but_padding_is_no_record),
        cmocka_unit_test(keys_of_another_suite_do_not_open),
    };
    return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
