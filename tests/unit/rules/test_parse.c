// SPDX-License-Identifier: Apache-2.0
#include "rules/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refused(const char *text, enum rules_scope scope, const char *message)
{
    struct expr *expr = NULL;
    struct diag diag = {0};
    assert_int_not_equal(rules_parse(&expr, text, scope, &diag), CS_OK);
    assert_null(expr);
    if (strstr(diag.text, message) == NULL)
        fail_msg("%s: said \"%s\", not \"%s\"", text, diag.text, message);
}

static void mistakes_are_told_with_line_column_and_what_is_allowed(void **state)
{
    (void)state;
    refused("", RULES_ASSIGN, "line 1, column 1: expected a field, found the end");
    refused("common_nam = x", RULES_ASSIGN, "did you mean common_name");
    refused("common_name = a\nor port = x", RULES_ASSIGN,
            "line 2, column 11: \"x\" is no value for port: expected a whole number");
    refused("port contains 4", RULES_ASSIGN,
            "line 1, column 6: \"contains\" is no operator for port (number); allowed are equals, in, <");
    refused("common_name = \"open", RULES_ASSIGN, "line 1, column 15: this string has no closing quote");
    refused("(port = 1", RULES_ASSIGN, "expected \")\", found the end");
    refused("port = 1 port = 2", RULES_ASSIGN, "expected and, or or the end, found \"port\"");
    refused("port in (1 2)", RULES_ASSIGN, "expected \",\" or \")\"");
    refused("ip = 10.0.0.0/33", RULES_ASSIGN, "prefix length");
    refused("not_after < tomorrow", RULES_ASSIGN, "a date");
    refused("common_name is true", RULES_ASSIGN, "no operator for common_name");
    refused("common_name matches_regex \"a(\"", RULES_ASSIGN, "line 1, column 27: no regular expression");
    refused("ö = 1", RULES_ASSIGN, "line 1, column 1");
    refused("name = ö and é = 1", RULES_ASSIGN, "line 1, column 14");
    refused("port ! 4", RULES_ASSIGN, "\"!\" alone");
}

static void rules_may_not_ask_what_depends_on_time_or_findings(void **state)
{
    (void)state;
    struct expr *expr;
    refused("days_left < 30", RULES_ASSIGN, "it is for --where");
    refused("finding = expired", RULES_ASSIGN, "it is for --where");
    assert_int_equal(rules_parse(&expr, "days_left < 30 and finding = expired", RULES_FILTER, NULL), CS_OK);
    expr_free(expr);
}

static char *repeated(const char *piece, size_t times, const char *end)
{
    struct buf text = {0};
    for (size_t i = 0; i < times; i++)
        buf_append_str(&text, piece);
    buf_append_str(&text, end);
    return buf_take_str(&text);
}

static void depth_and_size_are_bounded(void **state)
{
    (void)state;
    char *deep = repeated("(", 1000, "port = 1");
    char *nots = repeated("not ", 1000, "port = 1");
    char *wide = repeated("port = 1 or ", 5000, "port = 2");
    char *huge = repeated("x", RULES_MAX_TEXT + 1, "");
    refused(deep, RULES_ASSIGN, "nested deeper");
    refused(nots, RULES_ASSIGN, "nested deeper");
    refused(wide, RULES_ASSIGN, "more than");
    refused(huge, RULES_ASSIGN, "more than");
    free(deep);
    free(nots);
    free(wide);
    free(huge);
}

static void formatted_text_parses_back_to_the_same_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "common_name ends_with \"my domain.be\" and (port = 443 or not ip in (10.0.0.0/8, ::1))",
        "name matches_regex \"^a\\\\.b \\\"c\\\"$\" or not_after >= 2027-01-31",
        "self_signed is false and not (key_bits < 2048 and key_type = \"or\")",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf once = {0};
        struct buf twice = {0};
        struct expr *expr;
        assert_int_equal(rules_parse(&expr, texts[i], RULES_ASSIGN, NULL), CS_OK);
        rules_format(&once, expr);
        expr_free(expr);
        assert_int_equal(rules_parse(&expr, buf_str(&once), RULES_ASSIGN, NULL), CS_OK);
        rules_format(&twice, expr);
        expr_free(expr);
        assert_string_equal(buf_str(&once), buf_str(&twice));
        buf_dispose(&once);
        buf_dispose(&twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_line_column_and_what_is_allowed),
        cmocka_unit_test(rules_may_not_ask_what_depends_on_time_or_findings),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(formatted_text_parses_back_to_the_same_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
