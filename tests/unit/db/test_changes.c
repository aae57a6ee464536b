// SPDX-License-Identifier: Apache-2.0
/* What became of assets since a moment, as ingest and those who assign have written it. */
#include "db/changes.h"

#include "db/assets.h"
#include "db/owners.h"
#include "db/scan_names.h"
#include "tests/support/asset_world.h"

#define DAY_S 86400
#define HERE  "192.0.2.1:443"
#define THERE "192.0.2.2:443"

#define MONDAY  (WORLD_NOW_S)
#define TUESDAY (WORLD_NOW_S + DAY_S)
#define FRIDAY  (WORLD_NOW_S + 4 * DAY_S)

struct told {
    struct change_reader *reader;
    struct asset_change change; /* of the last asset; its text is not kept */
    char state[16];
    char state_before[16];
    char owner_before[40];
    char elsewhere[ENDPOINT_TEXT_SIZE];
    size_t assets;
};

static enum cs_err tell(void *context, const struct asset_row *row)
{
    struct told *told = context;
    struct diag diag = {0};
    struct asset_change *change = &told->change;
    if (change_reader_read(told->reader, row->id, change, &diag) != CS_OK)
        fail_msg("%s", diag.text);
    told->assets++;
    snprintf(told->state, sizeof told->state, "%s", row->state);
    snprintf(told->state_before, sizeof told->state_before, "%s",
             change->state_before != NULL ? change->state_before : "");
    snprintf(told->owner_before, sizeof told->owner_before, "%s",
             change->owner_before != NULL ? change->owner_before : "");
    if (change->is_elsewhere)
        endpoint_format(told->elsewhere, &change->elsewhere);
    return CS_OK;
}

static struct told since(struct asset_world *world, struct change_since moment)
{
    struct told told = {0};
    struct asset_filter filter = {.changed_since = &moment, .now_s = FRIDAY};
    bool exact;
    assert_int_equal(change_reader_new(&told.reader, world->store, &moment, &world->diag), CS_OK);
    assert_int_equal(assets_each(world->store, &filter, &exact, tell, &told, &world->diag), CS_OK);
    change_reader_free(told.reader);
    return told;
}

static struct told since_day(struct asset_world *world, int64_t at_s)
{
    return since(world, (struct change_since){.at_s = at_s});
}

/* From here on another scan writes, which begins on that day. */
static int64_t next_scan(struct asset_world *world, int64_t at_s)
{
    struct scan_row scan = {.network = "",
                            .targets = "{}",
                            .rules = "{}",
                            .options = "{}",
                            .summary = "next",
                            .shard_count = 1,
                            .started_at_s = at_s};
    int64_t scan_id;
    ingest_free(world->ingest);
    assert_int_equal(scans_create(world->store, &scan, &scan_id, &world->diag), CS_OK);
    assert_int_equal(ingest_new(&world->ingest, world->store, scan_id, "", &world->diag), CS_OK);
    return scan_id;
}

static void end_scan(struct asset_world *world, int64_t scan_id, int64_t at_s)
{
    assert_int_equal(scans_finish(world->store, scan_id, SCAN_DONE, at_s, &world->diag), CS_OK);
}

static void silent(struct asset_world *world, const char *endpoint, enum outcome outcome, int64_t at_s)
{
    struct ingest_end end = {.outcome = outcome, .at_s = at_s};
    struct endpoint parsed;
    char server_name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse(endpoint, &parsed, server_name), CS_OK);
    parsed.network = "";
    next_scan(world, at_s);
    assert_int_equal(ingest_begin(world->ingest, &world->diag), CS_OK);
    assert_int_equal(ingest_target_ended(world->ingest, &parsed, &end, &world->diag), CS_OK);
    assert_int_equal(ingest_commit(world->ingest, &world->diag), CS_OK);
}

struct issued { /* a certificate of the campus CA, or of another one */
    const char *name;
    const char *alt_names;
    const struct forged *ca;
    int64_t from_s;
};

static void shows(struct asset_world *world, const char *endpoint, const struct issued *issued, int64_t at_s)
{
    struct forged leaf = forge(&(struct forge_options){.common_name = issued->name,
                                                       .alt_names = issued->alt_names,
                                                       .issuer = issued->ca,
                                                       .not_before_s = issued->from_s,
                                                       .not_after_s = issued->from_s + 90 * DAY_S});
    asset_world_sees(world, endpoint, &leaf, NULL, at_s);
    forge_free(&leaf);
}

