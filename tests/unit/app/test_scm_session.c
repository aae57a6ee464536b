// SPDX-License-Identifier: Apache-2.0
#include "app/scm_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_rate_becomes_the_time_between_two_requests(void **state)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } rates[] = {{"1", 1000},    {"2", 500},         {"2.0", 500}, {"0.5", 2000},
                 {"0.25", 4000}, {"0.001", 1000000}, {"100", 10}};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        uint32_t ms;
        assert_int_equal(scm_interval_parse(rates[i].text, &ms, NULL), CS_OK);
        assert_int_equal(ms, rates[i].ms);
    }
}

static void what_is_no_rate_is_refused(void **state)
{
    static const char *const wrong[] = {"",       "0",  "0.0", "-1", "101", "100.001",
                                        "1.0001", "1.", ".5",  "2x", "1e3"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t ms;
        if (scm_interval_parse(wrong[i], &ms, NULL) != CS_E_INVALID)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_becomes_the_time_between_two_requests),
        cmocka_unit_test(what_is_no_rate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
