// SPDX-License-Identifier: Apache-2.0
/* The status of an asset, from what the inventory says about its certificate. */
#include "db/inventory_sql.h"

#include "cert/digest.h"
#include "db/assets.h"
#include "db/inventory.h"
#include "db/sql.h"
#include "rules/matcher.h"
#include "tests/support/asset_world.h"

#define ENDPOINT "192.0.2.1:443"

struct shown {
    char status[16];
    char state[16];
    int64_t id;
    size_t rows;
};

static enum cs_err keep_status(void *context, const struct asset_row *row)
{
    struct shown *shown = context;
    snprintf(shown->status, sizeof shown->status, "%s", row->status);
    snprintf(shown->state, sizeof shown->state, "%s", row->scm_state != NULL ? row->scm_state : "");
    shown->id = row->scm_id;
    shown->rows++;
    return CS_OK;
}

static struct shown ask(struct asset_world *world, const char *where)
{
    struct shown shown = {0};
    struct matcher *matcher = NULL;
    bool exact;
    assert_int_equal(matcher_compile(&matcher, where, RULES_FILTER, &world->diag), CS_OK);
    struct asset_filter filter = {.where = matcher_expr(matcher), .now_s = WORLD_NOW_S};
    assert_int_equal(assets_each(world->store, &filter, &exact, keep_status, &shown, &world->diag), CS_OK);
    assert_true(exact);
    matcher_free(matcher);
    return shown;
}

/* The column and the filter say the same. */
static void has_status(struct asset_world *world, const char *status)
{
    static const char *const all[] = {"managed", "external", "unmanaged", "unknown"};
    struct shown shown = ask(world, "port = 443");
    assert_int_equal(shown.rows, 1);
    assert_string_equal(shown.status, status);
    for (size_t i = 0; i < 4; i++) {
        char where[80];
        bool same = strcmp(all[i], status) == 0;
        snprintf(where, sizeof where, "status = %s", all[i]);
        assert_int_equal(ask(world, where).rows, same);
        snprintf(where, sizeof where, "not status = %s", all[i]);
        assert_int_equal(ask(world, where).rows, !same);
    }
}

struct leaf {
    struct forged forged;
    struct cert_record record;
    uint8_t sha1[SHA1_SIZE];
};

static struct leaf *serves(struct asset_world *world, const uint8_t *serial, size_t serial_len)
{
    struct leaf *leaf = calloc(1, sizeof *leaf);
    assert_non_null(leaf);
    leaf->forged = forge(&(struct forge_options){
        .common_name = "www.example.org", .now_s = WORLD_NOW_S, .serial = serial, .serial_len = serial_len});
    assert_int_equal(cert_record_parse(&leaf->record, leaf->forged.der, leaf->forged.der_len), CS_OK);
    assert_int_equal(cert_sha1(leaf->sha1, leaf->forged.der, leaf->forged.der_len), CS_OK);
    asset_world_sees(world, ENDPOINT, &leaf->forged, NULL, WORLD_NOW_S);
    return leaf;
}

static void leaf_free(struct leaf *leaf)
{
    cert_record_dispose(&leaf->record);
    forge_free(&leaf->forged);
    free(leaf);
}

static const uint8_t public_serial[] = {0x0E, 1, 2, 3, 4, 5, 6, 7, 8};

static void without_an_inventory_nothing_is_known(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    has_status(world, "unknown");
    struct inventory_pull pull = {world->store, INVENTORY_SCM, INVENTORY_CERTIFICATES, 0};
    bool resumed;
    assert_int_equal(inventory_begin(&pull, WORLD_NOW_S, &resumed, NULL), CS_OK);
    has_status(world, "unknown"); /* one that has only begun is none */
    leaf_free(leaf);
}

static void what_an_inventory_does_not_have_is_unmanaged(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    asset_world_inventory(world, NULL, 0);
    has_status(world, "unmanaged");
    leaf_free(leaf);
}