static struct forged authority(const char *organization, const char *name)
{
    const struct forge_name subject[] = {{"O", organization, 0, 0}, {"CN", name, 0, 0}, {NULL, NULL, 0, 0}};
    return forge(&(struct forge_options){.subject = subject, .is_ca = 1, .now_s = WORLD_NOW_S});
}

/* ---- leaves ---- */

static void what_is_seen_for_the_first_time_is_new(void **state)
{
    struct asset_world *world = *state;
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    assert_int_equal(since_day(world, MONDAY).assets, 1);
    assert_true(since_day(world, MONDAY).change.is_new);
    assert_int_equal(since_day(world, TUESDAY).assets, 0);
    shows(world, HERE, &(struct issued){.name = "b.example", .from_s = MONDAY}, TUESDAY);
    assert_true(since_day(world, MONDAY).change.is_new); /* what it showed at first does not matter then */
    assert_false(since_day(world, TUESDAY).change.is_new);
}

static enum leaf_change follows(struct asset_world *world, const struct issued *before,
                                const struct issued *after)
{
    shows(world, HERE, before, MONDAY);
    shows(world, HERE, after, FRIDAY);
    return since_day(world, FRIDAY).change.leaf;
}

static void same_names_from_the_same_ca_issued_later_are_renewed(void **state)
{
    struct asset_world *world = *state;
    struct forged old_ca = authority("CA", "Issuing 1");
    struct forged new_ca = authority("CA", "Issuing 2");
    struct issued before = {"a.example", "DNS:a.example,DNS:b.example", &old_ca, MONDAY - 80 * DAY_S};
    struct issued after = {"b.example", "DNS:B.example,DNS:a.example", &new_ca, MONDAY};
    assert_int_equal(follows(world, &before, &after), LEAF_RENEWED);
    forge_free(&old_ca);
    forge_free(&new_ca);
}

static void other_names_another_ca_or_an_older_one_are_replaced(void **state)
{
    struct asset_world *world = *state;
    struct forged ca = authority("CA", "Issuing 1");
    struct forged other = authority("Other CA", "Issuing 1");
    struct issued before = {"a.example", "DNS:a.example,DNS:b.example", &ca, MONDAY - 80 * DAY_S};
    struct issued names = {"a.example", "DNS:a.example,DNS:c.example", &ca, MONDAY};
    struct issued issuer = {"a.example", "DNS:a.example,DNS:b.example", &other, MONDAY};
    struct issued older = {"a.example", "DNS:a.example,DNS:b.example", &ca, MONDAY - 85 * DAY_S};
    assert_int_equal(follows(world, &before, &names), LEAF_REPLACED);
    assert_int_equal(follows(world, &before, &issuer), LEAF_REPLACED);
    assert_int_equal(follows(world, &before, &older), LEAF_REPLACED);
    forge_free(&ca);
    forge_free(&other);
}

static void what_changed_and_changed_back_is_the_same(void **state)
{
    struct asset_world *world = *state;
    struct issued first = {.name = "a.example", .from_s = MONDAY};
    struct issued other = {.name = "b.example", .from_s = MONDAY};
    struct forged leaf = forge(&(struct forge_options){.common_name = first.name, .now_s = MONDAY});
    asset_world_sees(world, HERE, &leaf, NULL, MONDAY);
    shows(world, HERE, &other, TUESDAY);
    assert_int_equal(since_day(world, TUESDAY).change.leaf, LEAF_REPLACED);
    asset_world_sees(world, HERE, &leaf, NULL, FRIDAY);
    assert_int_equal(since_day(world, TUESDAY).change.leaf, LEAF_SAME);
    assert_int_equal(since_day(world, FRIDAY).change.leaf, LEAF_REPLACED);
    forge_free(&leaf);
}

/* ---- states ---- */

