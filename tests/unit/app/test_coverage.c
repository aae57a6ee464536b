// SPDX-License-Identifier: Apache-2.0
#include "app/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "db/scan_names.h"
#include "scanner/permutation.h"
#include "scanner/target_list.h"
#include "tests/support/asset_world.h"

#define SEED 7

struct reach {
    struct asset_world *world;
    struct coverage *coverage;
    void (*tries_names)(struct asset_world *world, int64_t scan_id); /* in each scan; NULL = none does */
};

static int make(void **state)
{
    struct reach *reach = calloc(1, sizeof *reach);
    assert_non_null(reach);
    assert_int_equal(asset_world_make((void **)&reach->world), 0);
    assert_int_equal(coverage_new(&reach->coverage, reach->world->store, ""), CS_OK);
    *state = reach;
    return 0;
}

static int end(void **state)
{
    struct reach *reach = *state;
    coverage_free(reach->coverage);
    asset_world_end((void **)&reach->world);
    free(reach);
    return 0;
}

static struct target_set *targets_of(const char *text)
{
    struct port_list ports = {0};
    struct target_list *list;
    struct target_set *set;
    struct buf notes = {0};
    struct diag diag;
    assert_int_equal(port_list_parse(&ports, "443", &diag), CS_OK);
    assert_int_equal(target_list_new(&list, &ports), CS_OK);
    assert_int_equal(target_list_add(list, text, &diag), CS_OK);
    assert_int_equal(target_list_build(list, &set, &notes, &diag), CS_OK);
    target_list_free(list);
    port_list_dispose(&ports);
    buf_dispose(&notes);
    return set;
}

/* The targets of `set` that end otherwise than in silence: index and outcome. */
struct ending {
    uint64_t target;
    enum outcome outcome;
};

static void log_endings(struct reach *reach, int64_t scan_id, const struct target_set *set,
                        const struct ending *endings, size_t count)
{
    struct permutation order;
    permutation_init(&order, target_set_count(set), SEED);
    for (size_t i = 0; i < count; i++) {
        const struct attempt_entry entry = {permutation_inverse(&order, endings[i].target),
                                            (uint8_t)endings[i].outcome, WORLD_NOW_S};
        assert_int_equal(attempts_append(reach->world->store, scan_id, &entry, 1, 0, &reach->world->diag),
                         CS_OK);
    }
}

/* A scan of `range` that met these. */
static void scans(struct reach *reach, const char *range, const struct ending *endings, size_t count)
{
    struct asset_world *world = reach->world;
    struct target_set *set = targets_of(range);
    struct buf frozen = {0};
    struct buf options = {0};
    assert_int_equal(target_set_freeze(set, &frozen), CS_OK);
    buf_printf(&options, "{\"ranges\": [\"%s\"]}", range);
    struct scan_row scan = {.network = "",
                            .targets = buf_str(&frozen),
                            .rules = "{}",
                            .options = buf_str(&options),
                            .summary = "",
                            .seed = SEED,
                            .shard_count = 1};
    assert_int_equal(scans_create(world->store, &scan, &scan.id, &world->diag), CS_OK);
    log_endings(reach, scan.id, set, endings, count);
    if (reach->tries_names != NULL)
        reach->tries_names(world, scan.id);
    assert_int_equal(coverage_add_scan(reach->coverage, &scan, &world->diag), CS_OK);
    target_set_free(set);
    buf_dispose(&frozen);
    buf_dispose(&options);
}

static void asks_for(struct reach *reach, const char *text)
{
    struct ip_range range;
    assert_int_equal(ip_range_parse(text, strlen(text), &range, NULL), CS_OK);
    assert_int_equal(coverage_add_range(reach->coverage, range), CS_OK);
}

/* "RANGE addresses/answered/with certificates/with names/names tried; ..." */
static void rows_are(struct reach *reach, const char *expected)
{
    const struct coverage_row *rows;
    size_t count;
    struct buf got = {0};
    assert_int_equal(coverage_count(reach->coverage, &rows, &count, &reach->world->diag), CS_OK);
    for (size_t i = 0; i < count; i++) {
        char range[RANGE_TEXT_SIZE];
        buf_printf(&got, "%s%s %u/%u/%u/%u/%u", i > 0 ? "; " : "", ip_range_format(range, rows[i].range),
                   (unsigned)rows[i].addresses, (unsigned)rows[i].answered,
                   (unsigned)rows[i].with_certificates, (unsigned)rows[i].with_names,
                   (unsigned)rows[i].names_tried);
    }
    assert_string_equal(buf_str(&got), expected);
    buf_dispose(&got);
}

