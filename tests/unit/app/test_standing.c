// SPDX-License-Identifier: Apache-2.0
#include "app/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "db/exclusions.h"
#include "tests/support/asset_world.h"

static void opts_out(struct asset_world *world, const char *text, int64_t until_s)
{
    struct ip_range range;
    assert_int_equal(ip_range_parse(text, strlen(text), &range, NULL), CS_OK);
    assert_int_equal(exclusions_add(world->store, text, &range, "asked", WORLD_NOW_S,
                                    until_s != 0 ? &until_s : NULL, &world->diag),
                     CS_OK);
}

/* Whether the address is excluded at that time. */
static bool is_out(struct asset_world *world, const char *text, int64_t now_s)
{
    struct ip ip;
    struct ip_set set = {0};
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    assert_int_equal(standing_exclusions(world->store, now_s, NULL, &set, &world->diag), CS_OK);
    bool out = ip_set_has(&set, ip);
    ip_set_dispose(&set);
    return out;
}

static void nothing_is_excluded_where_nobody_asked(void **state)
{
    assert_false(is_out(*state, "192.0.2.1", WORLD_NOW_S));
}

static void ranges_of_both_families_hold_in_any_order(void **state)
{
    struct asset_world *world = *state;
    opts_out(world, "203.0.113.0/24", 0);
    opts_out(world, "2001:db8::/120", 0);
    opts_out(world, "192.0.2.0/25", 0);
    opts_out(world, "192.0.2.100-192.0.2.200", 0); /* overlaps the one before */
    assert_true(is_out(world, "192.0.2.0", WORLD_NOW_S));
    assert_true(is_out(world, "192.0.2.200", WORLD_NOW_S));
    assert_false(is_out(world, "192.0.2.201", WORLD_NOW_S));
    assert_true(is_out(world, "203.0.113.255", WORLD_NOW_S));
    assert_true(is_out(world, "2001:db8::ff", WORLD_NOW_S));
    assert_false(is_out(world, "2001:db8::100", WORLD_NOW_S));
}

static void an_opt_out_ends_in_its_second(void **state)
{
    struct asset_world *world = *state;
    opts_out(world, "192.0.2.1", WORLD_NOW_S + 60);
    assert_true(is_out(world, "192.0.2.1", WORLD_NOW_S + 59));
    assert_false(is_out(world, "192.0.2.1", WORLD_NOW_S + 60));
}

static void one_taken_back_holds_no_longer(void **state)
{
    struct asset_world *world = *state;
    opts_out(world, "192.0.2.1", 0);
    assert_true(is_out(world, "192.0.2.1", WORLD_NOW_S));
    assert_int_equal(exclusions_remove(world->store, "192.0.2.1", &world->diag), CS_OK);
    assert_false(is_out(world, "192.0.2.1", WORLD_NOW_S));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(nothing_is_excluded_where_nobody_asked),
        WITH_STORE(ranges_of_both_families_hold_in_any_order),
        WITH_STORE(an_opt_out_ends_in_its_second),
        WITH_STORE(one_taken_back_holds_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
