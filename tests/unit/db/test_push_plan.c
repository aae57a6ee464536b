// SPDX-License-Identifier: Apache-2.0
#include "db/push_plan.h"

#include "tests/unit/db/push_world.h"

struct tally {
    int64_t assets[PUSH_VERDICT_COUNT];
    int64_t certificates[PUSH_VERDICT_COUNT];
    int64_t imports;
};

static enum cs_err add_count(void *context, const struct push_plan_count *count)
{
    struct tally *tally = context;
    tally->assets[count->verdict] += count->assets;
    tally->certificates[count->verdict] += count->certificates;
    tally->imports += count->verdict == PUSH_SEND ? count->imports : 0;
    return CS_OK;
}

static struct tally plan(struct push_world *push)
{
    struct tally tally = {0};
    push_world_plan(push);
    assert_int_equal(push_plan_counts(push->plan, add_count, &tally, NULL), CS_OK);
    return tally;
}

static void every_asset_has_one_verdict(void **state)
{
    struct push_world *push = *state;
    struct forged own = asset_world_forge("self.example");
    struct forged old = forge(&(struct forge_options){.common_name = "old.example",
                                                      .issuer = &push->issuer,
                                                      .not_before_s = WORLD_NOW_S - 200,
                                                      .not_after_s = WORLD_NOW_S - 1});
    push_world_has(push, "192.0.2.1:443", "good.example", 0);
    push_world_has(push, "192.0.2.2:443", "nobody.example", -1);
    push_world_has(push, "192.0.2.3:443", "elsewhere.example", 2);
    push_world_serves(push, "192.0.2.4:443", &own, 0);
    push_world_serves(push, "192.0.2.5:443", &old, 0);
    push_world_serves(push, "192.0.2.6:443", &push->issuer, 0);
    struct tally tally = plan(push);
    assert_int_equal(tally.assets[PUSH_SEND], 1);
    assert_int_equal(tally.assets[PUSH_NOBODY], 1);
    assert_int_equal(tally.assets[PUSH_OWNER_UNKNOWN], 1);
    assert_int_equal(tally.assets[PUSH_SELF_SIGNED], 1);
    assert_int_equal(tally.assets[PUSH_EXPIRED], 1);
    assert_int_equal(tally.assets[PUSH_CA], 1);
    push->options.self_signed = push->options.expired = push->options.managed = push->options.external = true;
    tally = plan(push);
    assert_int_equal(tally.assets[PUSH_SEND], 3);
    assert_int_equal(tally.assets[PUSH_CA], 1); /* never */
    forge_free(&own);
    forge_free(&old);
}

static void what_the_manager_knows_is_sent_only_when_asked(void **state)
{
    struct push_world *push = *state;
    struct forged leaf = push_world_leaf(push, "known.example");
    struct cert_record record;
    assert_int_equal(cert_record_parse(&record, leaf.der, leaf.der_len), CS_OK);
    struct inventory_certificate known = {.external_id = 7,
                                          .sha256 = record.sha256,
                                          .serial = record.serial,
                                          .state = "Issued",
                                          .managed = true};
    asset_world_inventory(push->world, &known, 1);
    push_world_serves(push, "192.0.2.1:443", &leaf, 0);
    assert_int_equal(plan(push).assets[PUSH_MANAGED], 1);
    push->options.managed = true;
    struct tally tally = plan(push);
    assert_int_equal(tally.assets[PUSH_SEND], 1);
    assert_int_equal(tally.imports, 0); /* a location only */
    known.managed = false;
    asset_world_inventory(push->world, &known, 1);
    assert_int_equal(plan(push).assets[PUSH_EXTERNAL], 1);
    cert_record_dispose(&record);
    forge_free(&leaf);
}

static void the_limit_counts_assets_in_their_order(void **state)
{
    struct push_world *push = *state;
    push_world_has(push, "192.0.2.1:443", "nobody.example", -1);
    push_world_has(push, "192.0.2.2:443", "a.example", 0);
    push_world_has(push, "192.0.2.3:443", "b.example", 0);
    push_world_has(push, "192.0.2.4:443", "c.example", 0);
    static const int64_t limits[] = {0, 1, 2, 3, 4};
    static const int64_t sent[] = {3, 1, 2, 3, 3};
    for (size_t i = 0; i < 5; i++) {
        push->options.limit = limits[i];
        struct tally tally = plan(push);
        assert_int_equal(tally.assets[PUSH_SEND], sent[i]);
        assert_int_equal(tally.assets[PUSH_LATER], 3 - sent[i]);
        assert_int_equal(tally.imports, sent[i]);
    }
}

struct rows {
    int64_t organizations[8];
    char hosts[8][40];
    size_t count;
};

static enum cs_err take_row(void *context, const struct push_plan_row *row)
{
    struct rows *rows = context;
    rows->organizations[rows->count] = row->organization_id;
    ip_format(rows->hosts[rows->count++], row->endpoint.ip);
    return CS_OK;
}

static void a_certificate_of_several_owners_becomes_that_of_most(void **state)
{
    struct push_world *push = *state;
    struct forged leaf = push_world_leaf(push, "shared.example");
    struct rows rows = {0};
    push_world_serves(push, "192.0.2.1:443", &leaf, 0);
    push_world_serves(push, "192.0.2.2:443", &leaf, 1);
    push_world_serves(push, "192.0.2.3:443", &leaf, 1);
    struct tally tally = plan(push);
    assert_int_equal(tally.assets[PUSH_SEND], 3);
    assert_int_equal(tally.certificates[PUSH_SEND], 1); /* counted once, for the one that gets it */
    assert_int_equal(tally.imports, 1);
    assert_int_equal(push_plan_each(push->plan, take_row, &rows, NULL), CS_OK);
    assert_int_equal(rows.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rows.organizations[i], 200);
    forge_free(&leaf);
}

static void what_was_sent_is_not_planned_again(void **state)
{
    struct push_world *push = *state;
    struct push_item item;
    struct push_place place;
    size_t count;
    push_world_has(push, "192.0.2.1:443", "a.example", 0);
    int64_t id = push_world_save(push);
    const struct push_batch batch = {1, 1 << 20, false};
    assert_int_equal(push_next_items(push->store, id, &batch, &item, &count, NULL), CS_OK);
    assert_int_equal(push_item_done(push->store, item.id, 5001, PUSH_BY_US, WORLD_NOW_S + 1, NULL), CS_OK);
    assert_int_equal(push_next_places(push->store, item.id, false, 0, &place, 1, &count, NULL), CS_OK);
    assert_int_equal(plan(push).assets[PUSH_SEND], 1); /* its location is not made yet */
    assert_int_equal(push_place_done(push->store, place.id, 9, PUSH_BY_US, WORLD_NOW_S + 1, NULL), CS_OK);
    assert_int_equal(plan(push).assets[PUSH_DONE], 1);
    push->options.server = "https://other.example"; /* nothing was sent there */
    assert_int_equal(plan(push).assets[PUSH_SEND], 1);
    push->options.server = PUSH_SERVER;
    assert_int_equal(push_undone(push->store, id, WORLD_NOW_S + 2, NULL), CS_OK);
    assert_int_equal(plan(push).assets[PUSH_SEND], 1);
    push_items_dispose(&item, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(every_asset_has_one_verdict),
        PUSH_TEST(what_the_manager_knows_is_sent_only_when_asked),
        PUSH_TEST(the_limit_counts_assets_in_their_order),
        PUSH_TEST(a_certificate_of_several_owners_becomes_that_of_most),
        PUSH_TEST(what_was_sent_is_not_planned_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
