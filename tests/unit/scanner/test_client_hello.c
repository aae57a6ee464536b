// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "model/cipher_suite.h"
#include "scanner/client_hello.h"

#define LONGEST_NAME 253

/* ---- a hello taken apart, by other means than it was put together ---- */

struct extension {
    unsigned type;
    size_t at; /* of its body, in the record */
    size_t len;
};

struct parts {
    const uint8_t *bytes;
    size_t len;
    unsigned record_version;
    size_t message_len; /* with its header of 4 bytes */
    unsigned version;
    size_t random_at;
    size_t session_len;
    size_t session_at;
    uint16_t suites[256];
    size_t suite_count;
    bool has_extensions; /* a list of them, be it empty */
    struct extension extensions[32];
    size_t extension_count;
};

static size_t number(const struct parts *parts, size_t at, unsigned bytes)
{
    size_t value = 0;
    assert_true(at + bytes <= parts->len);
    for (unsigned i = 0; i < bytes; i++)
        value = value * 256 + parts->bytes[at + i];
    return value;
}

static void take_extensions_apart(struct parts *parts, size_t at)
{
    parts->has_extensions = at < parts->len;
    if (!parts->has_extensions)
        return;
    assert_int_equal(number(parts, at, 2), parts->len - at - 2);
    for (at += 2; at < parts->len;) {
        struct extension *next = &parts->extensions[parts->extension_count++];
        assert_true(parts->extension_count <= 32);
        next->type = (unsigned)number(parts, at, 2);
        next->len = number(parts, at + 2, 2);
        next->at = at + 4;
        at = next->at + next->len;
        assert_true(at <= parts->len);
    }
}

static void take_apart(struct parts *parts, const struct buf *record)
{
    *parts = (struct parts){.bytes = record->data, .len = record->len};
    assert_int_equal(record->err, CS_OK);
    assert_int_equal(number(parts, 0, 1), 22);
    parts->record_version = (unsigned)number(parts, 1, 2);
    assert_int_equal(number(parts, 3, 2), parts->len - 5); /* one record, and all of it */
    assert_int_equal(number(parts, 5, 1), 1);
    assert_int_equal(number(parts, 6, 3), parts->len - 9);
    parts->message_len = parts->len - 5;
    parts->version = (unsigned)number(parts, 9, 2);
    parts->random_at = 11;
    parts->session_len = number(parts, 43, 1);
    parts->session_at = 44;
    size_t at = parts->session_at + parts->session_len;
    parts->suite_count = number(parts, at, 2) / 2;
    assert_int_equal(number(parts, at, 2) % 2, 0);
    assert_true(parts->suite_count <= 256);
    for (size_t i = 0; i < parts->suite_count; i++)
        parts->suites[i] = (uint16_t)number(parts, at + 2 + 2 * i, 2);
    at += 2 + 2 * parts->suite_count;
    assert_int_equal(number(parts, at, 2), 0x0100); /* no compression is all there is */
    take_extensions_apart(parts, at + 2);
}

/* The only one of its type; NULL = none. */
static const struct extension *find(const struct parts *parts, unsigned type)
{
    const struct extension *found = NULL;
    for (size_t i = 0; i < parts->extension_count; i++) {
        if (parts->extensions[i].type != type)
            continue;
        assert_null(found);
        found = &parts->extensions[i];
    }
    return found;
}

static void has_extension(const struct parts *parts, unsigned type, const char *bytes, size_t len)
{
    const struct extension *found = find(parts, type);
    if (found == NULL)
        fail_msg("no extension %u", type);
    assert_int_equal(found->len, len);
    assert_memory_equal(parts->bytes + found->at, bytes, len);
}

#define HAS(type, bytes) has_extension(&parts, (type), (bytes), sizeof(bytes) - 1)

/* ---- hellos ---- */

static uint8_t share_bytes[133];
static const size_t share_lens[] = {32, 65, 97, 133};
static const uint16_t share_groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1,
                                        TLS_GROUP_SECP521R1};

static struct client_hello modern(enum key_family keys, const char *name)
{
    struct client_hello hello = {.kind = HELLO_MODERN,
                                 .keys = keys,
                                 .server_name = name,
                                 .group = TLS_GROUP_X25519,
                                 .share = {share_bytes, 32},
                                 .record_version = TLS_VERSION_1_0};
    memset(hello.random, 0xAB, sizeof hello.random);
    memset(hello.session_id, 0xCD, sizeof hello.session_id);
    return hello;
}

static struct client_hello legacy(enum key_family keys, const char *name)
{
    struct client_hello hello = modern(keys, name);
    hello.kind = HELLO_LEGACY;
    return hello;
}

static struct buf record; /* the last one made */

