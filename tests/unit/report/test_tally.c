// SPDX-License-Identifier: Apache-2.0
#include "report/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void names_are_counted_and_sorted(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (int i = 0; i < 300; i++) {
        char name[8];
        snprintf(name, sizeof name, "%03d", i * 7 % 100);
        assert_int_equal(tally_add(&tally, name, 1), CS_OK);
    }
    assert_int_equal(tally.count, 100);
    for (size_t i = 0; i < tally.count; i++) {
        char name[8];
        snprintf(name, sizeof name, "%03d", (int)i);
        assert_string_equal(tally.entries[i].name, name);
        assert_int_equal(tally_count(&tally, name, 1), 3);
        assert_int_equal(tally_count(&tally, name, 0), 0);
    }
    assert_int_equal(tally_count(&tally, "100", 1), 0);
    tally_dispose(&tally);
    assert_int_equal(tally_count(&tally, "000", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_counted_and_sorted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
