// SPDX-License-Identifier: Apache-2.0
#include "db/ingest.h"

#include "db/sql.h"
#include "tests/support/asset_world.h"

/* A second process with the same store and a scan of its own. */
static struct asset_world another_process(const struct asset_world *world)
{
    struct asset_world other = {0};
    struct scan_row scan = {
        .network = "", .targets = "{}", .rules = "{}", .options = "{}", .summary = "", .shard_count = 1};
    int64_t scan_id;
    assert_int_equal(store_open(&other.store, store_path(world->store), STORE_WRITE, &other.diag), CS_OK);
    assert_int_equal(scans_create(other.store, &scan, &scan_id, &other.diag), CS_OK);
    assert_int_equal(ingest_new(&other.ingest, other.store, scan_id, "", &other.diag), CS_OK);
    return other;
}

static void ends(struct asset_world *other)
{
    ingest_free(other->ingest);
    store_close(other->store);
}

static int64_t live_assets(struct asset_world *world)
{
    struct store_counts counts;
    assert_int_equal(store_count(world->store, &counts, &world->diag), CS_OK);
    return counts.assets_live;
}

static void two_scans_at_once_may_find_the_same(void **state)
{
    struct asset_world *world = *state;
    struct asset_world other = another_process(world);
    struct forged known = asset_world_forge("known.example");
    struct forged new = asset_world_forge("new.example");
    asset_world_sees(world, "192.0.2.1:443", &known, NULL, WORLD_NOW_S); /* both know what there was */
    asset_world_sees(&other, "192.0.2.2:443", &known, NULL, WORLD_NOW_S);
    asset_world_sees(&other, "192.0.2.3:443", &new, &known, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.3:443", &new, &known, WORLD_NOW_S + 1);
    asset_world_sees(world, "192.0.2.2:443", &new, NULL, WORLD_NOW_S + 1);
    assert_int_equal(live_assets(world), 3);
    ends(&other);
    forge_free(&known);
    forge_free(&new);
}

/* What a transaction has put into the caches goes with it. */
static void what_was_rolled_back_is_stored_again(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    struct der der = asset_world_der(&leaf);
    struct chain chain = {.certs = &der, .cert_count = 1, .tls_version = 0x0303};
    struct ingest_sighting sighting = {.chain = &chain, .seen_at_s = WORLD_NOW_S};
    struct ingest_decision decision;
    char server_name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse("192.0.2.1:443", &sighting.endpoint, server_name), CS_OK);
    sighting.endpoint.network = "";
    assert_int_equal(ingest_begin(world->ingest, &world->diag), CS_OK);
    sighting.slot = asset_world_keep(world, &leaf);
    assert_int_equal(ingest_sighting(world->ingest, &sighting, &decision, &world->diag), CS_OK);
    ingest_rollback(world->ingest);
    assert_int_equal(live_assets(world), 0);
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.2:443", &leaf, NULL, WORLD_NOW_S);
    assert_int_equal(live_assets(world), 2);
    forge_free(&leaf);
}

