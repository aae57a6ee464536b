// SPDX-License-Identifier: Apache-2.0
#include "app/late_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "db/owners.h"
#include "db/rule_table.h"
#include "tests/support/asset_world.h"

#define RULE "host_name in_domain library.example"

struct late {
    struct asset_world *world;
    struct ruleset rules;
    int64_t owner_id;
};

static int make(void **state)
{
    struct late *late = calloc(1, sizeof *late);
    struct owner_name owner;
    int64_t rule_id;
    assert_non_null(late);
    assert_int_equal(asset_world_make((void **)&late->world), 0);
    struct asset_world *world = late->world;
    assert_int_equal(owner_parse(&owner, "Library", NULL), CS_OK);
    assert_int_equal(owners_add(world->store, &owner, &late->owner_id, &world->diag), CS_OK);
    assert_int_equal(rule_table_add(world->store, "library", RULE, &owner, &rule_id, &world->diag), CS_OK);
    assert_int_equal(
        ruleset_add(&late->rules, rule_id, "library", RULE, &owner, late->owner_id, &world->diag), CS_OK);
    *state = late;
    return 0;
}

static int end(void **state)
{
    struct late *late = *state;
    ruleset_dispose(&late->rules);
    asset_world_end((void **)&late->world);
    free(late);
    return 0;
}

static void comes_late(struct late *late, const char *ip, const char *name)
{
    struct ip at;
    assert_int_equal(ip_parse(ip, strlen(ip), &at), CS_OK);
    if (late_name_store(late->world->store, "", at, name, &late->rules, &late->world->diag) != CS_OK)
        fail_msg("%s", late->world->diag.text);
}

static enum cs_err add_owner(void *context, const struct asset_row *row)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    struct buf *out = context;
    buf_printf(out, "%s%s %s %s", out->len > 0 ? ", " : "", endpoint_format(endpoint, &row->endpoint),
               row->host_name != NULL ? row->host_name : "-",
               row->owner_organization != NULL ? row->owner_organization : "-");
    return CS_OK;
}

static void owners_are(struct late *late, const char *expected)
{
    struct buf got = {0};
    const struct asset_filter all = {0};
    assert_int_equal(assets_each(late->world->store, &all, NULL, add_owner, &got, &late->world->diag), CS_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_dispose(&got);
}

static void a_late_name_is_stored_at_its_address_and_rules_are_asked_again(void **state)
{
    struct late *late = *state;
    struct forged leaf = asset_world_forge("www.example");
    asset_world_sees(late->world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(late->world, "192.0.2.1:993", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(late->world, "192.0.2.2:443", &leaf, NULL, WORLD_NOW_S);
    comes_late(late, "192.0.2.1", "opac.library.example");
    comes_late(late, "192.0.2.2", "www.museum.example");
    owners_are(late,
               "192.0.2.1:443 opac.library.example Library, 192.0.2.1:993 opac.library.example Library, "
               "192.0.2.2:443 www.museum.example -");
    comes_late(late, "192.0.2.1", "www.museum.example"); /* another name takes the owner away again */
    owners_are(late, "192.0.2.1:443 www.museum.example -, 192.0.2.1:993 www.museum.example -, "
                     "192.0.2.2:443 www.museum.example -");
    forge_free(&leaf);
}

static void what_was_assigned_by_hand_stays(void **state)
{
    struct late *late = *state;
    struct forged leaf = asset_world_forge("www.example");
    struct endpoint endpoint;
    struct owner_name other;
    int64_t other_id;
    int64_t count;
    char name[ENDPOINT_MAX_NAME + 1];
    asset_world_sees(late->world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    assert_int_equal(owner_parse(&other, "Museum", NULL), CS_OK);
    assert_int_equal(owners_add(late->world->store, &other, &other_id, &late->world->diag), CS_OK);
    assert_int_equal(endpoint_parse("192.0.2.1:443", &endpoint, name), CS_OK);
    assert_int_equal(assets_assign(late->world->store, &endpoint, NULL, other_id, "known", WORLD_NOW_S,
                                   &count, &late->world->diag),
                     CS_OK);
    comes_late(late, "192.0.2.1", "opac.library.example");
    owners_are(late, "192.0.2.1:443 opac.library.example Museum");
    forge_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_late_name_is_stored_at_its_address_and_rules_are_asked_again, make,
                                        end),
        cmocka_unit_test_setup_teardown(what_was_assigned_by_hand_stays, make, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