static void gone_takes_two_probes_without_an_answer(void **state)
{
    struct asset_world *world = *state;
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    silent(world, HERE, OUTCOME_REFUSED, TUESDAY);
    silent(world, HERE, OUTCOME_UNREACHABLE, TUESDAY + 1); /* says nothing */
    assert_int_equal(since_day(world, TUESDAY).assets, 0);
    silent(world, HERE, OUTCOME_REFUSED, FRIDAY);
    struct told told = since_day(world, TUESDAY);
    assert_string_equal(told.state_before, "live");
    assert_string_equal(told.state, "gone");
    assert_int_equal(told.change.state_at_s, FRIDAY);
    assert_int_equal(told.change.state_scan_id, 4);
    assert_false(told.change.is_elsewhere);
    silent(world, HERE, OUTCOME_REFUSED, FRIDAY + 1); /* no second time */
    assert_int_equal(since_day(world, FRIDAY + 1).assets, 0);
}

static void back_is_what_was_gone_then(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("a.example");
    asset_world_sees(world, HERE, &leaf, NULL, MONDAY);
    silent(world, HERE, OUTCOME_REFUSED, TUESDAY);
    silent(world, HERE, OUTCOME_REFUSED, TUESDAY + 1);
    asset_world_sees(world, HERE, &leaf, NULL, FRIDAY);
    struct told told = since_day(world, FRIDAY);
    assert_string_equal(told.state_before, "gone");
    assert_int_equal(told.change.state_at_s, FRIDAY);
    told = since_day(world, TUESDAY); /* it was live then, and is so now */
    assert_string_equal(told.state_before, "");
    assert_int_equal(told.change.leaf, LEAF_SAME);
    forge_free(&leaf);
}

static void what_is_gone_is_elsewhere_if_its_certificate_came_up_there(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("a.example");
    asset_world_sees(world, HERE, &leaf, NULL, MONDAY);
    asset_world_sees(world, "192.0.2.9:443", &leaf, NULL, MONDAY); /* has always been there */
    silent(world, HERE, OUTCOME_REFUSED, TUESDAY);
    silent(world, HERE, OUTCOME_REFUSED, FRIDAY);
    assert_string_equal(since_day(world, TUESDAY).elsewhere, "");
    asset_world_sees(world, THERE, &leaf, NULL, FRIDAY);
    assert_string_equal(since_day(world, TUESDAY).elsewhere, THERE);
    forge_free(&leaf);
}

static void what_moved_is_where_its_name_is(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("a.example");
    struct ip there;
    assert_int_equal(ip_parse("192.0.2.2", 9, &there), CS_OK);
    asset_world_sees(world, HERE "#a.example", &leaf, NULL, MONDAY);
    int64_t scan_id = next_scan(world, FRIDAY);
    asset_world_sees(world, THERE "#a.example", &leaf, NULL, FRIDAY);
    assert_int_equal(
        scan_names_resolved(world->store, scan_id, "", "a.example", &there, 1, NULL, FRIDAY, &world->diag),
        CS_OK);
    struct told told = since_day(world, FRIDAY);
    assert_int_equal(told.assets, 2);
    assert_string_equal(told.elsewhere, THERE "#a.example");
    assert_int_equal(told.change.is_new, true); /* the last row */
    forge_free(&leaf);
}

/* ---- owners ---- */

static int64_t add_owner(struct asset_world *world, const char *text)
{
    struct owner_name name;
    int64_t id;
    assert_int_equal(owner_parse(&name, text, &world->diag), CS_OK);
    assert_int_equal(owners_add(world->store, &name, &id, &world->diag), CS_OK);
    return id;
}

static void assign(struct asset_world *world, int64_t owner_id, int64_t at_s)
{
    struct endpoint endpoint;
    char server_name[ENDPOINT_MAX_NAME + 1];
    int64_t count;
    assert_int_equal(endpoint_parse(HERE, &endpoint, server_name), CS_OK);
    endpoint.network = "";
    if (owner_id != 0)
        assert_int_equal(
            assets_assign(world->store, &endpoint, NULL, owner_id, "test", at_s, &count, &world->diag),
            CS_OK);
    else
        assert_int_equal(assets_unassign(world->store, &endpoint, NULL, at_s, &count, &world->diag), CS_OK);
}

