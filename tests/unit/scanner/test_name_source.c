// SPDX-License-Identifier: Apache-2.0
#include "scanner/name_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GIVEN NAME_SOURCE_BIT(NAME_SOURCE_GIVEN)
#define PTR   NAME_SOURCE_BIT(NAME_SOURCE_PTR)
#define SCM   NAME_SOURCE_BIT(NAME_SOURCE_SCM)
#define SEEN  NAME_SOURCE_BIT(NAME_SOURCE_SEEN)

static void words_are_sources_and_what_was_given_always_counts(void **state)
{
    static const struct {
        const char *text;
        unsigned sources;
    } rows[] = {
        {NULL, GIVEN | PTR | SEEN},
        {"ptr", GIVEN | PTR},
        {"seen", GIVEN | SEEN},
        {"seen,ptr", GIVEN | PTR | SEEN},
        {"none", 0},
        {"ptr,seen,scm", GIVEN | PTR | SCM | SEEN},
        {"scm", GIVEN | SCM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned sources;
        assert_true(name_sources_parse(rows[i].text, &sources));
        assert_int_equal(sources, rows[i].sources);
    }
}

static void other_words_are_refused(void **state)
{
    static const char *const bad[] = {"",   ",",    "ptr,", ",ptr",     "PTR",
                                      "pt", "ptrs", "dns",  "none,ptr", "ptr,none"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unsigned sources;
        assert_false(name_sources_parse(bad[i], &sources));
    }
}

static void the_words_can_be_listed(void **state)
{
    struct buf out = {0};
    (void)state;
    name_sources_list(&out);
    assert_string_equal(buf_str(&out), "ptr, scm, seen, none");
    buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_sources_and_what_was_given_always_counts),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(the_words_can_be_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