static struct parts made(struct client_hello hello)
{
    struct parts parts;
    buf_reset(&record);
    client_hello_append(&record, &hello);
    take_apart(&parts, &record);
    return parts;
}

static const char *name_of_length(size_t len)
{
    static char name[LONGEST_NAME + 1];
    memset(name, 'n', sizeof name);
    name[len] = '\0';
    return name;
}

static const enum key_family families[] = {KEY_FAMILY_ANY, KEY_FAMILY_RSA, KEY_FAMILY_OTHER};
#define FAMILY_COUNT 3

/* ---- the modern one ---- */

static void it_is_a_tls_12_hello_on_the_outside(void **state)
{
    (void)state;
    struct parts parts = made(modern(KEY_FAMILY_ANY, NULL));
    assert_int_equal(parts.record_version, 0x0301);
    assert_int_equal(parts.version, 0x0303);
    assert_int_equal(parts.session_len, 32);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(parts.bytes[parts.random_at + i], 0xAB);
        assert_int_equal(parts.bytes[parts.session_at + i], 0xCD);
    }
    struct client_hello second = modern(KEY_FAMILY_ANY, NULL);
    second.record_version = TLS_VERSION_1_2;
    assert_int_equal(made(second).record_version, 0x0303);
}

static void it_offers_tls_13_to_10(void **state)
{
    (void)state;
    struct parts parts = made(modern(KEY_FAMILY_ANY, NULL));
    HAS(43, "\x08\x03\x04\x03\x03\x03\x02\x03\x01");
}

static void it_offers_the_four_groups_and_a_share_of_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct client_hello hello = modern(KEY_FAMILY_ANY, NULL);
        hello.group = share_groups[i];
        hello.share.left = share_lens[i];
        struct parts parts = made(hello);
        HAS(10, "\x00\x08\x00\x1d\x00\x17\x00\x18\x00\x19");
        HAS(11, "\x01\x00");
        const struct extension *share = find(&parts, 51);
        assert_non_null(share);
        assert_int_equal(share->len, 6 + share_lens[i]);
        assert_int_equal(number(&parts, share->at, 2), 4 + share_lens[i]);
        assert_int_equal(number(&parts, share->at + 2, 2), share_groups[i]);
        assert_int_equal(number(&parts, share->at + 4, 2), share_lens[i]);
        assert_memory_equal(parts.bytes + share->at + 6, share_bytes, share_lens[i]);
    }
}

static void it_asks_for_all_that_can_be_had_beside_a_certificate(void **state)
{
    (void)state;
    struct parts parts = made(modern(KEY_FAMILY_ANY, NULL));
    HAS(5, "\x01\x00\x00\x00\x00"); /* a stapled OCSP response */
    HAS(18, "");                    /* certificate timestamps */
    HAS(23, "");                    /* extended master secret, without which some refuse */
    HAS(0xFF01, "\x00");            /* secure renegotiation, likewise */
}

static void a_cookie_is_sent_back_where_there_was_one(void **state)
{
    struct client_hello hello = modern(KEY_FAMILY_ANY, NULL);
    (void)state;
    struct parts parts = made(hello);
    assert_null(find(&parts, 44));
    hello.cookie = (struct cursor){(const uint8_t *)"biscuit", 7};
    parts = made(hello);
    HAS(44, "\x00\x07"
            "biscuit");
}

static void the_name_is_there_where_there_is_one(void **state)
{
    (void)state;
    struct parts parts = made(modern(KEY_FAMILY_ANY, NULL));
    assert_null(find(&parts, 0));
    parts = made(modern(KEY_FAMILY_ANY, "www.example"));
    HAS(0, "\x00\x0e\x00\x00\x0bwww.example");
    parts = made(modern(KEY_FAMILY_ANY, name_of_length(LONGEST_NAME)));
    assert_int_equal(find(&parts, 0)->len, 5 + LONGEST_NAME);
}

/* RFC 7685: of 256 to 511 bytes some load balancers hang. */
static void no_modern_hello_is_of_a_length_that_hangs_load_balancers(void **state)
{
    size_t padded = 0;
    size_t unpadded = 0;
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (size_t group = 0; group < 4; group++) {
            for (size_t len = 0; len <= LONGEST_NAME; len++) {
                struct client_hello hello = modern(families[i], len > 0 ? name_of_length(len) : NULL);
                hello.group = share_groups[group];
                hello.share.left = share_lens[group];
                struct parts parts = made(hello);
                const struct extension *padding = find(&parts, 21);
                assert_false(parts.message_len >= 256 && parts.message_len < 512);
                padded += padding != NULL;
                unpadded += padding == NULL;
                for (size_t k = 0; padding != NULL && k < padding->len; k++)
                    assert_int_equal(parts.bytes[padding->at + k], 0);
            }
        }
    }
    assert_true(padded > 100 && unpadded > 100);
}