static void an_address_answers_with_a_certificate_or_a_refusal_and_not_by_silence(void **state)
{
    static const struct ending endings[] = {{1, OUTCOME_CERTIFICATE},
                                            {2, OUTCOME_REFUSED},
                                            {3, OUTCOME_TIMEOUT_CONNECT},
                                            {4, OUTCOME_UNREACHABLE},
                                            {5, OUTCOME_CANCELLED}};
    scans(*state, "192.0.2.0/28", endings, 5);
    rows_are(*state, "192.0.2.0/28 16/2/1/0/0");
}

static void two_scans_of_an_address_count_it_once(void **state)
{
    static const struct ending first[] = {{1, OUTCOME_CERTIFICATE}};
    static const struct ending second[] = {{1, OUTCOME_REFUSED}, {2, OUTCOME_REFUSED}};
    scans(*state, "192.0.2.0/28", first, 1);
    scans(*state, "192.0.2.0/28", second, 2);
    rows_are(*state, "192.0.2.0/28 16/2/1/0/0");
}

static void ranges_in_each_other_count_the_same_addresses(void **state)
{
    static const struct ending endings[] = {{1, OUTCOME_CERTIFICATE}, {130, OUTCOME_REFUSED}};
    scans(*state, "192.0.2.0/24", endings, 2);
    asks_for(*state, "192.0.2.0/30");
    asks_for(*state, "192.0.2.0/24");
    asks_for(*state, "192.0.2.0/24"); /* twice is once */
    asks_for(*state, "192.0.2.64/30");
    asks_for(*state, "192.0.2.128/25");
    asks_for(*state, "198.51.100.0/24"); /* nobody scanned that */
    rows_are(*state, "192.0.2.0/24 256/2/1/0/0; 192.0.2.0/30 4/1/1/0/0; 192.0.2.64/30 4/0/0/0/0; "
                     "192.0.2.128/25 128/1/0/0/0; 198.51.100.0/24 0/0/0/0/0");
}

/* A name on two ports of 192.0.2.1, and another that never ended. */
static void tries_three(struct asset_world *world, int64_t scan_id)
{
    static const struct {
        uint16_t port;
        const char *name;
        bool has_ended;
    } tried[] = {
        {443, "www.example.org", true}, {8443, "www.example.org", true}, {443, "never.example.org", false}};
    for (uint64_t i = 0; i < 3; i++) {
        const struct endpoint up = {.network = "",
                                    .ip = ip_from_v4(0xC0000201),
                                    .port = tried[i].port,
                                    .protocol = PROTOCOL_TLS,
                                    .server_name = tried[i].name};
        assert_int_equal(follow_up_put(world->store, scan_id, i, &up, &world->diag), CS_OK);
        if (tried[i].has_ended)
            assert_int_equal(
                follow_up_end(world->store, scan_id, i, OUTCOME_CERTIFICATE, WORLD_NOW_S, &world->diag),
                CS_OK);
    }
}

static void names_count_where_an_address_answered(void **state)
{
    static const struct ending endings[] = {{1, OUTCOME_CERTIFICATE}, {2, OUTCOME_REFUSED}};
    const struct ip at[] = {ip_from_v4(0xC0000201), ip_from_v4(0xC0000203)};
    struct reach *reach = *state;
    struct asset_world *world = reach->world;
    assert_int_equal(store_begin(world->store, &world->diag), CS_OK);
    assert_int_equal(
        scan_names_resolved(world->store, 1, "", "www.example.org", at, 2, NULL, WORLD_NOW_S, &world->diag),
        CS_OK);
    assert_int_equal(store_commit(world->store, &world->diag), CS_OK);
    reach->tries_names = tries_three;
    scans(reach, "192.0.2.0/28", endings, 2);
    rows_are(reach, "192.0.2.0/28 16/2/1/1/1");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, end)
    const struct CMUnitTest tests[] = {
        STORY(an_address_answers_with_a_certificate_or_a_refusal_and_not_by_silence),
        STORY(two_scans_of_an_address_count_it_once),
        STORY(ranges_in_each_other_count_the_same_addresses),
        STORY(names_count_where_an_address_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
