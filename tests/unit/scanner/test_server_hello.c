// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/server_hello.h"
#include "tests/data/rfc8448.h"
#include "tests/support/hex_bytes.h"

#define RANDOM "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define RETRY  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

#define VERSION_13 "002b00020304"

static uint8_t *parsed; /* what the cursors of the last hello point into */

/* Parses bytes written as hex, over a copy that is exactly as long. */
static enum cs_err parse_bytes(struct server_hello *hello, const uint8_t *bytes, size_t len)
{
    free(parsed);
    parsed = malloc(len > 0 ? len : 1);
    assert_non_null(parsed);
    if (len > 0)
        memcpy(parsed, bytes, len);
    memset(hello, 0xEE, sizeof *hello);
    return server_hello_parse(hello, (struct cursor){parsed, len});
}

static enum cs_err parse(struct server_hello *hello, const char *hex)
{
    struct buf body = hex_bytes(hex);
    enum cs_err err = parse_bytes(hello, body.data, body.len);
    buf_dispose(&body);
    return err;
}

static struct server_hello hello_of(const char *hex)
{
    struct server_hello hello;
    if (parse(&hello, hex) != CS_OK)
        fail_msg("%s", hex);
    return hello;
}

static void is_malformed(const char *hex)
{
    struct server_hello hello;
    if (parse(&hello, hex) != CS_E_MALFORMED)
        fail_msg("%s", hex);
}

static void is_hex(struct cursor got, const char *hex)
{
    struct buf expected = hex_bytes(hex);
    assert_int_equal(got.left, expected.len);
    assert_memory_equal(got.at, expected.data, expected.len);
    buf_dispose(&expected);
}

/* ---- up to TLS 1.2 ---- */

static void a_hello_may_have_no_extensions(void **state)
{
    const struct {
        const char *hex;
        uint16_t version;
    } plain[] = {
        {"0300" RANDOM "00"
         "000a"
         "00",
         TLS_VERSION_SSL3},
        {"0301" RANDOM "00"
         "000a"
         "00",
         TLS_VERSION_1_0},
        {"0303" RANDOM "00"
         "000a"
         "00",
         TLS_VERSION_1_2},
        {"0303" RANDOM "00"
         "000a"
         "00"
         "0000", /* a list of none */
         TLS_VERSION_1_2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        struct server_hello hello = hello_of(plain[i].hex);
        assert_int_equal(hello.version, plain[i].version);
        assert_int_equal(hello.suite, 0x000A);
        assert_false(hello.is_retry);
        assert_false(hello.has_key_share);
        assert_null(hello.share.at);
        assert_null(hello.cookie.at);
        assert_null(hello.scts.at);
    }
}

static void session_ids_have_32_bytes_at_most(void **state)
{
    (void)state;
    assert_int_equal(hello_of("0303" RANDOM "20" RANDOM "c02f00").suite, 0xC02F);
    assert_int_equal(hello_of("0303" RANDOM "03abcdef"
                              "c02f00")
                         .suite,
                     0xC02F);
    is_malformed("0303" RANDOM "21" RANDOM "ff"
                 "c02f00");
}

static void certificate_timestamps_are_kept_as_sent(void **state)
{
    (void)state;
    is_hex(hello_of("0303" RANDOM "00"
                    "c02f00"
                    "000d"
                    "ff01000100"
                    "001200040002abcd")
               .scts,
           "0002abcd");
}

static void extensions_of_no_interest_are_read_over(void **state)
{
    (void)state;
    struct server_hello hello = hello_of("0303" RANDOM "00"
                                         "c02f00"
                                         "0015"
                                         "ff01000100"
                                         "00170000"
                                         "000b00020100"
                                         "6a6a0002ffff");
    assert_int_equal(hello.version, TLS_VERSION_1_2);
    assert_null(hello.scts.at);
}

static void every_version_is_told_even_one_that_nobody_has(void **state)
{
    (void)state;
    assert_int_equal(hello_of("0002" RANDOM "00000a00").version, 0x0002);
    assert_int_equal(hello_of("7f1c" RANDOM "00130100").version, 0x7F1C);
}

/* ---- TLS 1.3 ---- */

static void the_version_is_the_one_in_the_extension(void **state)
{
    (void)state;
    assert_int_equal(hello_of("0303" RANDOM "00"
                              "130100"
                              "0006" VERSION_13)
                         .version,
                     TLS_VERSION_1_3);
    assert_int_equal(hello_of("0303" RANDOM "00"
                              "130100"
                              "0006002b00027f1c")
                         .version,
                     0x7F1C);
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "0005002b000103");
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "0007002b0003030400");
}

static void the_key_share_is_a_group_and_its_bytes(void **state)
{
    (void)state;
    struct server_hello hello = hello_of("0303" RANDOM "00"
                                         "130100"
                                         "0010" VERSION_13 "00330006001d0002abcd");
    assert_true(hello.has_key_share);
    assert_int_equal(hello.group, TLS_GROUP_X25519);
    is_hex(hello.share, "abcd");
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "0010" VERSION_13 "00330006001d0003abcd"); /* a share that lies */
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "0011" VERSION_13 "00330007001d0002abcdef"); /* something behind it */
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "000b" VERSION_13 "0033000100"); /* half a group */
    is_malformed("0303" RANDOM "00"
                 "130100"
                 "000a" VERSION_13 "00330000"); /* not even that */
}