static void padding_is_no_longer_than_it_has_to_be(void **state)
{
    (void)state;
    for (size_t len = 1; len <= LONGEST_NAME; len++) {
        struct parts parts = made(modern(KEY_FAMILY_RSA, name_of_length(len)));
        const struct extension *padding = find(&parts, 21);
        if (padding != NULL)
            assert_in_range(parts.message_len, 512, 515); /* an extension has 4 bytes at least */
    }
}

/* ---- what is asked for by key family ---- */

static bool goes_with(const struct cipher_suite *suite, enum key_family keys)
{
    if (keys == KEY_FAMILY_ANY || suite->keys == SUITE_KEYS_ANY)
        return true;
    return suite->keys == (keys == KEY_FAMILY_RSA ? SUITE_KEYS_RSA : SUITE_KEYS_OTHER);
}

static void suites_are_those_of_the_family_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct parts parts = made(modern(families[i], NULL));
        size_t at = 0;
        for (size_t k = 0; k < cipher_suite_count; k++) {
            if (cipher_suites[k].in_modern && goes_with(&cipher_suites[k], families[i]))
                assert_int_equal(parts.suites[at++], cipher_suites[k].number);
        }
        assert_int_equal(at, parts.suite_count);
        assert_int_equal(parts.suites[0], 0x1301); /* TLS 1.3's go with any key */
    }
}

/* SignatureScheme, or hash and signature as before TLS 1.3: is it made with an RSA key? */
static bool is_rsa_signature(size_t number)
{
    return (number & 0xFF) == 1 || (number >= 0x0804 && number <= 0x0806) ||
           (number >= 0x0809 && number <= 0x080B);
}

static void signatures_are_those_of_the_family(void **state)
{
    size_t counts[FAMILY_COUNT];
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct parts parts = made(modern(families[i], NULL));
        const struct extension *list = find(&parts, 13);
        assert_non_null(list);
        assert_int_equal(number(&parts, list->at, 2), list->len - 2);
        counts[i] = list->len / 2 - 1;
        for (size_t at = list->at + 2; at < list->at + list->len && families[i] != KEY_FAMILY_ANY; at += 2)
            assert_int_equal(is_rsa_signature(number(&parts, at, 2)), families[i] == KEY_FAMILY_RSA);
    }
    assert_true(counts[1] > 8 && counts[2] > 8);
    assert_int_equal(counts[0], counts[1] + counts[2]); /* nothing is asked for only without a wish */
}

/* ---- the small one ---- */

static void the_small_hello_is_tls_10_through_and_through(void **state)
{
    (void)state;
    struct parts parts = made(legacy(KEY_FAMILY_ANY, NULL));
    assert_int_equal(parts.record_version, 0x0301);
    assert_int_equal(parts.version, 0x0301);
    assert_int_equal(parts.session_len, 0);
    assert_int_equal(parts.bytes[parts.random_at], 0xAB);
}

static void it_has_no_extension_but_the_name(void **state)
{
    (void)state;
    struct parts parts = made(legacy(KEY_FAMILY_ANY, NULL));
    assert_false(parts.has_extensions); /* not even an empty list: SSL 3.0 servers choke on it */
    parts = made(legacy(KEY_FAMILY_ANY, "www.example"));
    assert_int_equal(parts.extension_count, 1);
    HAS(0, "\x00\x0e\x00\x00\x0bwww.example");
}

static void it_offers_old_suites_of_the_family_and_secure_renegotiation(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        struct parts parts = made(legacy(families[i], NULL));
        size_t at = 0;
        for (size_t k = 0; k < cipher_suite_count; k++) {
            if (cipher_suites[k].in_legacy && goes_with(&cipher_suites[k], families[i]))
                assert_int_equal(parts.suites[at++], cipher_suites[k].number);
        }
        assert_true(at > 10);
        assert_int_equal(parts.suites[at++], 0x00FF);
        assert_int_equal(at, parts.suite_count);
    }
}

static void every_hello_fits_one_segment(void **state)
{
    const size_t segment = 1220; /* IPv6's least MTU without its headers and TCP's */
    (void)state;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        assert_in_range(made(modern(families[i], name_of_length(LONGEST_NAME))).len, 0, segment);
        assert_in_range(made(legacy(families[i], NULL)).len, 0, 256); /* older machines, smaller buffers */
        assert_in_range(made(legacy(families[i], name_of_length(LONGEST_NAME))).len, 0, 536);
    }
}

/* ---- as others see it ---- */

static size_t seen; /* hellos */

