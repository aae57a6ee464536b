// SPDX-License-Identifier: Apache-2.0
#include "scm/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW_S 1800000000 /* Fri, 15 Jan 2027 08:00:00 GMT */

static void what_may_pass_is_tried_again_and_what_stays_is_not(void **state)
{
    static const int yes[] = {429, 500, 502, 503, 504};
    static const int no[] = {0, 200, 204, 301, 400, 401, 403, 404, 501, 505, 600};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(retry_status(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(retry_status(no[i]));
}

static void delays_grow_and_are_spread_around_their_doubling(void **state)
{
    uint64_t random = 42;
    (void)state;
    for (unsigned attempt = 2; attempt <= RETRY_ATTEMPTS; attempt++) {
        uint64_t base = (uint64_t)RETRY_FIRST_MS << (attempt - 2);
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (int i = 0; i < 1000; i++) {
            uint64_t delay = retry_delay_ms(attempt, RETRY_FIRST_MS, "", NOW_S, &random);
            assert_in_range(delay, base / 2, base + base / 2);
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        assert_true(most - least > base / 2); /* jitter, and not a constant */
    }
}

static void the_same_seed_gives_the_same_delays(void **state)
{
    uint64_t one = 7;
    uint64_t other = 7;
    (void)state;
    for (unsigned attempt = 2; attempt <= RETRY_ATTEMPTS; attempt++)
        assert_int_equal(retry_delay_ms(attempt, RETRY_FIRST_MS, NULL, NOW_S, &one),
                         retry_delay_ms(attempt, RETRY_FIRST_MS, NULL, NOW_S, &other));
}

static void the_server_is_not_asked_sooner_than_it_wants(void **state)
{
    uint64_t random = 1;
    (void)state;
    assert_int_equal(retry_delay_ms(2, RETRY_FIRST_MS, "60", NOW_S, &random), 60000);
    assert_int_equal(retry_delay_ms(2, RETRY_FIRST_MS, "Fri, 15 Jan 2027 08:01:30 GMT", NOW_S, &random),
                     90000);
    assert_in_range(retry_delay_ms(2, RETRY_FIRST_MS, "0", NOW_S, &random), 500, 1500);
}

static void nonsense_in_the_header_asks_for_nothing(void **state)
{
    static const char *const texts[] = {
        "", "soon", "-5", "5 s", "Fri, 15 Jan 2027 07:59:59 GMT", "99999999999999999999"};
    (void)state;
    assert_int_equal(retry_after_s("12", NOW_S), 12);
    assert_int_equal(retry_after_s(NULL, NOW_S), 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(retry_after_s(texts[i], NOW_S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_pass_is_tried_again_and_what_stays_is_not),
        cmocka_unit_test(delays_grow_and_are_spread_around_their_doubling),
        cmocka_unit_test(the_same_seed_gives_the_same_delays),
        cmocka_unit_test(the_server_is_not_asked_sooner_than_it_wants),
        cmocka_unit_test(nonsense_in_the_header_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
