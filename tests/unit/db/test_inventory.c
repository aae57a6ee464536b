// SPDX-License-Identifier: Apache-2.0
#include "db/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/temp_dir.h"

#define NOW_S 1800000000

struct world {
    char *folder;
    struct store *store;
    struct inventory_pull pull;
    struct inventory_row row; /* of the only resource */
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[4200];
    assert_non_null(world);
    world->folder = temp_dir_new();
    snprintf(path, sizeof path, "%s/store.db", world->folder);
    assert_int_equal(store_open(&world->store, path, STORE_WRITE, NULL), CS_OK);
    world->pull = (struct inventory_pull){world->store, INVENTORY_SCM, INVENTORY_CERTIFICATES, 0};
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    temp_dir_remove(world->folder);
    free(world);
    return 0;
}

static bool begins(struct world *world, int64_t now_s)
{
    bool resumed;
    assert_int_equal(inventory_begin(&world->pull, now_s, &resumed, NULL), CS_OK);
    return resumed;
}

static bool lists(struct world *world, int64_t id)
{
    bool fresh;
    assert_int_equal(inventory_put_listed(&world->pull, id, "name", &fresh, NULL), CS_OK);
    return fresh;
}

static void details(struct world *world, int64_t id)
{
    struct inventory_certificate certificate = {.external_id = id, .serial = "0e12", .managed = true};
    assert_int_equal(inventory_detail_certificate(&world->pull, &certificate, NULL), CS_OK);
}

static void swaps(struct world *world)
{
    assert_int_equal(inventory_swap(&world->pull, NOW_S, NULL), CS_OK);
}

static int64_t counted(struct world *world)
{
    int64_t count;
    assert_int_equal(inventory_count(&world->pull, &count, NULL), CS_OK);
    return count;
}

static size_t pending(struct world *world, int64_t after, int64_t *ids)
{
    size_t count;
    assert_int_equal(inventory_pending(&world->pull, after, ids, 2, &count, NULL), CS_OK);
    return count;
}

static enum cs_err keep_row(void *context, const struct inventory_row *row)
{
    struct world *world = context;
    world->row = *row;
    assert_string_equal(row->resource, "certificates");
    return CS_OK;
}

static const struct inventory_row *row_of(struct world *world)
{
    world->row = (struct inventory_row){0};
    assert_int_equal(inventory_each(world->store, keep_row, world, NULL), CS_OK);
    return &world->row;
}

static void nothing_counts_before_all_of_it_is_there(void **state)
{
    struct world *world = *state;
    assert_false(begins(world, NOW_S));
    assert_true(lists(world, 1));
    assert_int_equal(counted(world), 0);
    assert_int_equal(row_of(world)->pulled_at_s, 0);
    details(world, 1);
    swaps(world);
    assert_int_equal(counted(world), 1);
    assert_int_equal(row_of(world)->pulled_at_s, NOW_S);
    assert_int_equal(row_of(world)->row_count, 1);
    assert_int_equal(row_of(world)->staging_at_s, 0);
}

static void a_new_pull_replaces_all_rows_at_once(void **state)
{
    struct world *world = *state;
    begins(world, NOW_S);
    lists(world, 1);
    lists(world, 2);
    swaps(world);
    begins(world, NOW_S + 10);
    lists(world, 3);
    assert_int_equal(counted(world), 2);
    swaps(world);
    assert_int_equal(counted(world), 1);
}

static void what_comes_twice_is_one_row(void **state)
{
    struct world *world = *state;
    begins(world, NOW_S);
    assert_true(lists(world, 1));
    assert_false(lists(world, 1));
    swaps(world);
    assert_int_equal(counted(world), 1);
}

static void an_interrupted_pull_is_found_again_for_a_day(void **state)
{
    struct world *world = *state;
    int64_t ids[2];
    begins(world, NOW_S);
    lists(world, 1);
    lists(world, 2);
    details(world, 1);
    assert_true(begins(world, NOW_S + INVENTORY_RESUME_S - 1));
    assert_true(lists(world, 1)); /* new to this pull */
    assert_true(lists(world, 2));
    assert_int_equal(pending(world, 0, ids), 1);
    assert_int_equal(ids[0], 2);
    assert_false(begins(world, NOW_S + INVENTORY_RESUME_S));
    lists(world, 1);
    assert_int_equal(pending(world, 0, ids), 1);
}

static void what_is_not_met_again_does_not_come_along(void **state)
{
    struct world *world = *state;
    begins(world, NOW_S);
    lists(world, 1);
    lists(world, 2);
    begins(world, NOW_S + 10);
    lists(world, 2);
    swaps(world);
    assert_int_equal(counted(world), 1);
    assert_int_equal(row_of(world)->pulled_at_s, NOW_S); /* no younger than its oldest row */
}

static void rows_without_details_come_in_order_and_in_pieces(void **state)
{
    struct world *world = *state;
    int64_t ids[2];
    begins(world, NOW_S);
    for (int64_t id = 5; id >= 1; id--)
        lists(world, id);
    details(world, 3);
    assert_int_equal(pending(world, 0, ids), 2);
    assert_int_equal(ids[1], 2);
    assert_int_equal(pending(world, 2, ids), 2);
    assert_int_equal(ids[0], 4);
    assert_int_equal(inventory_drop(&world->pull, 4, NULL), CS_OK);
    assert_int_equal(pending(world, 2, ids), 1);
    assert_int_equal(pending(world, 5, ids), 0);
}

static void a_failure_is_remembered_until_a_pull_is_whole(void **state)
{
    struct world *world = *state;
    begins(world, NOW_S);
    assert_int_equal(inventory_failed(&world->pull, NOW_S + 5, NULL), CS_OK);
    assert_int_equal(row_of(world)->failed_at_s, NOW_S + 5);
    begins(world, NOW_S + 10);
    swaps(world);
    assert_int_equal(row_of(world)->failed_at_s, 0);
}

static void of_two_pulls_at_once_the_later_one_counts(void **state)
{
    struct world *world = *state;
    struct diag diag = {0};
    begins(world, NOW_S);
    lists(world, 1);
    lists(world, 2);
    struct inventory_pull earlier = world->pull;
    begins(world, NOW_S + 10);
    assert_int_equal(inventory_swap(&earlier, NOW_S + 20, &diag), CS_E_BUSY);
    assert_non_null(strstr(diag.text, "another pull of certificates has begun"));
    assert_int_equal(counted(world), 0);
    lists(world, 1);
    lists(world, 2);
    swaps(world);
    assert_int_equal(counted(world), 2);
}

static void providers_do_not_meet(void **state)
{
    struct world *world = *state;
    begins(world, NOW_S);
    lists(world, 1);
    swaps(world);
    world->pull.provider = "file";
    begins(world, NOW_S);
    assert_true(lists(world, 1));
    swaps(world);
    assert_int_equal(counted(world), 1);
    world->pull.provider = INVENTORY_SCM;
    assert_int_equal(counted(world), 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(nothing_counts_before_all_of_it_is_there),
        IN_WORLD(a_new_pull_replaces_all_rows_at_once),
        IN_WORLD(what_comes_twice_is_one_row),
        IN_WORLD(an_interrupted_pull_is_found_again_for_a_day),
        IN_WORLD(what_is_not_met_again_does_not_come_along),
        IN_WORLD(rows_without_details_come_in_order_and_in_pieces),
        IN_WORLD(a_failure_is_remembered_until_a_pull_is_whole),
        IN_WORLD(of_two_pulls_at_once_the_later_one_counts),
        IN_WORLD(providers_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
