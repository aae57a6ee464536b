// SPDX-License-Identifier: Apache-2.0
#include "db/push.h"

#include "tests/unit/db/push_world.h"

#define CAP 8

static size_t next(struct push_world *push, int64_t id, struct push_batch batch, struct push_item *items)
{
    size_t count;
    assert_int_equal(push_next_items(push->store, id, &batch, items, &count, NULL), CS_OK);
    return count;
}

static struct push_counts counts(struct push_world *push, int64_t id)
{
    struct push_counts out;
    assert_int_equal(push_count(push->store, id, &out, NULL), CS_OK);
    return out;
}

static int64_t first_of(struct push_world *push, int64_t id, enum push_list list)
{
    struct push_item item;
    assert_int_equal(push_next_item(push->store, id, list, 0, &item, NULL), CS_OK);
    int64_t found = item.id;
    push_items_dispose(&item, 1);
    return found;
}

static void a_batch_is_of_one_organization_and_keeps_both_limits(void **state)
{
    struct push_world *push = *state;
    struct push_item items[CAP] = {0};
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    push_world_has(push, "192.0.2.2:443", "b.example", 1);
    push_world_has(push, "192.0.2.3:443", "c.example", 0);
    int64_t id = push_world_save(push);
    assert_int_equal(next(push, id, (struct push_batch){CAP, 1 << 20, false}, items), 2);
    assert_int_equal(items[0].organization_id, 100);
    assert_int_equal(items[1].organization_id, 100);
    assert_string_equal(items[0].name, "a.example");
    assert_true(items[0].der.len > 100);
    push_items_dispose(items, 2);
    assert_int_equal(next(push, id, (struct push_batch){CAP, 1 << 20, true}, items), 3);
    push_items_dispose(items, 3);
    assert_int_equal(next(push, id, (struct push_batch){1, 1 << 20, true}, items), 1);
    push_items_dispose(items, 1);
    assert_int_equal(next(push, id, (struct push_batch){CAP, 1, false}, items), 1); /* always one */
    push_items_dispose(items, 1);
}

