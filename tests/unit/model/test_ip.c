// SPDX-License-Identifier: Apache-2.0
#include "model/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct ip ip(const char *text)
{
    struct ip out;
    if (ip_parse(text, strlen(text), &out) != CS_OK)
        fail_msg("%s is no address", text);
    return out;
}

static struct ip_range range(const char *text)
{
    struct ip_range out;
    const char *reason = "";
    if (ip_range_parse(text, strlen(text), &out, &reason) != CS_OK)
        fail_msg("%s: %s", text, reason);
    return out;
}

static void assert_prints(const char *text, const char *expected)
{
    char out[IP_TEXT_SIZE];
    assert_string_equal(ip_format(out, ip(text)), expected);
}

static void addresses_print_as_rfc_5952_has_them(void **state)
{
    (void)state;
    assert_prints("192.0.2.1", "192.0.2.1");
    assert_prints("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    assert_prints("::", "::");
    assert_prints("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    assert_prints("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void an_ipv4_mapped_address_is_the_ipv4_address(void **state)
{
    (void)state;
    assert_prints("::ffff:192.0.2.1", "192.0.2.1");
    assert_true(ip_equals(ip("::ffff:c000:201"), ip("192.0.2.1")));
    assert_true(ip_equals(ip_from_v4(0xC0000201u), ip("192.0.2.1")));
    assert_true(ip_is_v4(ip("::ffff:192.0.2.1")));
    assert_false(ip_is_v4(ip("::192.0.2.1")));
    assert_false(ip_is_v4(ip("2001:db8::1")));
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1 ",
        " 192.0.2.1",
        "192.0.2.01",
        "0x7f.1",
        "1.2.3.4.5",
        "fe80::1%lo",
        "[::1]",
        "2001:db8::1::2",
        "2001:db8:1",
        "www.example.org",
        "::ffff:192.0.2.256",
    };
    struct ip out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (ip_parse(wrong[i], strlen(wrong[i]), &out) != CS_E_INVALID)
            fail_msg("%s was read", wrong[i]);
    }
    assert_int_equal(ip_parse("192.0.2.1\0x", 11, &out), CS_E_INVALID);
    assert_int_equal(ip_parse("192.0.2.19", 9, &out), CS_OK); /* the length given is the end */
    assert_true(ip_equals(out, ip("192.0.2.1")));
}

static void numbers_and_addresses_convert_both_ways_in_order(void **state)
{
    (void)state;
    assert_true(ip_to_u128(ip("::1:0")) == 65536);
    assert_true(ip_equals(ip_from_u128(ip_to_u128(ip("2001:db8::5"))), ip("2001:db8::5")));
    assert_true(ip_from_u128(~(u128)0).bytes[0] == 255);
    assert_true(ip_compare(ip("192.0.2.9"), ip("192.0.2.10")) < 0);
    assert_true(ip_compare(ip("192.0.2.10"), ip("2001:db8::")) < 0);
}

static void limits_count_by_24_and_64(void **state)
{
    (void)state;
    assert_true(ip_equals(ip_prefix(ip("192.0.2.77")), ip("192.0.2.0")));
    assert_true(ip_equals(ip_prefix(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::")));
}

static void assert_range(const char *text, const char *first, const char *last)
{
    struct ip_range out = range(text);
    assert_true(ip_equals(out.first, ip(first)));
    assert_true(ip_equals(out.last, ip(last)));
}

static void ranges_have_three_forms(void **state)
{
    (void)state;
    assert_range("192.0.2.7", "192.0.2.7", "192.0.2.7");
    assert_range("192.0.2.0/24", "192.0.2.0", "192.0.2.255");
    assert_range("192.0.2.77/24", "192.0.2.0", "192.0.2.255"); /* bits behind the prefix are ignored */
    assert_range("192.0.2.7/32", "192.0.2.7", "192.0.2.7");
    assert_range("0.0.0.0/0", "0.0.0.0", "255.255.255.255");
    assert_range("192.0.2.5-192.0.2.9", "192.0.2.5", "192.0.2.9");
    assert_range("2001:db8::/120", "2001:db8::", "2001:db8::ff");
    assert_range("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_range("2001:db8::1-2001:db8::2", "2001:db8::1", "2001:db8::2");
}

static void a_wrong_range_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } wrong[] = {
        {"", "expected an address"},
        {"192.0.2.0/33", "number from 0 to 32"},
        {"192.0.2.0/", "number from 0 to 32"},
        {"192.0.2.0/-1", "number from 0 to 32"},
        {"192.0.2.0/24/1", "number from 0 to 32"},
        {"2001:db8::/129", "number from 0 to 128"},
        {"192.0.2.9-192.0.2.5", "reversed"},
        {"192.0.2.9-2001:db8::1", "both IPv6"},
        {"192.0.2.9-10", "expected an address"},
        {"www.example.org", "expected an address"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ip_range out;
        const char *reason = "";
        assert_int_equal(ip_range_parse(wrong[i].text, strlen(wrong[i].text), &out, &reason), CS_E_INVALID);
        if (strstr(reason, wrong[i].reason) == NULL)
            fail_msg("%s: said \"%s\"", wrong[i].text, reason);
    }
    assert_int_equal(ip_range_parse("x", 1, &(struct ip_range){0}, NULL), CS_E_INVALID);
}

static void ranges_print_in_their_shortest_form(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"192.0.2.7-192.0.2.7", "192.0.2.7"},
        {"192.0.2.0-192.0.2.255", "192.0.2.0/24"},
        {"192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"}, /* as long as a prefix, but not aligned */
        {"192.0.2.0-192.0.2.2", "192.0.2.0-192.0.2.2"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"::/0", "::/0"},
        {"2001:db8::/64", "2001:db8::/64"},
        {"2001:db8::1-2001:db8::1:0", "2001:db8::1-2001:db8::1:0"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char out[RANGE_TEXT_SIZE];
        assert_string_equal(ip_range_format(out, range(texts[i][0])), texts[i][1]);
    }
    char longest[RANGE_TEXT_SIZE];
    struct ip_range wide = {ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1"),
                            ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")};
    assert_int_equal(strlen(ip_range_format(longest, wide)), 39 + 1 + 39);
}

static void both_ends_belong_to_a_range(void **state)
{
    (void)state;
    struct ip_range five = range("192.0.2.5-192.0.2.9");
    assert_true(ip_range_has(five, ip("192.0.2.5")));
    assert_true(ip_range_has(five, ip("192.0.2.9")));
    assert_false(ip_range_has(five, ip("192.0.2.4")));
    assert_false(ip_range_has(five, ip("192.0.2.10")));
    assert_true(ip_range_within(range("192.0.2.6-192.0.2.9"), five));
    assert_false(ip_range_within(range("192.0.2.6-192.0.2.10"), five));
    assert_true(ip_range_count(five) == 5);
    assert_true(ip_range_count(range("0.0.0.0/0")) == (u128)1 << 32);
    assert_true(ip_range_count(range("::/0")) == ~(u128)0);
}

static void families_do_not_mix(void **state)
{
    (void)state;
    assert_false(ip_range_has(range("::/0"), ip("192.0.2.1")));
    assert_true(ip_range_has(range("::/0"), ip("2001:db8::1")));
    assert_false(ip_range_within(range("192.0.2.0/24"), range("::/0")));
    assert_false(ip_range_has(range("0.0.0.0/0"), ip("2001:db8::1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_print_as_rfc_5952_has_them),
        cmocka_unit_test(an_ipv4_mapped_address_is_the_ipv4_address),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(numbers_and_addresses_convert_both_ways_in_order),
        cmocka_unit_test(limits_count_by_24_and_64),
        cmocka_unit_test(ranges_have_three_forms),
        cmocka_unit_test(a_wrong_range_says_why),
        cmocka_unit_test(ranges_print_in_their_shortest_form),
        cmocka_unit_test(both_ends_belong_to_a_range),
        cmocka_unit_test(families_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