static void by_sha256_it_is_managed_or_external_with_id_and_state(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    struct inventory_certificate row = {
        .external_id = 7, .sha256 = leaf->record.sha256, .state = "Revoked", .managed = true};
    asset_world_inventory(world, &row, 1);
    has_status(world, "managed");
    assert_int_equal(ask(world, "port = 443").id, 7);
    assert_string_equal(ask(world, "port = 443").state, "Revoked");
    row.managed = false;
    asset_world_inventory(world, &row, 1);
    has_status(world, "external");
    leaf_free(leaf);
}

static void serial_number_and_sha1_tell_together(void **state)
{
    static const uint8_t small[] = {2};
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, small, sizeof small);
    struct inventory_certificate row = {
        .external_id = 7, .serial = leaf->record.serial, .sha1 = leaf->sha1, .managed = true};
    asset_world_inventory(world, &row, 1);
    has_status(world, "managed");
    leaf->sha1[0] ^= 1; /* another certificate number 2, of another CA */
    asset_world_inventory(world, &row, 1);
    has_status(world, "unmanaged");
    leaf_free(leaf);
}

static void a_long_serial_number_alone_is_enough_under_the_same_name(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    struct inventory_certificate row = {
        .external_id = 7, .serial = leaf->record.serial, .common_name = "WWW.example.org", .managed = true};
    asset_world_inventory(world, &row, 1);
    has_status(world, "managed");
    row.common_name = "other.example.org";
    asset_world_inventory(world, &row, 1);
    has_status(world, "unmanaged");
    leaf_free(leaf);
}

static void a_short_serial_number_alone_says_nothing(void **state)
{
    static const uint8_t small[] = {1, 2, 3, 4, 5, 6, 7};
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, small, sizeof small);
    struct inventory_certificate row = {
        .external_id = 7, .serial = leaf->record.serial, .common_name = "www.example.org", .managed = true};
    asset_world_inventory(world, &row, 1);
    has_status(world, "unmanaged");
    leaf_free(leaf);
}

static void of_two_rows_for_one_certificate_the_managed_one_counts(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    asset_world_inventory(
        world,
        (struct inventory_certificate[]){{.external_id = 7, .sha256 = leaf->record.sha256, .managed = true},
                                         {.external_id = 8, .sha256 = leaf->record.sha256, .managed = false}},
        2);
    has_status(world, "managed");
    assert_int_equal(ask(world, "port = 443").id, 7);
    leaf_free(leaf);
}

static void what_is_put_aside_does_not_count_yet(void **state)
{
    struct asset_world *world = *state;
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    asset_world_inventory(world, NULL, 0);
    struct inventory_pull pull = {world->store, INVENTORY_SCM, INVENTORY_CERTIFICATES, 0};
    bool ignored;
    assert_int_equal(inventory_begin(&pull, WORLD_NOW_S, &ignored, NULL), CS_OK);
    assert_int_equal(inventory_put_listed(&pull, 7, NULL, &ignored, NULL), CS_OK);
    struct inventory_certificate row = {.external_id = 7, .sha256 = leaf->record.sha256, .managed = true};
    assert_int_equal(inventory_detail_certificate(&pull, &row, NULL), CS_OK);
    has_status(world, "unmanaged");
    assert_int_equal(inventory_swap(&pull, WORLD_NOW_S, NULL), CS_OK);
    has_status(world, "managed");
    leaf_free(leaf);
}

/* ---- how it is found ---- */

struct asked {
    char *sql; /* of the longest statement */
};

static int keep_statement(unsigned type, void *context, void *stmt, void *text)
{
    struct asked *asked = context;
    const char *sql = sqlite3_sql(stmt);
    (void)type;
    (void)text;
    if (sql != NULL && (asked->sql == NULL || strlen(sql) > strlen(asked->sql))) {
        free(asked->sql);
        asked->sql = strdup(sql);
    }
    return 0;
}

