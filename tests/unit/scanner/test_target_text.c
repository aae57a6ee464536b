// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_text.h"

#include "tests/unit/scanner/target_world.h"

/* Kind, text and port: "range 192.0.2.0/24 port 443", "name www.example". */
static void reads_as(const char *text, const char *expected)
{
    struct target_text parsed;
    struct diag diag = {0};
    char range[RANGE_TEXT_SIZE];
    char got[512];
    char port[64] = "";
    if (target_text_parse(&parsed, text, strlen(text), &diag) != CS_OK)
        fail_msg("%s", diag.text);
    if (parsed.has_port)
        snprintf(port, sizeof port, " port %u %s", parsed.port.port,
                 protocol_name((enum protocol)parsed.port.protocol));
    snprintf(got, sizeof got, "%s %s%s", parsed.is_range ? "range" : "name",
             parsed.is_range ? ip_range_format(range, parsed.range) : parsed.name, port);
    assert_string_equal(got, expected);
}

static void is_refused(const char *text, const char *reason)
{
    struct target_text parsed;
    struct diag diag = {0};
    assert_int_equal(target_text_parse(&parsed, text, strlen(text), &diag), CS_E_INVALID);
    assert_string_equal(diag.text, reason);
}

static void addresses_and_ranges_are_read(void **state)
{
    (void)state;
    reads_as("192.0.2.7", "range 192.0.2.7");
    reads_as("192.0.2.0/24", "range 192.0.2.0/24");
    reads_as("192.0.2.77/24", "range 192.0.2.0/24");
    reads_as("192.0.2.1-192.0.2.9", "range 192.0.2.1-192.0.2.9");
    reads_as("192.0.2.0/31", "range 192.0.2.0/31");
    reads_as("192.0.2.9/32", "range 192.0.2.9");
    reads_as("2001:db8::1", "range 2001:db8::1");
    reads_as("2001:db8::/120", "range 2001:db8::/120");
    reads_as("2001:DB8::1-2001:db8::9", "range 2001:db8::1-2001:db8::9");
    reads_as("[2001:db8::1]", "range 2001:db8::1");
    reads_as("::ffff:192.0.2.1", "range 192.0.2.1");
}

static void host_names_become_lower_case_a_labels(void **state)
{
    (void)state;
    reads_as("WWW.Example", "name www.example");
    reads_as("www.example.", "name www.example");
    reads_as("b\xC3\xBC"
             "cher.example",
             "name xn--bcher-kva.example");
    reads_as("localhost", "name localhost");
    reads_as("a-b.example", "name a-b.example");
    reads_as("10-0-0-5.example", "name 10-0-0-5.example");
    reads_as("dead.beef", "name dead.beef");
}

static void a_port_may_follow_with_its_protocol(void **state)
{
    (void)state;
    reads_as("192.0.2.7:8443", "range 192.0.2.7 port 8443 tls");
    reads_as("192.0.2.0/24:25", "range 192.0.2.0/24 port 25 smtp");
    reads_as("192.0.2.7:2525/smtp", "range 192.0.2.7 port 2525 smtp");
    reads_as("192.0.2.1-192.0.2.9:443", "range 192.0.2.1-192.0.2.9 port 443 tls");
    reads_as("[2001:db8::1]:443", "range 2001:db8::1 port 443 tls");
    reads_as("[2001:db8::/120]:443", "range 2001:db8::/120 port 443 tls");
    reads_as("[2001:db8::1-2001:db8::9]:143", "range 2001:db8::1-2001:db8::9 port 143 imap");
    reads_as("mail.example:25/tls", "name mail.example port 25 tls");
}

static void a_broken_address_is_told_from_a_name(void **state)
{
    (void)state;
    is_refused("10.0.0.0/33", "\"10.0.0.0/33\": the prefix length must be a number from 0 to 32");
    is_refused("10.0.0.0/", "\"10.0.0.0/\": the prefix length must be a number from 0 to 32");
    is_refused("2001:db8::/129", "\"2001:db8::/129\": the prefix length must be a number from 0 to 128");
    is_refused("192.0.2.256", "\"192.0.2.256\": expected an address, address/prefix-length or first-last");
    is_refused("192.0.2", "\"192.0.2\": expected an address, address/prefix-length or first-last");
    is_refused("192.0.2.9-192.0.2.1",
               "\"192.0.2.9-192.0.2.1\": the range is reversed: its first address is above its last");
    is_refused("192.0.2.1-2001:db8::1",
               "\"192.0.2.1-2001:db8::1\": both ends of a range must be IPv4, or both IPv6");
    is_refused("2001:db8::g", "\"2001:db8::g\": expected an address, address/prefix-length or first-last");
    is_refused("www.example/24", "\"www.example/24\" is no address, range or host name");
    is_refused("[www.example]", "\"www.example\": expected an address, address/prefix-length or first-last");
}

static void a_broken_port_is_named_with_its_target(void **state)
{
    (void)state;
    is_refused("192.0.2.1:70000", "\"192.0.2.1:70000\": port \"70000\": a port is a number from 1 to 65535");
    is_refused("192.0.2.1:", "\"192.0.2.1:\": port \"\": a port is a number from 1 to 65535");
    is_refused("www.example:https",
               "\"www.example:https\": port \"https\": a port is a number from 1 to 65535");
    is_refused("[2001:db8::1]443", "\"[2001:db8::1]443\": expected :PORT behind \"]\"");
    is_refused("[2001:db8::1", "\"[2001:db8::1\": a \"[\" without \"]\"");
}

static void what_is_neither_is_refused(void **state)
{
    (void)state;
    struct target_text parsed;
    struct diag diag = {0};
    is_refused("", "an empty target");
    assert_int_equal(target_text_parse(&parsed, "192.0.2.1\0.9", 12, &diag), CS_E_INVALID);
    assert_string_equal(diag.text, "a target with a NUL byte");
    assert_int_equal(target_text_parse(&parsed, "host\x1b[2J", 8, &diag), CS_E_INVALID);
    assert_null(strchr(diag.text, '\x1b'));
    assert_int_equal(target_text_parse(&parsed, "http://www.example", 18, &diag), CS_E_INVALID);
    assert_int_equal(target_text_parse(&parsed, "a b", 3, &diag), CS_E_INVALID);
}

static void an_over_long_target_is_refused_with_a_short_message(void **state)
{
    (void)state;
    static char text[100000];
    struct target_text parsed;
    struct diag diag = {0};
    memset(text, 'a', sizeof text);
    assert_int_equal(target_text_parse(&parsed, text, sizeof text, &diag), CS_E_INVALID);
    assert_true(strlen(diag.text) < 200);
    memset(text, '1', sizeof text);
    assert_int_equal(target_text_parse(&parsed, text, sizeof text, &diag), CS_E_INVALID);
    assert_true(strlen(diag.text) < 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_ranges_are_read),
        cmocka_unit_test(host_names_become_lower_case_a_labels),
        cmocka_unit_test(a_port_may_follow_with_its_protocol),
        cmocka_unit_test(a_broken_address_is_told_from_a_name),
        cmocka_unit_test(a_broken_port_is_named_with_its_target),
        cmocka_unit_test(what_is_neither_is_refused),
        cmocka_unit_test(an_over_long_target_is_refused_with_a_short_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
