// SPDX-License-Identifier: Apache-2.0
#include "rules/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_formats(const char *text, const char *expected)
{
    struct expr *expr;
    struct diag diag = {0};
    struct buf out = {0};
    if (rules_parse(&expr, text, RULES_FILTER, &diag) != CS_OK)
        fail_msg("%s: %s", text, diag.text);
    rules_format(&out, expr);
    assert_string_equal(buf_str(&out), expected);
    expr_free(expr);
    buf_dispose(&out);
}

/* What is canonical already, and so comes out as it went in. */
static void assert_canonical(const char *text)
{
    assert_formats(text, text);
}

static void words_and_signs_become_the_canonical_ones(void **state)
{
    (void)state;
    assert_formats("Common_Name == WWW.example.org", "common_name equals WWW.example.org");
    assert_formats("port in 443", "port in (443)");
    assert_formats("ip = 192.0.2.0-192.0.2.255", "ip equals 192.0.2.0/24");
    assert_formats("not_after < 2027-01-31", "not_after < 2027-01-31T00:00:00Z");
    assert_formats("self_signed IS True AND wildcard = FALSE",
                   "self_signed is true and wildcard equals false");
    assert_formats("issuer contains CN=x", "issuer contains \"CN=x\"");
}

static void negated_tests_read_as_people_write_them(void **state)
{
    (void)state;
    assert_formats("not port = 443", "port != 443");
    assert_formats("not common_name is empty", "common_name is not empty");
    assert_formats("not (name in (a, b))", "name not in (a, b)");
    assert_formats("name not != a", "name equals a");
    assert_formats("not not port = 443", "not port != 443");
    assert_canonical("name not ends_with example.org");
    assert_canonical("port not < 443");
}

static void parentheses_stay_where_the_tree_needs_them(void **state)
{
    (void)state;
    assert_formats("(((port equals 1)))", "port equals 1");
    assert_formats("(port equals 1 and port equals 2) or port equals 3",
                   "port equals 1 and port equals 2 or port equals 3");
    assert_canonical("(port equals 1 or port equals 2) and port equals 3");
    assert_canonical("not (port equals 1 and port equals 2)");
    assert_canonical("(port equals 1 and port equals 2) and port equals 3");
    assert_canonical("(port equals 1 or port equals 2) or port equals 3");
}

/* Without that rule, `a and b or c` would need brackets when written, and the deepest text could not be read
 * again. */
static void what_was_just_deep_enough_stays_so(void **state)
{
    (void)state;
    struct buf text = {0};
    struct buf once = {0};
    struct expr *expr;
    for (int i = 0; i < RULES_MAX_DEPTH - 1; i++)
        buf_append_str(&text, "(");
    buf_append_str(&text, "port != 1");
    for (int i = 0; i < RULES_MAX_DEPTH - 1; i++)
        buf_append_str(&text, " and port = 2 or port = 3)");
    assert_int_equal(rules_parse(&expr, buf_str(&text), RULES_ASSIGN, NULL), CS_OK);
    rules_format(&once, expr);
    expr_free(expr);
    assert_canonical(buf_str(&once));
    buf_reset(&text);
    for (int i = 0; i < RULES_MAX_DEPTH - 1; i++)
        buf_append_str(&text, "not ");
    buf_append_str(&text, "port != 1");
    assert_canonical(buf_str(&text));
    buf_dispose(&text);
    buf_dispose(&once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_signs_become_the_canonical_ones),
        cmocka_unit_test(negated_tests_read_as_people_write_them),
        cmocka_unit_test(parentheses_stay_where_the_tree_needs_them),
        cmocka_unit_test(what_was_just_deep_enough_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
