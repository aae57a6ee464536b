// SPDX-License-Identifier: Apache-2.0
#include "db/scan_names.h"

#include "base/buf.h"
#include "db/assets.h"
#include "db/sql.h"
#include "tests/support/asset_world.h"

#define LATER_SCAN 2

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

/* A later scan heard of `name`; `at` NULL: that it does not exist. */
static void resolved(struct asset_world *world, const char *name, const char *at, const char *home)
{
    struct ip ip = at != NULL ? ip_of(at) : (struct ip){0};
    struct ip home_ip = home != NULL ? ip_of(home) : (struct ip){0};
    assert_int_equal(store_begin(world->store, &world->diag), CS_OK);
    assert_int_equal(scan_names_resolved(world->store, LATER_SCAN, "", name, &ip, at != NULL,
                                         home != NULL ? &home_ip : NULL, WORLD_NOW_S, &world->diag),
                     CS_OK);
    assert_int_equal(store_commit(world->store, &world->diag), CS_OK);
}

static enum cs_err add_name(void *context, const char *name)
{
    struct buf *out = context;
    buf_printf(out, "%s%s", out->len > 0 ? " " : "", name);
    return CS_OK;
}

static void names_at_are(struct asset_world *world, const char *ip, const char *expected)
{
    struct buf got = {0};
    assert_int_equal(scan_names_at(world->store, "", ip_of(ip), add_name, &got, &world->diag), CS_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_dispose(&got);
}

static void an_asset_moves_with_its_name_and_no_other_does(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example.org");
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.1:443#www.example.org", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.1:443#other.example.org", &leaf, NULL, WORLD_NOW_S);
    resolved(world, "www.example.org", "192.0.2.1", NULL);
    asset_world_states_are(world, "192.0.2.1:443 live, 192.0.2.1:443#other.example.org live, "
                                  "192.0.2.1:443#www.example.org live");
    resolved(world, "WWW.example.org", "192.0.2.9", NULL);
    asset_world_states_are(world, "192.0.2.1:443 live, 192.0.2.1:443#other.example.org live, "
                                  "192.0.2.1:443#www.example.org moved");
    forge_free(&leaf);
}

static void a_name_that_is_gone_moves_but_from_where_it_is_the_ptr(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example.org");
    asset_world_sees(world, "192.0.2.1:443#www.example.org", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.2:443#www.example.org", &leaf, NULL, WORLD_NOW_S);
    resolved(world, "www.example.org", NULL, "192.0.2.2");
    asset_world_states_are(world, "192.0.2.1:443#www.example.org moved, 192.0.2.2:443#www.example.org live");
    forge_free(&leaf);
}

static void names_are_remembered_by_address(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example.org");
    asset_world_sees(world, "192.0.2.1:443#sent.example.org", &leaf, NULL, WORLD_NOW_S);
    resolved(world, "b.example.org", "192.0.2.1", NULL);
    resolved(world, "b.example.org", "192.0.2.1", NULL);
    resolved(world, "c.example.org", "2001:db8::1", NULL);
    names_at_are(world, "192.0.2.1", "b.example.org sent.example.org");
    names_at_are(world, "2001:db8::1", "c.example.org");
    names_at_are(world, "192.0.2.2", "");
    forge_free(&leaf);
}

/* Steps of SQLite's machine in the statements that are kept. */
static uint64_t steps_of_kept(const struct store *store)
{
    uint64_t steps = 0;
    for (size_t i = 0; i < store->kept_count; i++)
        steps += (uint64_t)sqlite3_stmt_status(store->kept[i].stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
    return steps;
}

static enum cs_err add_follow_up(void *context, uint64_t number, const struct endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct buf *out = context;
    buf_printf(out, "%s%u %s", out->len > 0 ? ", " : "", (unsigned)number, endpoint_format(text, endpoint));
    return CS_OK;
}

static void follow_ups_that_have_ended_come_back_and_the_others_are_forgotten(void **state)
{
    static const char *const endpoints[] = {
        "192.0.2.1:443#a.example.org", "[2001:db8::1]:25/smtp#b.example.org", "192.0.2.3:443#c.example.org"};
    struct asset_world *world = *state;
    struct buf got = {0};
    for (unsigned i = 0; i < 3; i++) {
        struct endpoint endpoint;
        char name[ENDPOINT_MAX_NAME + 1];
        assert_int_equal(endpoint_parse(endpoints[i], &endpoint, name), CS_OK);
        assert_int_equal(follow_up_put(world->store, 1, i, &endpoint, &world->diag), CS_OK);
    }
    assert_int_equal(follow_up_end(world->store, 1, 0, OUTCOME_CERTIFICATE, WORLD_NOW_S, &world->diag),
                     CS_OK);
    assert_int_equal(follow_up_end(world->store, 1, 1, OUTCOME_REFUSED, WORLD_NOW_S, &world->diag), CS_OK);
    assert_int_equal(follow_ups_restore(world->store, 1, add_follow_up, &got, &world->diag), CS_OK);
    assert_string_equal(buf_str(&got),
                        "0 192.0.2.1:443#a.example.org, 1 [2001:db8::1]:25/smtp#b.example.org");
    buf_dispose(&got);
}

/* Steps are counted, not time: the work for one name does not grow with the names that are known. */
static void many_names_cost_each_what_one_costs(void **state)
{
    enum { NAMES = 20000 };
    struct asset_world *world = *state;
    struct endpoint endpoint = {.network = "", .port = 443, .protocol = PROTOCOL_TLS};
    char name[ENDPOINT_MAX_NAME + 1];
    uint64_t first_half = 0;
    size_t kept = 0;
    assert_int_equal(store_begin(world->store, &world->diag), CS_OK);
    for (uint32_t i = 0; i < NAMES; i++) {
        endpoint.ip = ip_from_v4(0x0A000000 + i);
        endpoint.server_name = name;
        snprintf(name, sizeof name, "h%u.example.org", i);
        assert_int_equal(scan_names_resolved(world->store, LATER_SCAN, "", name, &endpoint.ip, 1, NULL,
                                             WORLD_NOW_S, &world->diag),
                         CS_OK);
        assert_int_equal(follow_up_put(world->store, 1, i, &endpoint, &world->diag), CS_OK);
        assert_int_equal(follow_up_end(world->store, 1, i, OUTCOME_REFUSED, WORLD_NOW_S, &world->diag),
                         CS_OK);
        if (i == NAMES / 2)
            first_half = steps_of_kept(world->store);
        if (i == 0)
            kept = world->store->kept_count;
    }
    assert_int_equal(store_commit(world->store, &world->diag), CS_OK);
    assert_int_equal(world->store->kept_count, kept); /* none was prepared again */
    assert_true(steps_of_kept(world->store) < first_half * 2 + first_half / 10);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_asset_moves_with_its_name_and_no_other_does),
        STORY(a_name_that_is_gone_moves_but_from_where_it_is_the_ptr),
        STORY(names_are_remembered_by_address),
        STORY(follow_ups_that_have_ended_come_back_and_the_others_are_forgotten),
        STORY(many_names_cost_each_what_one_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
