// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scanner/cert_list.h"

/* Not a hash: what is tested is which bytes are hashed. */
static bool first_byte_and_length(void *context, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    unsigned *calls = context;
    memset(out, 0, SHA256_SIZE);
    out[0] = bytes[0];
    out[1] = (uint8_t)len;
    ++*calls;
    return true;
}

static bool cannot(void *context, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    (void)context;
    (void)bytes;
    (void)len;
    (void)out;
    return false;
}

static enum cs_err parse(struct chain *chain, const void *body, size_t len, bool is_tls13)
{
    unsigned calls = 0;
    uint8_t *exact = malloc(len > 0 ? len : 1); /* so that a byte read too far is seen */
    assert_non_null(exact);
    memcpy(exact, body, len);
    *chain = (struct chain){.tls_version = 0x0303, .lane = LANE_FULL};
    enum cs_err err =
        cert_list_parse(chain, (struct cursor){exact, len}, is_tls13, first_byte_and_length, &calls, NULL);
    free(exact);
    if (err == CS_OK)
        assert_int_equal(calls, chain->cert_count);
    else
        assert_null(chain->certs);
    return err;
}

#define TLS12(text) text, sizeof(text) - 1, false
#define TLS13(text) text, sizeof(text) - 1, true

static void fails_with(enum cs_err expected, const void *body, size_t len, bool is_tls13)
{
    struct chain chain;
    assert_int_equal(parse(&chain, body, len, is_tls13), expected);
}

static void append_u24(struct buf *out, size_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    buf_append(out, bytes, sizeof bytes);
}

/* A TLS 1.2 list of `count` certificates of `len` bytes each. */
static struct buf list_of(size_t count, size_t len)
{
    struct buf body = {0};
    append_u24(&body, count * (3 + len));
    for (size_t i = 0; i < count; i++) {
        append_u24(&body, len);
        for (size_t k = 0; k < len; k++)
            buf_append_char(&body, 'c');
    }
    assert_int_equal(body.err, CS_OK);
    return body;
}

static void two_certificates_of_tls_12_come_in_order(void **state)
{
    struct chain chain;
    (void)state;
    assert_int_equal(parse(&chain, TLS12("\0\0\x0b\0\0\3abc\0\0\2de")), CS_OK);
    assert_int_equal(chain.cert_count, 2);
    assert_int_equal(chain.certs[0].len, 3);
    assert_memory_equal(chain.certs[0].bytes, "abc", 3);
    assert_int_equal(chain.certs[0].sha256[0], 'a');
    assert_int_equal(chain.certs[0].sha256[1], 3);
    assert_int_equal(chain.certs[1].len, 2);
    assert_memory_equal(chain.certs[1].bytes, "de", 2);
    assert_int_equal(chain.tls_version, 0x0303); /* left alone */
    assert_int_equal(chain.lane, LANE_FULL);
    chain_dispose(&chain);
}

static void tls_13_has_a_context_and_extensions_around_them(void **state)
{
    struct chain chain;
    (void)state;
    assert_int_equal(parse(&chain, TLS13("\0\0\0\x10\0\0\3abc\0\0\0\0\1d\0\2xx")), CS_OK);
    assert_int_equal(chain.cert_count, 2);
    assert_memory_equal(chain.certs[0].bytes, "abc", 3);
    assert_memory_equal(chain.certs[1].bytes, "d", 1);
    chain_dispose(&chain);
    fails_with(CS_E_MALFORMED, TLS12("\0\0\0\x10\0\0\3abc\0\0\0\0\1d\0\2xx"));
}

static void an_empty_list_or_certificate_is_malformed(void **state)
{
    (void)state;
    fails_with(CS_E_MALFORMED, TLS12("\0\0\0"));
    fails_with(CS_E_MALFORMED, TLS13("\0\0\0\0"));
    fails_with(CS_E_MALFORMED, TLS12("\0\0\3\0\0\0"));
    fails_with(CS_E_MALFORMED, TLS12("\0\0\x09\0\0\3abc\0\0\0"));
    fails_with(CS_E_MALFORMED, TLS12(""));
    fails_with(CS_E_MALFORMED, TLS13(""));
}

static void lengths_that_lie_are_malformed(void **state)
{
    (void)state;
    fails_with(CS_E_MALFORMED, TLS12("\0\0\6\0\0\4abc"));          /* certificate beyond the list */
    fails_with(CS_E_MALFORMED, TLS12("\0\0\7\0\0\3abc"));          /* list beyond the message */
    fails_with(CS_E_MALFORMED, TLS12("\0\0\6\0\0\3abc!"));         /* a byte behind the list */
    fails_with(CS_E_MALFORMED, TLS12("\0\0\7\0\0\3abcd"));         /* a byte in the list left over */
    fails_with(CS_E_MALFORMED, TLS12("\xff\xff\xff\xff\xff\xff")); /* everything there is */
    fails_with(CS_E_MALFORMED, TLS12("\0\0"));
    fails_with(CS_E_MALFORMED, TLS13("\1\0\0\0"));                /* the context takes what follows */
    fails_with(CS_E_MALFORMED, TLS13("\0\0\0\x08\0\0\3abc\0\1")); /* extensions beyond the list */
    fails_with(CS_E_MALFORMED, TLS13("\0\0\0\6\0\0\3abc"));       /* no extensions where they must be */
}

static void every_cut_of_a_good_list_is_malformed(void **state)
{
    static const char good[] = "\0\0\0\x10\0\0\3abc\0\0\0\0\1d\0\2xx";
    (void)state;
    for (size_t len = 0; len < sizeof good - 1; len++)
        fails_with(CS_E_MALFORMED, good, len, true);
}

static void a_hundred_certificates_are_taken_and_one_more_is_not(void **state)
{
    struct chain chain;
    (void)state;
    struct buf most = list_of(CHAIN_MAX_CERTS, 1);
    assert_int_equal(parse(&chain, most.data, most.len, false), CS_OK);
    assert_int_equal(chain.cert_count, CHAIN_MAX_CERTS);
    chain_dispose(&chain);
    buf_dispose(&most);
    struct buf more = list_of(CHAIN_MAX_CERTS + 1, 1);
    fails_with(CS_E_LIMIT, more.data, more.len, false);
    buf_dispose(&more);
}

static void a_large_certificate_is_copied_whole(void **state)
{
    struct chain chain;
    (void)state;
    struct buf body = list_of(1, 200000);
    assert_int_equal(parse(&chain, body.data, body.len, false), CS_OK);
    assert_int_equal(chain.certs[0].len, 200000);
    assert_memory_equal(chain.certs[0].bytes, body.data + 6, 200000);
    chain_dispose(&chain);
    buf_dispose(&body);
}

static void without_a_hash_nothing_is_kept(void **state)
{
    struct chain chain = {0};
    (void)state;
    assert_int_equal(cert_list_parse(&chain, (struct cursor){(const uint8_t *)"\0\0\4\0\0\1c", 7}, false,
                                     cannot, NULL, NULL),
                     CS_E_NOMEM);
    assert_null(chain.certs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_certificates_of_tls_12_come_in_order),
        cmocka_unit_test(tls_13_has_a_context_and_extensions_around_them),
        cmocka_unit_test(an_empty_list_or_certificate_is_malformed),
        cmocka_unit_test(lengths_that_lie_are_malformed),
        cmocka_unit_test(every_cut_of_a_good_list_is_malformed),
        cmocka_unit_test(a_hundred_certificates_are_taken_and_one_more_is_not),
        cmocka_unit_test(a_large_certificate_is_copied_whole),
        cmocka_unit_test(without_a_hash_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
