// SPDX-License-Identifier: Apache-2.0
#include "db/sent_log.h"

#include "tests/support/asset_world.h"

static const struct sent_by by = {INVENTORY_SCM, "https://scm.example", "api-account", "ada"};

struct seen {
    char lines[8][200];
    size_t count;
    enum cs_err stop; /* told at the first row */
};

static enum cs_err keep(void *context, const struct sent_row *row)
{
    struct seen *seen = context;
    assert_true(seen->count < 8);
    snprintf(seen->lines[seen->count++], sizeof seen->lines[0], "%s|%s|%s|%s|%lld|%s", row->call,
             row->about != NULL ? row->about : "-", row->by.account, row->by.local_user,
             (long long)row->status, row->answered_at_s == 0 ? "?" : row->answer);
    return seen->stop;
}

static struct seen all(struct asset_world *world)
{
    struct seen seen = {0};
    assert_int_equal(sent_log_each(world->store, 0, keep, &seen, &world->diag), CS_OK);
    return seen;
}

static int64_t sends(struct asset_world *world, const char *call, const char *about)
{
    int64_t id;
    assert_int_equal(sent_log_begin(world->store, &by, 0, call, about, WORLD_NOW_S, &id, &world->diag),
                     CS_OK);
    assert_true(id > 0);
    return id;
}

static void a_call_is_there_before_its_answer_and_with_it_after(void **state)
{
    struct asset_world *world = *state;
    int64_t id = sends(world, "POST /import", "3 certificates");
    assert_string_equal(all(world).lines[0], "POST /import|3 certificates|api-account|ada|0|?");
    assert_int_equal(sent_log_end(world->store, id, 400, "no", WORLD_NOW_S + 1, &world->diag), CS_OK);
    assert_string_equal(all(world).lines[0], "POST /import|3 certificates|api-account|ada|400|no");
    assert_int_equal(sent_log_explain(world->store, id, "none created", &world->diag), CS_OK);
    assert_string_equal(all(world).lines[0], "POST /import|3 certificates|api-account|ada|400|none created");
}

static void no_answer_is_told_from_one_that_is_not_known(void **state)
{
    struct asset_world *world = *state;
    int64_t id = sends(world, "DELETE /1", NULL);
    assert_int_equal(sent_log_end(world->store, id, 0, "timed out", WORLD_NOW_S, &world->diag), CS_OK);
    sends(world, "DELETE /2", NULL);
    struct seen seen = all(world);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.lines[0], "DELETE /2|-|api-account|ada|0|?");
    assert_string_equal(seen.lines[1], "DELETE /1|-|api-account|ada|0|timed out");
}

static void a_listener_ends_the_list(void **state)
{
    struct asset_world *world = *state;
    struct seen seen = {.stop = CS_E_CANCELLED};
    sends(world, "DELETE /1", NULL);
    sends(world, "DELETE /2", NULL);
    assert_int_equal(sent_log_each(world->store, 0, keep, &seen, &world->diag), CS_E_CANCELLED);
    assert_int_equal(seen.count, 1);
}

static void another_push_has_other_calls(void **state)
{
    struct asset_world *world = *state;
    struct seen seen = {0};
    sends(world, "DELETE /1", NULL);
    assert_int_equal(sent_log_each(world->store, 7, keep, &seen, &world->diag), CS_OK);
    assert_int_equal(seen.count, 0);
}

static void a_push_that_does_not_exist_is_refused(void **state)
{
    struct asset_world *world = *state;
    int64_t id = 5;
    assert_int_not_equal(sent_log_begin(world->store, &by, 99, "x", NULL, 0, &id, &world->diag), CS_OK);
    assert_int_equal(id, 0);
    assert_int_equal(all(world).count, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_there_before_its_answer_and_with_it_after),
        TEST(no_answer_is_told_from_one_that_is_not_known),
        TEST(a_listener_ends_the_list),
        TEST(another_push_has_other_calls),
        TEST(a_push_that_does_not_exist_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
