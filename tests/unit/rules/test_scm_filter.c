// SPDX-License-Identifier: Apache-2.0
#include "rules/scm_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/parse.h"

/* The expression as filters, "TYPE MATCH VALUE" each, or the reason why not. */
static const char *filters_of(const char *text)
{
    static char out[1000];
    struct expr *expr = NULL;
    struct scm_filters filters;
    struct diag why = {0};
    size_t len = 0;
    assert_int_equal(rules_parse(&expr, text, RULES_ASSIGN, &why), CS_OK);
    out[0] = '\0';
    if (scm_filters_from_expr(&filters, expr, &why) != CS_OK)
        snprintf(out, sizeof out, "%s", why.text);
    else
        for (size_t i = 0; i < filters.count; i++)
            len += (size_t)snprintf(out + len, sizeof out - len, "%s%s %s %s", i > 0 ? "; " : "",
                                    filters.items[i].type, filters.items[i].match, filters.items[i].value);
    expr_free(expr);
    return out;
}

static void tests_joined_by_and_are_filters(void **state)
{
    (void)state;
    assert_string_equal(filters_of("common_name ends_with a and (city = \"b c\" and port = 443)"),
                        "COMMON_NAME ENDS_WITH a; CITY MATCHES b c; PORT MATCHES 443");
    assert_string_equal(filters_of("key_usage matches_regex \"^a\""), "KU MATCH_REGEX ^a");
    assert_string_equal(filters_of("city in (a)"), "CITY MATCHES a");
}

static void networks_are_the_beginnings_of_texts(void **state)
{
    (void)state;
    assert_string_equal(filters_of("ip in 10.0.0.0/8"), "IP STARTS_WITH 10.");
    assert_string_equal(filters_of("ip in 172.16.0.0/16"), "IP STARTS_WITH 172.16.");
    assert_string_equal(filters_of("ip in 192.0.2.0/24"), "IP STARTS_WITH 192.0.2.");
    assert_string_equal(filters_of("ip = 192.0.2.7"), "IP MATCHES 192.0.2.7");
    assert_string_equal(filters_of("ip = 2001:db8::7"), "IP MATCHES 2001:db8::7");
    assert_non_null(strstr(filters_of("ip in 192.0.2.0/25"), "cannot express"));
    assert_non_null(strstr(filters_of("ip in 192.0.2.128-192.0.3.127"), "cannot express"));
    assert_non_null(strstr(filters_of("ip in 0.0.0.0/0"), "cannot express"));
    assert_non_null(strstr(filters_of("ip in 2001:db8::/120"), "cannot express"));
}

static void what_has_no_twin_is_named(void **state)
{
    (void)state;
    assert_string_equal(filters_of("city = a or city = b"), "SCM has no `or`: make a rule of each part");
    assert_string_equal(filters_of("city = a and not city = b"), "SCM has no `not`");
    assert_non_null(strstr(filters_of("city is empty"), "SCM cannot express `city is empty`"));
    assert_non_null(strstr(filters_of("port > 1024"), "SCM cannot express `port > 1024`"));
    assert_non_null(strstr(filters_of("sha256 = "
                                      "0000000000000000000000000000000000000000000000000000000000000000"),
                           "SCM cannot express"));
}

/* Whatever SCM can say comes back as it was. */
static void there_and_back_is_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {"common_name ends_with \".example\"", "ip in 10.1.0.0/16",
                                        "port = 8443", "subject_alt_name contains \"a \\\"b\\\\\"",
                                        "ip = 192.0.2.1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct expr *expr = NULL;
        struct scm_filters filters;
        struct buf back = {0};
        assert_int_equal(rules_parse(&expr, texts[i], RULES_ASSIGN, NULL), CS_OK);
        assert_int_equal(scm_filters_from_expr(&filters, expr, NULL), CS_OK);
        struct scm_filter filter = {filters.items[0].type, filters.items[0].match, filters.items[0].value};
        assert_int_equal(scm_filter_to_text(&back, &filter, NULL), CS_OK);
        assert_true(scm_match_same(texts[i], buf_str(&back)));
        buf_dispose(&back);
        expr_free(expr);
    }
}

static void order_and_spelling_make_no_difference_but_content_does(void **state)
{
    (void)state;
    assert_true(scm_match_same("city = a and port = 1", "port equals 1 and city == \"a\""));
    assert_true(scm_match_same("ip in 10.0.0.0/8", "ip in 10.0.0.0-10.255.255.255"));
    assert_false(scm_match_same("city = a and port = 1", "city = a"));
    assert_false(scm_match_same("city = a and port = 1", "city = a or port = 1"));
    assert_false(scm_match_same("city = a", "city = b"));
    assert_false(scm_match_same("city = a", "not a rule"));
    assert_true(scm_match_same("not a rule", "not a rule"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_joined_by_and_are_filters),
        cmocka_unit_test(networks_are_the_beginnings_of_texts),
        cmocka_unit_test(what_has_no_twin_is_named),
        cmocka_unit_test(there_and_back_is_the_same),
        cmocka_unit_test(order_and_spelling_make_no_difference_but_content_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
