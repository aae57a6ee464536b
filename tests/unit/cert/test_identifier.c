// SPDX-License-Identifier: Apache-2.0
#include "cert/identifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void serial_is(const char *text, const char *expected)
{
    char out[64] = "untouched";
    assert_true(cert_serial_parse(out, sizeof out, text));
    assert_string_equal(out, expected);
}

static void every_spelling_of_a_serial_number_is_one(void **state)
{
    (void)state;
    serial_is("0E:12:AB", "0e12ab");
    serial_is("e12ab", "0e12ab");
    serial_is("0x0E12AB", "0e12ab");
    serial_is("00 00 0e 12 ab", "0e12ab");
    serial_is("ABCD", "abcd");
}

static void what_is_no_serial_number_is_refused(void **state)
{
    static const char *const wrong[] = {"", "0", "00:00", "0x", "12G4", "1.2E+30", "-12", "12\n"};
    char out[64];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(cert_serial_parse(out, sizeof out, wrong[i]));
    assert_false(cert_serial_parse(out, sizeof out, NULL));
}

static void a_serial_number_that_does_not_fit_is_refused_and_not_cut(void **state)
{
    char out[7];
    char digits[400];
    char large[600];
    (void)state;
    assert_true(cert_serial_parse(out, sizeof out, "123456"));
    assert_false(cert_serial_parse(out, sizeof out, "12345678"));
    memset(digits, '1', sizeof digits);
    digits[sizeof digits - 1] = '\0';
    assert_false(cert_serial_parse(large, sizeof large, digits));
}

static void a_hash_has_exactly_its_bytes(void **state)
{
    uint8_t out[4];
    (void)state;
    assert_true(cert_hash_parse(out, 4, "DE:AD:be:ef"));
    assert_memory_equal(out, "\xDE\xAD\xBE\xEF", 4);
    assert_true(cert_hash_parse(out, 4, "00000001"));
    assert_memory_equal(out, "\0\0\0\1", 4);
    assert_false(cert_hash_parse(out, 4, "deadbe"));
    assert_false(cert_hash_parse(out, 4, "deadbeef00"));
    assert_false(cert_hash_parse(out, 4, "deadbeeg"));
    assert_false(cert_hash_parse(out, 4, ""));
    assert_false(cert_hash_parse(out, 4, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_a_serial_number_is_one),
        cmocka_unit_test(what_is_no_serial_number_is_refused),
        cmocka_unit_test(a_serial_number_that_does_not_fit_is_refused_and_not_cut),
        cmocka_unit_test(a_hash_has_exactly_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
