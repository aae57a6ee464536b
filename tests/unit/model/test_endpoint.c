// SPDX-License-Identifier: Apache-2.0
#include "model/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_round_trip(const char *text, const char *expected)
{
    struct endpoint endpoint;
    char name[ENDPOINT_MAX_NAME + 1];
    char out[ENDPOINT_TEXT_SIZE];
    if (endpoint_parse(text, &endpoint, name) != CS_OK)
        fail_msg("%s was refused", text);
    assert_string_equal(endpoint_format(out, &endpoint), expected);
    assert_string_equal(endpoint.network, "");
}

static void written_endpoints_read_back(void **state)
{
    (void)state;
    assert_round_trip("192.0.2.1:443", "192.0.2.1:443");
    assert_round_trip("192.0.2.1:443/tls", "192.0.2.1:443"); /* tls is left out exactly when it is tls */
    assert_round_trip("192.0.2.1:25/SMTP", "192.0.2.1:25/smtp");
    assert_round_trip("[2001:DB8::1]:443#WWW.Example.org", "[2001:db8::1]:443#www.example.org");
    assert_round_trip("192.0.2.1:5269/xmpp-server#a.example", "192.0.2.1:5269/xmpp-server#a.example");
    assert_round_trip("[::ffff:192.0.2.1]:443", "192.0.2.1:443");
}

static void what_is_no_endpoint_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:443/",
        "192.0.2.1:443/gopher",
        "192.0.2.1:443#",
        "2001:db8::1:443",
        "[2001:db8::1]",
        "[2001:db8::1]443",
        "[2001:db8::1",
        "www.example.org:443",
        ":443",
    };
    struct endpoint endpoint;
    char name[ENDPOINT_MAX_NAME + 1];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (endpoint_parse(wrong[i], &endpoint, name) != CS_E_INVALID)
            fail_msg("%s was read", wrong[i]);
    }
}

static void the_longest_endpoint_fits(void **state)
{
    (void)state;
    char text[400] = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535/xmpp-server#";
    size_t head = strlen(text);
    memset(text + head, 'a', ENDPOINT_MAX_NAME);
    assert_round_trip(text, text);
    text[head + ENDPOINT_MAX_NAME] = 'a';
    struct endpoint endpoint;
    char name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse(text, &endpoint, name), CS_E_INVALID);
}

static struct endpoint base(void)
{
    return (struct endpoint){.network = "",
                             .ip = ip_from_v4(0xC0000201u),
                             .port = 443,
                             .protocol = PROTOCOL_TLS,
                             .server_name = "www.example.org"};
}

static void equal_endpoints_have_equal_keys_whatever_the_case(void **state)
{
    (void)state;
    struct endpoint a = base();
    struct endpoint b = base();
    b.server_name = "WWW.example.ORG";
    assert_true(endpoint_hash(&a) == endpoint_hash(&b));
}

static void every_part_of_an_endpoint_is_in_its_key(void **state)
{
    (void)state;
    struct endpoint a = base();
    struct endpoint other[5] = {base(), base(), base(), base(), base()};
    other[0].network = "site-b";
    other[1].ip = ip_from_v4(0xC0000202u);
    other[2].port = 444;
    other[3].protocol = PROTOCOL_SMTP;
    other[4].server_name = NULL;
    for (size_t i = 0; i < 5; i++)
        assert_true(endpoint_hash(&a) != endpoint_hash(&other[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_endpoints_read_back),
        cmocka_unit_test(what_is_no_endpoint_is_refused),
        cmocka_unit_test(the_longest_endpoint_fits),
        cmocka_unit_test(equal_endpoints_have_equal_keys_whatever_the_case),
        cmocka_unit_test(every_part_of_an_endpoint_is_in_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
