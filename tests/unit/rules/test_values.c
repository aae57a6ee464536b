// SPDX-License-Identifier: Apache-2.0
#include "rules/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(enum field field, enum expr_op op, const char *text, const char *expected)
{
    struct expr_value value;
    const char *reason;
    assert_int_equal(value_parse(&value, field, op, text, &reason), CS_OK);
    assert_string_equal(value.text, expected);
    free(value.text);
}

static void serial_numbers_are_read_as_people_write_them(void **state)
{
    (void)state;
    assert_text(FIELD_SERIAL, OP_EQUALS, "0A:1B:2C", "0a1b2c");
    assert_text(FIELD_SERIAL, OP_EQUALS, "0xa1b2C", "0a1b2c");
    assert_text(FIELD_SERIAL, OP_IN, "0A 1B", "0a1b");
    assert_text(FIELD_SERIAL, OP_EQUALS, "-F", "-0f");
    assert_text(FIELD_SERIAL, OP_EQUALS, "00:00", "00");
    assert_text(FIELD_SERIAL, OP_STARTS_WITH, "00AB", "ab");
    assert_text(FIELD_SERIAL, OP_EQUALS, "none", "none");
    assert_text(FIELD_SHA256, OP_EQUALS, "00:AB:CD", "00abcd"); /* a hash keeps its zeros */
}

static void zeros_inside_a_serial_number_stay(void **state)
{
    (void)state;
    assert_text(FIELD_SERIAL, OP_ENDS_WITH, "00:0A", "000a");
    assert_text(FIELD_SERIAL, OP_CONTAINS, "0B", "0b");
    assert_text(FIELD_SERIAL, OP_MATCHES_REGEX, "0A:1", "0A:1");
    assert_text(FIELD_COMMON_NAME, OP_EQUALS, "00:AB", "00:AB"); /* other fields are plain text */
}

static void assert_number(enum field field, const char *text, int64_t expected)
{
    struct expr_value value;
    const char *reason;
    assert_int_equal(value_parse(&value, field, OP_EQUALS, text, &reason), CS_OK);
    assert_true(value.number == expected);
    assert_null(value.text);
}

static void numbers_dates_and_truths_are_typed(void **state)
{
    (void)state;
    assert_number(FIELD_PORT, "443", 443);
    assert_number(FIELD_DAYS_LEFT, "-30", -30);
    assert_number(FIELD_DAYS_LEFT, "9223372036854775807", INT64_MAX);
    assert_number(FIELD_NOT_AFTER, "1970-01-02", 86400);
    assert_number(FIELD_SELF_SIGNED, "TRUE", 1);
    assert_number(FIELD_SELF_SIGNED, "false", 0);
}

static void addresses_are_ranges(void **state)
{
    (void)state;
    struct expr_value value;
    const char *reason;
    struct ip inside;
    assert_int_equal(value_parse(&value, FIELD_IP, OP_IN, "192.0.2.0/24", &reason), CS_OK);
    assert_int_equal(ip_parse("192.0.2.255", 11, &inside), CS_OK);
    assert_true(ip_equals(value.range.last, inside));
    assert_int_equal(value_parse(&value, FIELD_IP, OP_EQUALS, "192.0.2.255", &reason), CS_OK);
    assert_true(ip_equals(value.range.first, inside) && ip_equals(value.range.last, inside));
}

static void values_of_another_type_say_what_is_expected(void **state)
{
    (void)state;
    static const struct {
        enum field field;
        const char *text;
        const char *reason;
    } wrong[] = {
        {FIELD_PORT, "https", "expected a whole number"},
        {FIELD_PORT, "", "expected a whole number"},
        {FIELD_PORT, "-", "expected a whole number"},
        {FIELD_PORT, "--1", "expected a whole number"},
        {FIELD_PORT, "9223372036854775808", "expected a whole number"},
        {FIELD_NOT_AFTER, "31.01.2027", "expected a date (2027-01-31) or a time (2027-01-31T12:00:00Z)"},
        {FIELD_SELF_SIGNED, "yes", "expected true or false"},
        {FIELD_IP, "example.org", "expected an address, address/prefix-length or first-last"},
        {FIELD_IP, "192.0.2.0/33", "the prefix length must be a number from 0 to 32"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct expr_value value;
        const char *reason = "";
        assert_int_equal(value_parse(&value, wrong[i].field, OP_EQUALS, wrong[i].text, &reason),
                         CS_E_INVALID);
        assert_string_equal(reason, wrong[i].reason);
    }
}

static void text_is_quoted_only_where_it_must_be(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"www.example.org", "www.example.org"},
        {"*.example.org", "*.example.org"},
        {"", "\"\""},
        {"My organization", "\"My organization\""},
        {"and", "\"and\""},
        {"IN", "\"IN\""},
        {"CN=x", "\"CN=x\""},
        {"say \"a\\b\"", "\"say \\\"a\\\\b\\\"\""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf out = {0};
        struct expr_value value = {.text = (char *)texts[i][0]};
        value_format(&out, FIELD_COMMON_NAME, &value);
        assert_string_equal(buf_str(&out), texts[i][1]);
        buf_dispose(&out);
    }
}

static void a_mistyped_field_finds_its_neighbour(void **state)
{
    (void)state;
    assert_string_equal(value_nearest_field("comon_name"), "common_name");
    assert_string_equal(value_nearest_field("ISSUERS"), "issuer");
    assert_string_equal(value_nearest_field("hostname"), "host_name");
    assert_null(value_nearest_field("something_else_altogether"));
    char endless[200];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_null(value_nearest_field(endless));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial_numbers_are_read_as_people_write_them),
        cmocka_unit_test(zeros_inside_a_serial_number_stay),
        cmocka_unit_test(numbers_dates_and_truths_are_typed),
        cmocka_unit_test(addresses_are_ranges),
        cmocka_unit_test(values_of_another_type_say_what_is_expected),
        cmocka_unit_test(text_is_quoted_only_where_it_must_be),
        cmocka_unit_test(a_mistyped_field_finds_its_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
