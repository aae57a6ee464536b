// SPDX-License-Identifier: Apache-2.0
#include "rules/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pattern *compiled(const char *text)
{
    struct pattern *pattern;
    char reason[PATTERN_REASON_SIZE] = "";
    if (pattern_compile(&pattern, text, reason) != CS_OK)
        fail_msg("%s: %s", text, reason);
    return pattern;
}

static bool matches(const char *text, const char *subject)
{
    struct pattern *pattern = compiled(text);
    bool limited = true;
    bool found = pattern_matches(pattern, subject, &limited);
    assert_false(limited);
    pattern_free(pattern);
    return found;
}

static void patterns_are_caseless_and_anchored_nowhere(void **state)
{
    (void)state;
    assert_true(matches("EXAMPLE\\.org", "www.example.ORG"));
    assert_true(matches("^www", "WWW.example.org"));
    assert_false(matches("^example", "www.example.org"));
    assert_true(matches("", ""));
    assert_true(matches("\\.(edu|ac)\\.[a-z]{2}$", "mail.uni.ac.example.ac.be"));
}

static void characters_not_bytes_are_matched(void **state)
{
    (void)state;
    assert_true(matches("^.$", "\xC3\xA9"));
    assert_true(matches("^\xC3\x89$", "\xC3\xA9")); /* É and é */
}

static void bytes_that_are_no_utf8_match_nothing_and_do_no_harm(void **state)
{
    (void)state;
    assert_true(matches("end$", "\xFF\xC3 end"));
    assert_false(matches("^.end", "\xFF"
                                  "end"));
}

static void what_does_not_compile_says_why_and_where(void **state)
{
    (void)state;
    struct pattern *pattern;
    char reason[PATTERN_REASON_SIZE] = "";
    char huge[5000];
    assert_int_equal(pattern_compile(&pattern, "ab(", reason), CS_E_INVALID);
    assert_null(pattern);
    assert_string_equal(reason, "missing closing parenthesis (at byte 4 of it)");
    assert_int_equal(pattern_compile(&pattern, "\\C", reason), CS_E_INVALID); /* would split characters */
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_int_equal(pattern_compile(&pattern, huge, reason), CS_E_INVALID);
    assert_string_equal(reason, "it is longer than 4096 bytes");
    pattern_free(NULL);
}

static char *of(char c, size_t len, const char *end)
{
    size_t size = len + strlen(end) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, c, len);
    snprintf(text + len, size - len, "%s", end);
    return text;
}

static void patterns_that_explode_run_into_their_limit(void **state)
{
    (void)state;
    static const char *const explosive[] = {"(a+)+$", "^(a|aa)+$", "(a*)*b", "(.*)*x$",
                                            "^(([a-z])+.)+[A-Z]([a-z])+$"};
    static const size_t lengths[] = {40, 253, 10000, 16383};
    for (size_t i = 0; i < sizeof explosive / sizeof explosive[0]; i++) {
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            struct pattern *pattern = compiled(explosive[i]);
            char *subject = of('a', lengths[k], "!");
            bool limited = false;
            assert_false(pattern_matches(pattern, subject, &limited));
            /* the library may see at once that a needed character is missing */
            assert_true(limited || strpbrk(explosive[i], "bx") != NULL);
            free(subject);
            pattern_free(pattern);
        }
    }
}

/* Each place where a match may begin stays just below the limit of one place: it is their sum that must be
 * bounded, or this test takes minutes. */
static void many_dear_places_are_limited_too(void **state)
{
    (void)state;
    struct pattern *pattern = compiled(".{0,150}.{0,150}[^a]{2}");
    char *subject = of('a', 16000, "");
    bool limited = false;
    assert_false(pattern_matches(pattern, subject, &limited));
    assert_true(limited);
    free(subject);
    pattern_free(pattern);
}

static void a_limit_met_once_is_forgotten(void **state)
{
    (void)state;
    struct pattern *pattern = compiled("(a+)+$");
    char *subject = of('a', 1000, "!");
    bool limited = false;
    assert_false(pattern_matches(pattern, subject, &limited));
    assert_true(limited);
    assert_true(pattern_matches(pattern, "aaa", &limited));
    assert_false(limited);
    free(subject);
    pattern_free(pattern);
}

static void a_subject_too_long_counts_as_limited(void **state)
{
    (void)state;
    struct pattern *pattern = compiled("a");
    char *fits = of('a', 16384, "");
    char *beyond = of('a', 16385, "");
    bool limited = true;
    assert_true(pattern_matches(pattern, fits, &limited));
    assert_false(limited);
    assert_false(pattern_matches(pattern, beyond, &limited));
    assert_true(limited);
    free(fits);
    free(beyond);
    pattern_free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_caseless_and_anchored_nowhere),
        cmocka_unit_test(characters_not_bytes_are_matched),
        cmocka_unit_test(bytes_that_are_no_utf8_match_nothing_and_do_no_harm),
        cmocka_unit_test(what_does_not_compile_says_why_and_where),
        cmocka_unit_test(patterns_that_explode_run_into_their_limit),
        cmocka_unit_test(many_dear_places_are_limited_too),
        cmocka_unit_test(a_limit_met_once_is_forgotten),
        cmocka_unit_test(a_subject_too_long_counts_as_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