static void exec(struct asset_world *world, const char *sql)
{
    if (sql_exec(world->store, sql, &world->diag) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static void what_an_older_version_has_decoded_is_decoded_again(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    struct der der = asset_world_der(&leaf);
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    exec(world, "UPDATE certificate SET record_version = record_version - 1, common_name = NULL");
    struct asset_world other = another_process(world);
    assert_int_equal(ingest_begin(other.ingest, &other.diag), CS_OK);
    assert_false(ingest_knows_certificate(other.ingest, der.sha256));
    asset_world_keep(&other, &leaf);
    assert_true(ingest_knows_certificate(other.ingest, der.sha256));
    struct cert_record record;
    assert_int_equal(ingest_read_certificate(other.ingest, der.sha256, &record, &other.diag), CS_OK);
    assert_string_equal(record.common_name, "www.example");
    cert_record_dispose(&record);
    assert_int_equal(ingest_commit(other.ingest, &other.diag), CS_OK);
    ends(&other);
    forge_free(&leaf);
}

/* A scan of one address begins at once, however much is stored. */
static void a_scan_that_begins_reads_no_certificate(void **state)
{
    struct asset_world *world = *state;
    int pages = 0;
    int highest = 0;
    exec(world, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                " INSERT INTO certificate (sha256, record_version, malformed, first_seen, der)"
                " SELECT randomblob(32), 1, 1, 0, zeroblob(3000) FROM n");
    struct asset_world other = another_process(world);
    assert_int_equal(ingest_begin(other.ingest, &other.diag), CS_OK);
    assert_int_equal(sqlite3_db_status(other.store->db, SQLITE_DBSTATUS_CACHE_MISS, &pages, &highest, 0), 0);
    assert_in_range(pages, 1, 200);
    assert_int_equal(ingest_commit(other.ingest, &other.diag), CS_OK);
    ends(&other);
}

/* A scan of its own meets the end of `endpoint`. */
static void a_scan_ends(struct asset_world *world, const char *endpoint, struct ingest_end end)
{
    struct asset_world other = another_process(world);
    struct endpoint at;
    char name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse(endpoint, &at, name), CS_OK);
    end.at_s = WORLD_NOW_S + 1;
    assert_int_equal(ingest_begin(other.ingest, &other.diag), CS_OK);
    for (int i = 0; i < 2; i++) /* told twice, as after a resumption, counts once */
        assert_int_equal(ingest_target_ended(other.ingest, &at, &end, &other.diag), CS_OK);
    assert_int_equal(ingest_commit(other.ingest, &other.diag), CS_OK);
    ends(&other);
}

static void what_is_served_by_name_ends_with_its_place(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    const struct ingest_end silent = {.outcome = OUTCOME_TIMEOUT_CONNECT};
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.1:443#www.example", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.1:25/smtp#www.example", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.2:443#www.example", &leaf, NULL, WORLD_NOW_S); /* only by name */
    a_scan_ends(world, "192.0.2.1:443", silent);
    a_scan_ends(world, "192.0.2.2:443", silent);
    assert_int_equal(live_assets(world), 4);
    a_scan_ends(world, "192.0.2.1:443", (struct ingest_end){.outcome = OUTCOME_REFUSED});
    a_scan_ends(world, "192.0.2.2:443", (struct ingest_end){.outcome = OUTCOME_CLOSED});
    asset_world_states_are(world, "192.0.2.1:25/smtp#www.example live, 192.0.2.1:443 gone, "
                                  "192.0.2.1:443#www.example gone, 192.0.2.2:443#www.example gone");
    forge_free(&leaf);
}

static void a_place_that_says_nothing_of_its_names_ends_none(void **state)
{
    static const struct ingest_end says_nothing[] = {
        {.outcome = OUTCOME_TLS_ALERT, .wants_name = true},
        {.outcome = OUTCOME_REFUSED, .throttled = true},
        {.outcome = OUTCOME_UNREACHABLE},
        {.outcome = OUTCOME_CANCELLED},
        {.outcome = OUTCOME_LOCAL_ERROR},
    };
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    asset_world_sees(world, "192.0.2.1:443#www.example", &leaf, NULL, WORLD_NOW_S);
    for (size_t i = 0; i < sizeof says_nothing / sizeof says_nothing[0]; i++) {
        for (int times = 0; times < 2; times++)
            a_scan_ends(world, "192.0.2.1:443", says_nothing[i]);
        asset_world_states_are(world, "192.0.2.1:443#www.example live");
    }
    a_scan_ends(world, "192.0.2.1:443#other.example", (struct ingest_end){.outcome = OUTCOME_REFUSED});
    a_scan_ends(world, "192.0.2.1:443#other.example", (struct ingest_end){.outcome = OUTCOME_REFUSED});
    asset_world_states_are(world, "192.0.2.1:443#www.example live");
    forge_free(&leaf);
}

/* Its names were not tried again: the DNS failed, or there were too many. */
static void a_place_that_shows_a_certificate_ends_no_name(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    const char *slots[] = {"rsa"};
    const struct ingest_end shown = {
        .outcome = OUTCOME_CERTIFICATE, .slots_seen = slots, .slot_count = 1, .at_s = WORLD_NOW_S + 1};
    struct endpoint place;
    char name[ENDPOINT_MAX_NAME + 1];
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.1:443#www.example", &leaf, NULL, WORLD_NOW_S);
    assert_int_equal(endpoint_parse("192.0.2.1:443", &place, name), CS_OK);
    for (int scans = 0; scans < 2; scans++) {
        struct asset_world other = another_process(world);
        asset_world_sees(&other, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S + 1);
        assert_int_equal(store_begin(other.store, &other.diag), CS_OK);
        assert_int_equal(ingest_target_ended(other.ingest, &place, &shown, &other.diag), CS_OK);
        assert_int_equal(store_commit(other.store, &other.diag), CS_OK);
        ends(&other);
    }
    asset_world_states_are(world, "192.0.2.1:443 live, 192.0.2.1:443#www.example live");
    forge_free(&leaf);
}

static void what_a_scan_has_seen_by_name_is_not_missed_with_its_place(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    const struct ingest_end refused = {.outcome = OUTCOME_REFUSED};
    struct endpoint place;
    char name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse("192.0.2.1:443", &place, name), CS_OK);
    asset_world_sees(world, "192.0.2.1:443#www.example", &leaf, NULL, WORLD_NOW_S);
    assert_int_equal(ingest_begin(world->ingest, &world->diag), CS_OK);
    assert_int_equal(ingest_target_ended(world->ingest, &place, &refused, &world->diag), CS_OK);
    assert_int_equal(ingest_commit(world->ingest, &world->diag), CS_OK);
    a_scan_ends(world, "192.0.2.1:443", refused);
    asset_world_states_are(world, "192.0.2.1:443#www.example live");
    forge_free(&leaf);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(two_scans_at_once_may_find_the_same),
        IN_A_WORLD(what_was_rolled_back_is_stored_again),
        IN_A_WORLD(what_an_older_version_has_decoded_is_decoded_again),
        IN_A_WORLD(what_is_served_by_name_ends_with_its_place),
        IN_A_WORLD(a_place_that_says_nothing_of_its_names_ends_none),
        IN_A_WORLD(a_place_that_shows_a_certificate_ends_no_name),
        IN_A_WORLD(what_a_scan_has_seen_by_name_is_not_missed_with_its_place),
        IN_A_WORLD(a_scan_that_begins_reads_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
