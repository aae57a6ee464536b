// SPDX-License-Identifier: Apache-2.0
#include "scm/push_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void encodes(const char *bytes, const char *expected)
{
    struct buf out = {0};
    base64_append(&out, (const uint8_t *)bytes, strlen(bytes));
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    encodes("", "");
    encodes("f", "Zg==");
    encodes("fo", "Zm8=");
    encodes("foo", "Zm9v");
    encodes("foob", "Zm9vYg==");
    encodes("fooba", "Zm9vYmE=");
    encodes("foobar", "Zm9vYmFy");
    encodes("\xFB\xFF\xBF", "+/+/");
}

static struct push_item item(int64_t organization, const char *der)
{
    struct push_item made = {.organization_id = organization};
    buf_append_str(&made.der, der);
    return made;
}

static struct push_place place(const char *ip, uint16_t port, const char *host)
{
    struct push_place made = {.port = port};
    assert_int_equal(ip_parse(ip, strlen(ip), &made.ip), CS_OK);
    snprintf(made.host, sizeof made.host, "%s", host);
    return made;
}

static void an_import_is_an_array_in_order_with_organization_and_comment(void **state)
{
    struct buf out = {0};
    struct push_item items[2] = {item(100, "foo"), item(200, "f")};
    (void)state;
    push_write_import(&out, items, 2, "a \"comment\"");
    assert_string_equal(buf_str(&out),
                        "[{\"orgID\":100,\"cert\":\"Zm9v\",\"comments\":\"a \\\"comment\\\"\"},"
                        "{\"orgID\":200,\"cert\":\"Zg==\",\"comments\":\"a \\\"comment\\\"\"}]");
    push_items_dispose(items, 2);
    buf_dispose(&out);
}

static void the_values_of_a_location_are_strings_and_a_host_is_left_out_where_there_is_none(void **state)
{
    struct buf out = {0};
    struct push_place of_v6 = place("2001:db8::1", 8443, "www.example.org");
    struct push_place plain = place("192.0.2.7", 443, "");
    (void)state;
    push_write_location(&out, &of_v6, "certscour push 1 ab");
    assert_string_equal(buf_str(&out),
                        "{\"details\":{\"IP\":\"2001:db8::1\",\"Port\":\"8443\",\"Host\":\"www.example.org\","
                        "\"Source\":\"certscour push 1 ab\"}}");
    buf_reset(&out);
    push_write_location(&out, &plain, "s");
    assert_string_equal(buf_str(&out),
                        "{\"details\":{\"IP\":\"192.0.2.7\",\"Port\":\"443\",\"Source\":\"s\"}}");
    buf_dispose(&out);
}

static void a_comment_names_push_and_tag(void **state)
{
    char comment[PUSH_COMMENT_SIZE];
    struct push_row push = {.id = 12, .tag = "0123456789ab"};
    (void)state;
    assert_string_equal(push_comment(comment, &push), "certscour push 12 0123456789ab");
}

/* Two entries, the second without a place. */
static void discovery_is(const struct discovery_names *names, const char *expected)
{
    struct buf out = {0};
    struct push_item one = item(1, "foo");
    struct push_place where = place("192.0.2.7", 443, "h.example");
    push_begin_discovery(&out, names);
    push_write_discovery(&out, names, &one, &where);
    push_write_discovery(&out, names, &one, NULL);
    push_end_discovery(&out, names);
    assert_string_equal(buf_str(&out), expected);
    push_items_dispose(&one, 1);
    buf_dispose(&out);
}

static void names_of_a_discovery_import_are_the_usual_or_the_configured_ones(void **state)
{
    const struct discovery_names usual = {NULL, NULL, NULL};
    const struct discovery_names own = {"", "der", "where"};
    (void)state;
    discovery_is(&usual, "{\"certificates\":[{\"certificate\":\"Zm9v\",\"location\":{\"ip\":\"192.0.2.7\","
                         "\"port\":443,\"hostName\":\"h.example\"}},{\"certificate\":\"Zm9v\"}]}");
    discovery_is(&own, "[{\"der\":\"Zm9v\",\"where\":{\"ip\":\"192.0.2.7\",\"port\":443,\"hostName\":"
                       "\"h.example\"}},{\"der\":\"Zm9v\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(an_import_is_an_array_in_order_with_organization_and_comment),
        cmocka_unit_test(the_values_of_a_location_are_strings_and_a_host_is_left_out_where_there_is_none),
        cmocka_unit_test(a_comment_names_push_and_tag),
        cmocka_unit_test(names_of_a_discovery_import_are_the_usual_or_the_configured_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
