// SPDX-License-Identifier: Apache-2.0
/* Lists beside SCM's inventory: replaced as a whole, dropped where they fail, and one status over all. */
#include "db/inventory_list.h"

#include "cert/digest.h"
#include "db/assets.h"
#include "tests/support/asset_world.h"

static const uint8_t serial[] = {0x0E, 1, 2, 3, 4, 5, 6, 7, 8};

struct shown {
    char status[16];
    char scm_state[16];
    int64_t scm_id;
};

static enum cs_err keep(void *context, const struct asset_row *row)
{
    struct shown *shown = context;
    snprintf(shown->status, sizeof shown->status, "%s", row->status);
    snprintf(shown->scm_state, sizeof shown->scm_state, "%s", row->scm_state != NULL ? row->scm_state : "-");
    shown->scm_id = row->scm_id;
    return CS_OK;
}

static void shows(struct asset_world *world, const char *status, int64_t scm_id, const char *scm_state)
{
    struct shown shown = {0};
    struct asset_filter filter = {.now_s = WORLD_NOW_S};
    assert_int_equal(assets_each(world->store, &filter, NULL, keep, &shown, &world->diag), CS_OK);
    assert_string_equal(shown.status, status);
    assert_int_equal(shown.scm_id, scm_id);
    assert_string_equal(shown.scm_state, scm_state);
}

static enum cs_err import(struct asset_world *world, const char *provider,
                          const struct inventory_certificate *rows, size_t count, enum cs_err err)
{
    struct inventory_list *list;
    assert_int_equal(
        inventory_list_begin(&list, world->store, provider, "/list.csv", WORLD_NOW_S, &world->diag), CS_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(inventory_list_put(list, &rows[i], &world->diag), CS_OK);
    return inventory_list_end(list, err, &world->diag);
}

struct leaf {
    struct cert_record record;
    uint8_t sha1[SHA1_SIZE];
};

static void serves(struct asset_world *world, struct leaf *leaf)
{
    struct forged forged = forge(&(struct forge_options){.common_name = "www.example.org",
                                                         .now_s = WORLD_NOW_S,
                                                         .serial = serial,
                                                         .serial_len = sizeof serial});
    assert_int_equal(cert_record_parse(&leaf->record, forged.der, forged.der_len), CS_OK);
    assert_int_equal(cert_sha1(leaf->sha1, forged.der, forged.der_len), CS_OK);
    asset_world_sees(world, "192.0.2.1:443", &forged, NULL, WORLD_NOW_S);
    forge_free(&forged);
}

static void a_list_is_replaced_as_a_whole_by_the_next_of_its_name(void **state)
{
    struct asset_world *world = *state;
    struct leaf leaf;
    serves(world, &leaf);
    struct inventory_certificate row = {.sha256 = leaf.record.sha256, .managed = true};
    assert_int_equal(import(world, "file:a", &row, 1, CS_OK), CS_OK);
    shows(world, "managed", 0, "-"); /* SCM's columns are SCM's alone */
    assert_int_equal(import(world, "file:b", NULL, 0, CS_OK), CS_OK);
    shows(world, "managed", 0, "-"); /* another name is another list */
    assert_int_equal(import(world, "file:a", NULL, 0, CS_OK), CS_OK);
    shows(world, "unmanaged", 0, "-");
    cert_record_dispose(&leaf.record);
}

static void a_list_that_fails_leaves_the_last_one(void **state)
{
    struct asset_world *world = *state;
    struct leaf leaf;
    serves(world, &leaf);
    struct inventory_certificate row = {.sha256 = leaf.record.sha256, .managed = true};
    assert_int_equal(import(world, "file:a", &row, 1, CS_E_INVALID), CS_E_INVALID);
    shows(world, "unknown", 0, "-");
    assert_int_equal(import(world, "file:a", &row, 1, CS_OK), CS_OK);
    assert_int_equal(import(world, "file:a", NULL, 0, CS_E_INVALID), CS_E_INVALID);
    shows(world, "managed", 0, "-");
    cert_record_dispose(&leaf.record);
}

static void many_rows_take_many_transactions(void **state)
{
    struct asset_world *world = *state;
    enum { MANY = 4500 };
    struct inventory_certificate *rows = calloc(MANY, sizeof *rows);
    struct inventory_pull pull = {world->store, "file:a", INVENTORY_CERTIFICATES, 0};
    int64_t count = 0;
    assert_non_null(rows);
    for (size_t i = 0; i < MANY; i++)
        rows[i] = (struct inventory_certificate){.common_name = "www.example.org", .serial = "0e01"};
    for (size_t n = 0; n < 3; n++) {
        const size_t counts[] = {MANY, 4000, 1};
        assert_int_equal(import(world, "file:a", rows, counts[n], CS_OK), CS_OK);
        assert_int_equal(inventory_count(&pull, &count, NULL), CS_OK);
        assert_int_equal(count, counts[n]);
    }
    free(rows);
}

static void a_certificate_is_managed_if_any_provider_says_so_and_scm_tells_the_rest(void **state)
{
    struct asset_world *world = *state;
    struct leaf leaf;
    serves(world, &leaf);
    struct inventory_certificate scm = {
        .external_id = 7, .serial = leaf.record.serial, .sha1 = leaf.sha1, .state = "Issued"};
    struct inventory_certificate listed = {.sha256 = leaf.record.sha256, .state = "Expired", .managed = true};
    asset_world_inventory(world, &scm, 1);
    shows(world, "external", 7, "Issued");
    assert_int_equal(import(world, "file:a", &listed, 1, CS_OK), CS_OK);
    shows(world, "managed", 7, "Issued");
    assert_int_equal(inventory_remove(world->store, "file:a", &world->diag), CS_OK);
    shows(world, "external", 7, "Issued");
    assert_int_equal(inventory_remove(world->store, "file:a", &world->diag), CS_E_NOT_FOUND);
    cert_record_dispose(&leaf.record);
}

static void sha1_alone_and_serial_with_issuer_are_enough(void **state)
{
    struct asset_world *world = *state;
    struct leaf leaf;
    serves(world, &leaf);
    struct inventory_certificate by_hash = {.sha1 = leaf.sha1, .managed = true};
    assert_int_equal(import(world, "file:a", &by_hash, 1, CS_OK), CS_OK);
    shows(world, "managed", 0, "-");
    leaf.sha1[0] ^= 1;
    assert_int_equal(import(world, "file:a", &by_hash, 1, CS_OK), CS_OK);
    shows(world, "unmanaged", 0, "-");
    struct inventory_certificate by_serial = {
        .serial = leaf.record.serial, .issuer = "WWW.example.org", .managed = true}; /* self-signed */
    assert_int_equal(import(world, "file:a", &by_serial, 1, CS_OK), CS_OK);
    shows(world, "managed", 0, "-");
    by_serial.issuer = "Another CA";
    assert_int_equal(import(world, "file:a", &by_serial, 1, CS_OK), CS_OK);
    shows(world, "unmanaged", 0, "-");
    cert_record_dispose(&leaf.record);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_list_is_replaced_as_a_whole_by_the_next_of_its_name),
        IN_WORLD(a_list_that_fails_leaves_the_last_one),
        IN_WORLD(many_rows_take_many_transactions),
        IN_WORLD(a_certificate_is_managed_if_any_provider_says_so_and_scm_tells_the_rest),
        IN_WORLD(sha1_alone_and_serial_with_issuer_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