static void what_was_under_way_comes_again_until_it_is_done_or_failed(void **state)
{
    struct push_world *push = *state;
    struct push_item items[CAP] = {0};
    const struct push_batch all = {CAP, 1 << 20, false};
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    push_world_has(push, "192.0.2.2:443", "b.example", 0);
    int64_t id = push_world_save(push);
    assert_int_equal(next(push, id, all, items), 2);
    assert_int_equal(push_items_sending(push->store, items, 2, NULL), CS_OK);
    assert_int_equal(counts(push, id).items_unsure, 2);
    assert_int_equal(first_of(push, id, PUSH_INTERRUPTED), items[0].id);
    assert_int_equal(push_item_done(push->store, items[0].id, 5001, PUSH_BY_UNKNOWN, WORLD_NOW_S, NULL),
                     CS_OK);
    assert_int_equal(push_item_failed(push->store, items[1].id, "not wanted", WORLD_NOW_S, NULL), CS_OK);
    struct push_counts now = counts(push, id);
    assert_int_equal(now.items_open, 0);
    assert_int_equal(now.items_done, 1);
    assert_int_equal(now.items_failed, 1);
    assert_int_equal(now.items_unsure, 1);
    assert_int_equal(now.items_created, 0);
    assert_int_equal(first_of(push, id, PUSH_UNSURE), items[0].id);
    assert_int_equal(first_of(push, id, PUSH_PLACED), items[0].id);
    assert_int_equal(first_of(push, id, PUSH_MADE), 0);
    assert_int_equal(push_item_done(push->store, items[0].id, 5001, PUSH_BY_US, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(first_of(push, id, PUSH_MADE), items[0].id);
    push_items_dispose(items, 2);
    assert_int_equal(next(push, id, all, items), 0);
}

static void a_push_is_open_until_its_end_and_what_waited_for_a_failed_one_has_failed(void **state)
{
    struct push_world *push = *state;
    struct push_item item;
    int64_t open;
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    int64_t id = push_world_save(push);
    assert_int_equal(push_find_open(push->store, INVENTORY_SCM, PUSH_SERVER, PUSH_ROUTE_IMPORT, &open, NULL),
                     CS_OK);
    assert_int_equal(open, id);
    assert_int_equal(
        push_find_open(push->store, INVENTORY_SCM, "https://other.example", PUSH_ROUTE_IMPORT, &open, NULL),
        CS_OK);
    assert_int_equal(open, 0);
    assert_int_equal(next(push, id, (struct push_batch){1, 1, false}, &item), 1);
    assert_int_equal(push_item_failed(push->store, item.id, "not wanted", WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(counts(push, id).locations_open, 1);
    assert_int_equal(push_end(push->store, id, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(counts(push, id).locations_failed, 1);
    assert_int_equal(push_find_open(push->store, INVENTORY_SCM, PUSH_SERVER, PUSH_ROUTE_IMPORT, &open, NULL),
                     CS_OK);
    assert_int_equal(open, 0);
    push_items_dispose(&item, 1);
}

static void a_push_that_is_not_there_is_named(void **state)
{
    struct push_world *push = *state;
    struct push_row row;
    struct diag diag = {0};
    assert_int_equal(push_get(push->store, 3, &row, &diag), CS_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "no push 3"));
}

/* The only item of a push, done there as 5001 by `creator`, and its only location, made by the push. */
static int64_t is_sent(struct push_world *push, enum push_creator creator, struct push_place *place)
{
    struct push_item item;
    size_t count;
    int64_t id = push_world_save(push);
    assert_int_equal(next(push, id, (struct push_batch){1, 1, false}, &item), 1);
    assert_int_equal(push_item_done(push->store, item.id, 5001, creator, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(push_next_places(push->store, item.id, false, 0, place, 1, &count, NULL), CS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(push_place_sending(push->store, place->id, NULL), CS_OK);
    assert_int_equal(push_place_done(push->store, place->id, 9, PUSH_BY_US, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(push_end(push->store, id, WORLD_NOW_S, NULL), CS_OK);
    push_items_dispose(&item, 1);
    return id;
}

static void taking_back_is_about_what_the_push_made_alone(void **state)
{
    struct push_world *push = *state;
    struct push_place place;
    push_world_has(push, "192.0.2.1:443#www.example", "a.example", 0);
    int64_t id = is_sent(push, PUSH_BY_OTHERS, &place);
    assert_string_equal(place.host, "www.example");
    assert_int_equal(first_of(push, id, PUSH_MADE), 0);
    assert_true(first_of(push, id, PUSH_MADE_PLACES) != 0);
    assert_int_equal(counts(push, id).locations_created, 1);
    assert_int_equal(push_place_gone(push->store, place.id, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(first_of(push, id, PUSH_MADE_PLACES), 0);
    assert_int_equal(counts(push, id).locations_created, 0);
}

static void a_certificate_that_is_gone_is_gone_for_every_push_to_that_server(void **state)
{
    struct push_world *push = *state;
    struct push_place place;
    struct push_row row;
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    int64_t first = is_sent(push, PUSH_BY_US, &place);
    push->options.server = "https://other.example";
    int64_t other = is_sent(push, PUSH_BY_US, &place);
    assert_int_equal(push_get(push->store, first, &row, NULL), CS_OK);
    assert_int_equal(push_certificate_gone(push->store, &row, 5001, WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(first_of(push, first, PUSH_MADE), 0);
    assert_true(first_of(push, other, PUSH_MADE) != 0);
    assert_int_equal(push_undone(push->store, first, WORLD_NOW_S + 1, NULL), CS_OK);
    assert_int_equal(push_get(push->store, first, &row, NULL), CS_OK);
    assert_int_equal(row.undone_at_s, WORLD_NOW_S + 1);
    assert_int_equal(row.ended_at_s, WORLD_NOW_S); /* as it was */
}

struct told {
    char text[200];
    int count;
    bool is_location;
};

static enum cs_err keep_failure(void *context, const struct push_failure *failure)
{
    struct told *told = context;
    told->count++;
    told->is_location = failure->is_location;
    snprintf(told->text, sizeof told->text, "%s: %s", failure->name, failure->error);
    return CS_OK;
}

static void a_failure_is_told_once_with_its_reason(void **state)
{
    struct push_world *push = *state;
    struct push_place place;
    struct told told = {0};
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    int64_t id = is_sent(push, PUSH_BY_US, &place);
    assert_int_equal(push_failures(push->store, id, keep_failure, &told, NULL), CS_OK);
    assert_int_equal(told.count, 0);
    assert_int_equal(push_place_failed(push->store, place.id, "no such host", WORLD_NOW_S, NULL), CS_OK);
    assert_int_equal(push_failures(push->store, id, keep_failure, &told, NULL), CS_OK);
    assert_int_equal(told.count, 1);
    assert_true(told.is_location);
    assert_string_equal(told.text, "a.example: no such host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(a_batch_is_of_one_organization_and_keeps_both_limits),
        PUSH_TEST(what_was_under_way_comes_again_until_it_is_done_or_failed),
        PUSH_TEST(a_push_is_open_until_its_end_and_what_waited_for_a_failed_one_has_failed),
        PUSH_TEST(a_push_that_is_not_there_is_named),
        PUSH_TEST(taking_back_is_about_what_the_push_made_alone),
        PUSH_TEST(a_certificate_that_is_gone_is_gone_for_every_push_to_that_server),
        PUSH_TEST(a_failure_is_told_once_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