static void a_retry_is_known_by_its_random(void **state)
{
    (void)state;
    struct server_hello hello = hello_of("0303" RETRY "00"
                                         "130100"
                                         "000c" VERSION_13 "003300020017");
    assert_true(hello.is_retry);
    assert_true(hello.has_key_share);
    assert_int_equal(hello.group, TLS_GROUP_SECP256R1);
    assert_null(hello.share.at);
    assert_null(hello.cookie.at);
    assert_false(hello_of("0303" RANDOM "00"
                          "130100"
                          "000c" VERSION_13 "003300020017")
                     .is_retry);
}

static void below_tls_13_there_are_no_retries(void **state)
{
    (void)state;
    assert_false(hello_of("0303" RETRY "00"
                          "c02f00")
                     .is_retry);
}

static void a_cookie_is_what_its_length_says(void **state)
{
    (void)state;
    struct server_hello hello = hello_of("0303" RETRY "00"
                                         "130100"
                                         "000f" VERSION_13 "002c00050003616263");
    is_hex(hello.cookie, "616263");
    assert_false(hello.has_key_share);
    is_malformed("0303" RETRY "00"
                 "130100"
                 "000f" VERSION_13 "002c00050004616263");
    is_malformed("0303" RETRY "00"
                 "130100"
                 "000f" VERSION_13 "002c00050002616263");
    is_malformed("0303" RETRY "00"
                 "130100"
                 "000a" VERSION_13 "002c0000");
}

/* ---- the traces of RFC 8448 ---- */

static struct server_hello of_trace(const char *message)
{
    struct server_hello hello;
    struct buf bytes = hex_bytes(message);
    assert_int_equal(bytes.data[0], TLS_SERVER_HELLO);
    assert_int_equal(parse_bytes(&hello, bytes.data + 4, bytes.len - 4), CS_OK);
    buf_dispose(&bytes);
    return hello;
}

static void hellos_of_rfc8448_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc8448_traces / sizeof rfc8448_traces[0]; i++) {
        const struct rfc8448_trace *trace = &rfc8448_traces[i];
        struct server_hello hello = of_trace(trace->server_hello);
        assert_int_equal(hello.version, TLS_VERSION_1_3);
        assert_int_equal(hello.suite, 0x1301);
        assert_false(hello.is_retry);
        assert_int_equal(hello.group, trace->retry != NULL ? 0x17 : 0x1D);
        assert_int_equal(hello.share.left, trace->retry != NULL ? 65 : 32);
        if (trace->retry == NULL)
            continue;
        hello = of_trace(trace->retry);
        assert_true(hello.is_retry);
        assert_int_equal(hello.group, 0x17);
        assert_int_equal(hello.cookie.left, 114);
    }
}

/* ---- broken ones ---- */

static const char everything[] = "0303" RANDOM "20" RANDOM "130100"
                                 "0026"
                                 "00120002abcd"
                                 "00330006001d0002abcd"
                                 "002c00050003616263" VERSION_13 "0000000300010a";

static void no_hello_may_be_cut_anywhere(void **state)
{
    struct server_hello hello;
    struct buf whole = hex_bytes(everything);
    const size_t without_extensions = 2 + 32 + 1 + 32 + 2 + 1;
    (void)state;
    assert_int_equal(parse_bytes(&hello, whole.data, whole.len), CS_OK);
    for (size_t len = 0; len < whole.len; len++) {
        enum cs_err err = parse_bytes(&hello, whole.data, len);
        assert_int_equal(err, len == without_extensions ? CS_OK : CS_E_MALFORMED);
    }
    buf_dispose(&whole);
}

static void nothing_may_follow_the_extensions(void **state)
{
    struct server_hello hello;
    struct buf whole = hex_bytes(everything);
    (void)state;
    buf_append_char(&whole, 0);
    assert_int_equal(parse_bytes(&hello, whole.data, whole.len), CS_E_MALFORMED);
    buf_dispose(&whole);
}

static void extensions_that_do_not_fit_their_list_are_malformed(void **state)
{
    (void)state;
    is_malformed("0303" RANDOM "00"
                 "c02f00"
                 "0003001700"); /* half a header */
    is_malformed("0303" RANDOM "00"
                 "c02f00"
                 "000500170002ff");
    is_malformed("0303" RANDOM "00"
                 "c02f00"
                 "0004ffffffff");
    is_malformed("0303" RANDOM "00"
                 "c02f00"
                 "00");
}

static int free_parsed(void **state)
{
    (void)state;
    free(parsed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_may_have_no_extensions),
        cmocka_unit_test(session_ids_have_32_bytes_at_most),
        cmocka_unit_test(certificate_timestamps_are_kept_as_sent),
        cmocka_unit_test(extensions_of_no_interest_are_read_over),
        cmocka_unit_test(every_version_is_told_even_one_that_nobody_has),
        cmocka_unit_test(the_version_is_the_one_in_the_extension),
        cmocka_unit_test(the_key_share_is_a_group_and_its_bytes),
        cmocka_unit_test(a_retry_is_known_by_its_random),
        cmocka_unit_test(below_tls_13_there_are_no_retries),
        cmocka_unit_test(a_cookie_is_what_its_length_says),
        cmocka_unit_test(hellos_of_rfc8448_are_read),
        cmocka_unit_test(no_hello_may_be_cut_anywhere),
        cmocka_unit_test(nothing_may_follow_the_extensions),
        cmocka_unit_test(extensions_that_do_not_fit_their_list_are_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, free_parsed);
}