/* SQLite's plan of `sql`, a line a step. */
static void explain(struct store *store, const char *sql, struct buf *plan)
{
    sqlite3_stmt *stmt = NULL;
    struct buf explained = {0};
    bool row = true;
    buf_printf(&explained, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sql_prepare(store, &stmt, buf_str(&explained), NULL), CS_OK);
    while (sql_step(store, stmt, &row, NULL) == CS_OK && row)
        buf_printf(plan, "%s\n", sql_text(stmt, 3));
    sqlite3_finalize(stmt);
    buf_dispose(&explained);
}

static void plan_has(const char *plan, const char *step, bool expected)
{
    if ((strstr(plan, step) != NULL) != expected)
        fail_msg("%s \"%s\" in the plan:\n%s", expected ? "no" : "there is", step, plan);
}

static void no_asset_reads_the_whole_inventory(void **state)
{
    struct asset_world *world = *state;
    struct asked asked = {0};
    struct buf plan = {0};
    struct leaf *leaf = serves(world, public_serial, sizeof public_serial);
    struct inventory_certificate row = {.external_id = 7, .sha256 = leaf->record.sha256, .managed = true};
    struct asset_filter filter = {.estate_findings = true, .now_s = WORLD_NOW_S};
    struct shown shown = {0};
    bool exact;
    asset_world_inventory(world, &row, 1);
    assert_int_equal(sqlite3_trace_v2(world->store->db, SQLITE_TRACE_STMT, keep_statement, &asked),
                     SQLITE_OK);
    assert_int_equal(assets_each(world->store, &filter, &exact, keep_status, &shown, &world->diag), CS_OK);
    sqlite3_trace_v2(world->store->db, 0, NULL, NULL);
    assert_non_null(strstr(asked.sql, "inventory_certificate i"));
    explain(world->store, asked.sql, &plan);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_sha256", true);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_serial", true);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_sha1", true);
    plan_has(buf_str(&plan), "SEARCH n USING INDEX inventory_certificate_names", true);
    plan_has(buf_str(&plan), "SEARCH b USING INDEX sqlite_autoindex_asset_1 (endpoint_id=?)", true);
    plan_has(buf_str(&plan), "SCAN i\n", false);
    plan_has(buf_str(&plan), "SCAN i ", false);
    plan_has(buf_str(&plan), "SCAN n", false);
    plan_has(buf_str(&plan), "SCAN g", false);
    plan_has(buf_str(&plan), "SCAN inventory_certificate", false);
    free(asked.sql);
    buf_dispose(&plan);
    leaf_free(leaf);
}

static void no_certificate_reads_the_whole_inventory_to_be_met(void **state)
{
    struct asset_world *world = *state;
    struct buf plan = {0};
    explain(world->store, "WITH" INVENTORY_MET " SELECT id FROM inventory_met", &plan);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_sha256", true);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_serial", true);
    plan_has(buf_str(&plan), "SEARCH i USING INDEX inventory_certificate_sha1", true);
    plan_has(buf_str(&plan), "SCAN i\n", false);
    plan_has(buf_str(&plan), "SCAN i ", false);
    buf_dispose(&plan);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(without_an_inventory_nothing_is_known),
        IN_WORLD(what_an_inventory_does_not_have_is_unmanaged),
        IN_WORLD(by_sha256_it_is_managed_or_external_with_id_and_state),
        IN_WORLD(serial_number_and_sha1_tell_together),
        IN_WORLD(a_long_serial_number_alone_is_enough_under_the_same_name),
        IN_WORLD(a_short_serial_number_alone_says_nothing),
        IN_WORLD(of_two_rows_for_one_certificate_the_managed_one_counts),
        IN_WORLD(what_is_put_aside_does_not_count_yet),
        IN_WORLD(no_asset_reads_the_whole_inventory),
        IN_WORLD(no_certificate_reads_the_whole_inventory_to_be_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