static int compare(SSL *ssl, int *alert, void *data)
{
    const struct parts *parts = data;
    const unsigned char *bytes;
    int *types;
    size_t count;
    (void)alert;
    assert_int_equal(SSL_client_hello_get0_legacy_version(ssl), parts->version);
    assert_int_equal(SSL_client_hello_get0_random(ssl, &bytes), 32);
    assert_memory_equal(bytes, parts->bytes + parts->random_at, 32);
    assert_int_equal(SSL_client_hello_get0_session_id(ssl, &bytes), parts->session_len);
    assert_int_equal(SSL_client_hello_get0_ciphers(ssl, &bytes), 2 * parts->suite_count);
    for (size_t i = 0; i < parts->suite_count; i++)
        assert_int_equal(bytes[2 * i] << 8 | bytes[2 * i + 1], parts->suites[i]);
    assert_int_equal(SSL_client_hello_get1_extensions_present(ssl, &types, &count), 1);
    for (size_t i = 0; i < count; i++) {
        const struct extension *ours = find(parts, (unsigned)types[i]);
        size_t len;
        assert_non_null(ours);
        assert_int_equal(SSL_client_hello_get0_ext(ssl, ours->type, &bytes, &len), 1);
        assert_int_equal(len, ours->len);
        assert_memory_equal(bytes, parts->bytes + ours->at, len);
    }
    OPENSSL_free(types);
    seen++;
    return SSL_CLIENT_HELLO_ERROR; /* enough */
}

static void libssl_reads_the_same(void **state)
{
    (void)state;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(ctx);
    seen = 0;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        for (int kind = HELLO_MODERN; kind <= HELLO_LEGACY; kind++) {
            struct parts parts = made(kind == HELLO_MODERN ? modern(families[i], "www.example")
                                                           : legacy(families[i], "www.example"));
            SSL *ssl;
            SSL_CTX_set_client_hello_cb(ctx, compare, &parts);
            assert_non_null(ssl = SSL_new(ctx));
            SSL_set_bio(ssl, BIO_new_mem_buf(parts.bytes, (int)parts.len), BIO_new(BIO_s_mem()));
            SSL_accept(ssl);
            SSL_free(ssl);
        }
    }
    assert_int_equal(seen, 2 * FAMILY_COUNT);
    SSL_CTX_free(ctx);
}

/* ---- memory ---- */

static void it_goes_behind_what_is_there_already(void **state)
{
    struct client_hello hello = modern(KEY_FAMILY_ANY, "www.example");
    struct buf out = {0};
    (void)state;
    made(hello);
    buf_append_str(&out, "before");
    client_hello_append(&out, &hello);
    assert_int_equal(out.len, 6 + record.len);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, record.data, record.len);
    buf_dispose(&out);
}

static void without_room_the_buffer_says_so(void **state)
{
    struct client_hello hello = modern(KEY_FAMILY_ANY, "www.example");
    (void)state;
    made(hello);
    for (size_t max = 1; max < record.len; max += 7) {
        struct buf out = {.max = max};
        client_hello_append(&out, &hello);
        assert_int_equal(out.err, CS_E_LIMIT);
        buf_dispose(&out);
    }
    struct buf out = {.max = record.len};
    client_hello_append(&out, &hello);
    assert_int_equal(out.err, CS_OK);
    buf_dispose(&out);
}

static int fill_share(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof share_bytes; i++)
        share_bytes[i] = (uint8_t)i;
    return 0;
}

static int free_record(void **state)
{
    (void)state;
    buf_dispose(&record);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_tls_12_hello_on_the_outside),
        cmocka_unit_test(it_offers_tls_13_to_10),
        cmocka_unit_test(it_offers_the_four_groups_and_a_share_of_one),
        cmocka_unit_test(it_asks_for_all_that_can_be_had_beside_a_certificate),
        cmocka_unit_test(a_cookie_is_sent_back_where_there_was_one),
        cmocka_unit_test(the_name_is_there_where_there_is_one),
        cmocka_unit_test(no_modern_hello_is_of_a_length_that_hangs_load_balancers),
        cmocka_unit_test(padding_is_no_longer_than_it_has_to_be),
        cmocka_unit_test(suites_are_those_of_the_family_in_order),
        cmocka_unit_test(signatures_are_those_of_the_family),
        cmocka_unit_test(the_small_hello_is_tls_10_through_and_through),
        cmocka_unit_test(it_has_no_extension_but_the_name),
        cmocka_unit_test(it_offers_old_suites_of_the_family_and_secure_renegotiation),
        cmocka_unit_test(every_hello_fits_one_segment),
        cmocka_unit_test(libssl_reads_the_same),
        cmocka_unit_test(it_goes_behind_what_is_there_already),
        cmocka_unit_test(without_room_the_buffer_says_so),
    };
    return cmocka_run_group_tests(tests, fill_share, free_record);
}
