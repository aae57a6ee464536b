// SPDX-License-Identifier: Apache-2.0
#include "scanner/special_ranges.h"

#include "tests/unit/scanner/target_world.h"

/* What of `range` is scanned, and the note about the rest. */
static void leaves(const char *range, const char *expected, const char *expected_notes)
{
    struct ip_set set = {0};
    struct buf notes = {0};
    struct buf text = {0};
    char one[RANGE_TEXT_SIZE];
    assert_int_equal(special_ranges_add(&set, range_of(range), &notes), CS_OK);
    assert_int_equal(ip_set_normalize(&set), CS_OK);
    for (size_t i = 0; i < set.count; i++)
        buf_printf(&text, i > 0 ? " %s" : "%s", ip_range_format(one, set.ranges[i]));
    assert_string_equal(buf_str(&text), expected);
    assert_string_equal(buf_str(&notes), expected_notes);
    buf_dispose(&text);
    buf_dispose(&notes);
    ip_set_dispose(&set);
}

static void stays_whole(const char *range)
{
    leaves(range, range, "");
}

static void is_special(const char *ip)
{
    assert_true(special_ranges_has(ip_of(ip)));
}

static void is_ordinary(const char *ip)
{
    assert_false(special_ranges_has(ip_of(ip)));
}

static void special_addresses_are_left_out_of_wider_ranges(void **state)
{
    (void)state;
    leaves("169.0.0.0/8", "169.0.0.0-169.253.255.255 169.255.0.0/16",
           "169.0.0.0/8: its link-local addresses (169.254.0.0/16) are left out\n");
    leaves("223.255.255.0-224.0.0.255", "223.255.255.0/24",
           "223.255.255.0-224.0.0.255: its multicast addresses (224.0.0.0/4) are left out\n");
    leaves("0.255.255.255-1.0.0.1", "1.0.0.0/31",
           "0.255.255.255-1.0.0.1: its unspecified addresses (0.0.0.0/8) are left out\n");
    leaves("::/127", "::1", "::/127: its unspecified addresses (::) are left out\n");
    leaves("fe00::/7", "fec0::/10",
           "fe00::/7: its reserved addresses (fe00::/9) are left out\n"
           "fe00::/7: its link-local addresses (fe80::/10) are left out\n"
           "fe00::/7: its multicast addresses (ff00::/8) are left out\n");
}

static void the_whole_of_ipv4_keeps_what_can_be_a_host(void **state)
{
    (void)state;
    leaves("0.0.0.0/0", "1.0.0.0-169.253.255.255 169.255.0.0-223.255.255.255",
           "0.0.0.0/0: its unspecified addresses (0.0.0.0/8) are left out\n"
           "0.0.0.0/0: its link-local addresses (169.254.0.0/16) are left out\n"
           "0.0.0.0/0: its multicast addresses (224.0.0.0/4) are left out\n"
           "0.0.0.0/0: its reserved addresses (240.0.0.0-255.255.255.254) are left out\n"
           "0.0.0.0/0: its broadcast addresses (255.255.255.255) are left out\n");
}

static void a_target_wholly_inside_a_special_range_is_meant(void **state)
{
    (void)state;
    stays_whole("169.254.7.7");
    stays_whole("169.254.0.0/16");
    stays_whole("224.0.0.1");
    stays_whole("255.255.255.255");
    stays_whole("0.0.0.0");
    stays_whole("240.0.0.0/24");
    stays_whole("fe80::1");
    stays_whole("ff02::1");
    stays_whole("::");
}

static void a_range_over_two_special_ranges_is_inside_neither(void **state)
{
    (void)state;
    leaves("239.255.255.255-240.0.0.0", "",
           "239.255.255.255-240.0.0.0: its multicast addresses (224.0.0.0/4) are left out\n"
           "239.255.255.255-240.0.0.0: its reserved addresses (240.0.0.0-255.255.255.254) are left out\n");
}

static void loopback_private_and_documentation_ranges_are_ordinary(void **state)
{
    (void)state;
    static const char *const ranges[] = {
        "127.0.0.0/8",  "10.0.0.0/8",    "172.16.0.0/12",   "192.168.0.0/16", "100.64.0.0/10",
        "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32",
        "fc00::/7",     "::1",           "2000::/3",        "64:ff9b::/96"};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        stays_whole(ranges[i]);
}

static void network_and_broadcast_addresses_of_a_subnet_are_hosts(void **state)
{
    (void)state;
    stays_whole("192.0.2.0");
    stays_whole("192.0.2.255");
    stays_whole("192.0.2.0/31");
    stays_whole("192.0.2.0/24");
}

static void membership_knows_both_ends(void **state)
{
    (void)state;
    is_special("0.0.0.0");
    is_special("0.255.255.255");
    is_ordinary("1.0.0.0");
    is_ordinary("169.253.255.255");
    is_special("169.254.0.0");
    is_special("169.254.255.255");
    is_ordinary("169.255.0.0");
    is_ordinary("223.255.255.255");
    is_special("224.0.0.0");
    is_special("255.255.255.254");
    is_special("255.255.255.255");
    is_special("::");
    is_ordinary("::1");
    is_special("::2");
    is_ordinary("10.0.0.0");
    is_special("::1:0:0:0");
    is_ordinary("64:ff9b::192.0.2.1"); /* NAT64 */
    is_ordinary("64:ff9b:1::1");
    is_special("64:ff9c::");
    is_special("ff::");
    is_special("1fff:ffff::");
    is_ordinary("2000::");
    is_ordinary("3fff:ffff::");
    is_special("4000::");
    is_ordinary("fc00::");
    is_special("fe00::");
    is_special("fe80::1");
    is_special("ff02::1");
    is_special("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_addresses_are_left_out_of_wider_ranges),
        cmocka_unit_test(the_whole_of_ipv4_keeps_what_can_be_a_host),
        cmocka_unit_test(a_target_wholly_inside_a_special_range_is_meant),
        cmocka_unit_test(a_range_over_two_special_ranges_is_inside_neither),
        cmocka_unit_test(loopback_private_and_documentation_ranges_are_ordinary),
        cmocka_unit_test(network_and_broadcast_addresses_of_a_subnet_are_hosts),
        cmocka_unit_test(membership_knows_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