static void an_owner_has_changed_if_it_is_another_than_then(void **state)
{
    struct asset_world *world = *state;
    add_owner(world, "One");
    int64_t first = add_owner(world, "One/A \\/ B");
    int64_t second = add_owner(world, "Two");
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    assign(world, first, MONDAY + 1);
    assert_true(since_day(world, MONDAY + 1).change.owner_changed);
    assert_string_equal(since_day(world, MONDAY + 1).owner_before, "");
    assign(world, second, TUESDAY);
    struct told told = since_day(world, TUESDAY);
    assert_true(told.change.owner_changed);
    assert_string_equal(told.owner_before, "One/A \\/ B");
    assert_int_equal(told.change.owner_at_s, TUESDAY);
    assign(world, 0, FRIDAY);
    assert_string_equal(since_day(world, FRIDAY).owner_before, "Two");
    assign(world, second, FRIDAY + 1);
    assert_false(since_day(world, FRIDAY).change.owner_changed);
}

static void an_owner_that_is_removed_leaves_its_assets_to_nobody(void **state)
{
    struct asset_world *world = *state;
    struct owner_name name;
    bool changed;
    int64_t owner_id = add_owner(world, "One");
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    assert_int_equal(assets_set_owner(world->store, 1, owner_id, 0, NULL, TUESDAY, &changed, &world->diag),
                     CS_OK);
    assert_true(changed);
    assert_int_equal(owner_parse(&name, "One", &world->diag), CS_OK);
    assert_int_equal(owners_remove(world->store, &name, FRIDAY, &world->diag), CS_OK);
    struct told told = since_day(world, FRIDAY);
    assert_true(told.change.owner_changed);
    assert_string_equal(told.owner_before, "One");
    assert_false(since_day(world, MONDAY + 1).change.owner_changed); /* it was nobody's then too */
}

/* ---- since when ---- */

static void scans_are_told_apart_within_a_second(void **state)
{
    struct asset_world *world = *state;
    struct change_since moment;
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    end_scan(world, 1, MONDAY);
    int64_t second = next_scan(world, MONDAY);
    shows(world, THERE, &(struct issued){.name = "b.example", .from_s = MONDAY}, MONDAY);
    assert_int_equal(change_since_latest(world->store, &moment, &world->diag), CS_OK);
    assert_int_equal(since(world, moment).assets, 2); /* one scan is done: there is none before it */
    end_scan(world, second, MONDAY);
    assert_int_equal(change_since_latest(world->store, &moment, &world->diag), CS_OK);
    assert_int_equal(since(world, moment).assets, 1);
    assert_int_equal(change_since_scan(world->store, 1, &moment, &world->diag), CS_OK);
    assert_int_equal(since(world, moment).assets, 1);
    assert_int_equal(change_since_scan(world->store, second, &moment, &world->diag), CS_OK);
    assert_int_equal(since(world, moment).assets, 0);
    assert_int_equal(change_since_scan(world->store, 99, &moment, &world->diag), CS_E_NOT_FOUND);
    assert_non_null(strstr(world->diag.text, "no scan 99"));
}

static void a_longer_scan_beside_it_counts_by_the_time(void **state)
{
    struct asset_world *world = *state;
    struct change_since moment;
    int64_t second = next_scan(world, MONDAY);
    end_scan(world, second, TUESDAY);
    ingest_free(world->ingest); /* the first scan goes on */
    assert_int_equal(ingest_new(&world->ingest, world->store, 1, "", &world->diag), CS_OK);
    shows(world, HERE, &(struct issued){.name = "a.example", .from_s = MONDAY}, MONDAY);
    shows(world, THERE, &(struct issued){.name = "b.example", .from_s = MONDAY}, FRIDAY);
    assert_int_equal(change_since_scan(world->store, second, &moment, &world->diag), CS_OK);
    assert_int_equal(since(world, moment).assets, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_is_seen_for_the_first_time_is_new),
        IN_WORLD(same_names_from_the_same_ca_issued_later_are_renewed),
        IN_WORLD(other_names_another_ca_or_an_older_one_are_replaced),
        IN_WORLD(what_changed_and_changed_back_is_the_same),
        IN_WORLD(gone_takes_two_probes_without_an_answer),
        IN_WORLD(back_is_what_was_gone_then),
        IN_WORLD(what_is_gone_is_elsewhere_if_its_certificate_came_up_there),
        IN_WORLD(what_moved_is_where_its_name_is),
        IN_WORLD(an_owner_has_changed_if_it_is_another_than_then),
        IN_WORLD(an_owner_that_is_removed_leaves_its_assets_to_nobody),
        IN_WORLD(scans_are_told_apart_within_a_second),
        IN_WORLD(a_longer_scan_beside_it_counts_by_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
