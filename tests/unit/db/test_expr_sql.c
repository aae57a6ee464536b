// SPDX-License-Identifier: Apache-2.0
/* The corpus of expressions, asked of a store: the same answers as in memory, exact or not. */
#include "db/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/ingest.h"
#include "db/scans.h"
#include "rules/matcher.h"
#include "tests/support/expr_corpus.h"
#include "tests/support/temp_dir.h"

#define NOW_S 1800000000

struct world {
    char *folder;
    struct store *store;
    struct expr_corpus *corpus;
};

static void ingest_record(struct store *store, int64_t scan_id, const struct corpus_record *record)
{
    struct ingest *ingest;
    struct ingest_decision decision;
    struct der leaf = {.bytes = (const uint8_t *)record->name, .len = strlen(record->name)};
    struct chain chain = {.certs = &leaf, .cert_count = 1, .tls_version = 0x0303, .lane = LANE_FULL};
    struct ingest_sighting sighting = {
        .endpoint = record->endpoint,
        .host_name = record->host_name,
        .chain = &chain,
        .slot = cert_record_slot(&record->cert),
        .seen_at_s = NOW_S,
    };
    memcpy(leaf.sha256, record->cert.sha256, SHA256_SIZE);
    assert_int_equal(ingest_new(&ingest, store, scan_id, record->endpoint.network, NULL), CS_OK);
    assert_int_equal(ingest_begin(ingest, NULL), CS_OK);
    assert_int_equal(ingest_certificate(ingest, &record->cert, leaf.bytes, leaf.len, NOW_S, NULL), CS_OK);
    assert_int_equal(ingest_sighting(ingest, &sighting, &decision, NULL), CS_OK);
    assert_true(decision.is_new);
    assert_int_equal(ingest_commit(ingest, NULL), CS_OK);
    ingest_free(ingest);
}

static int make_world(void **state)
{
    static struct world world;
    char path[4200];
    int64_t scan_id;
    struct scan_row scan = {
        .network = "", .targets = "{}", .rules = "{}", .options = "{}", .summary = "", .shard_count = 1};
    world.folder = temp_dir_new();
    snprintf(path, sizeof path, "%s/store.db", world.folder);
    assert_int_equal(store_open(&world.store, path, STORE_WRITE, NULL), CS_OK);
    assert_int_equal(scans_create(world.store, &scan, &scan_id, NULL), CS_OK);
    world.corpus = expr_corpus_read(TEST_DATA_DIR "/expressions.txt");
    for (size_t i = 0; i < world.corpus->record_count; i++)
        ingest_record(world.store, scan_id, &world.corpus->records[i]);
    *state = &world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    expr_corpus_free(world->corpus);
    store_close(world->store);
    temp_dir_remove(world->folder);
    return 0;
}

struct selecting {
    const struct expr_corpus *corpus;
    struct matcher *matcher;
    bool exact;
    bool selected[CORPUS_MAX_RECORDS]; /* by SQL */
    bool holds[CORPUS_MAX_RECORDS];    /* of those, by the evaluator over what the store gave back */
};

static enum cs_err select_row(void *context, const struct asset_row *row)
{
    struct selecting *selecting = context;
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    size_t i = (size_t)row->cert.sha256[0] - 1;
    assert_true(i < selecting->corpus->record_count);
    assert_int_equal(asset_facts(row, NOW_S, &facts, &scratch), CS_OK);
    selecting->selected[i] = true;
    selecting->holds[i] = matcher_holds(selecting->matcher, &facts);
    cert_fact_scratch_dispose(&scratch);
    return CS_OK;
}

static size_t run_case(const struct world *world, const struct corpus_case *one)
{
    struct selecting selecting = {.corpus = world->corpus};
    struct diag diag = {0};
    assert_int_equal(matcher_compile(&selecting.matcher, one->expression, RULES_FILTER, &diag), CS_OK);
    struct asset_filter filter = {.where = matcher_expr(selecting.matcher), .now_s = NOW_S};
    enum cs_err err = assets_each(world->store, &filter, &selecting.exact, select_row, &selecting, &diag);
    if (err != CS_OK)
        fail_msg("line %u: %s: %s", one->line, one->expression, diag.text);
    for (size_t i = 0; i < world->corpus->record_count; i++) {
        bool answer = selecting.exact ? selecting.selected[i] : selecting.selected[i] && selecting.holds[i];
        if (answer != one->expected[i] ||
            (selecting.exact && selecting.selected[i] != selecting.holds[i] && selecting.selected[i]))
            fail_msg("line %u: %s: wrong for %s", one->line, one->expression, world->corpus->records[i].name);
    }
    matcher_free(selecting.matcher);
    return selecting.exact;
}

static void every_expression_of_the_corpus_selects_the_same_rows_in_sql(void **state)
{
    const struct world *world = *state;
    size_t exact = 0;
    for (size_t i = 0; i < world->corpus->case_count; i++)
        exact += run_case(world, &world->corpus->cases[i]);
    assert_true(exact > world->corpus->case_count / 2); /* most are said in SQL ... */
    assert_true(exact < world->corpus->case_count);     /* ... and regular expressions are not */
}

static enum cs_err count_row(void *context, const struct asset_row *row)
{
    (void)row;
    ++*(size_t *)context;
    return CS_OK;
}

static size_t count(const struct world *world, const char *where, int64_t now_s)
{
    struct matcher *matcher;
    size_t rows = 0;
    assert_int_equal(matcher_compile(&matcher, where, RULES_FILTER, NULL), CS_OK);
    struct asset_filter filter = {.where = matcher_expr(matcher), .now_s = now_s};
    assert_int_equal(assets_each(world->store, &filter, NULL, count_row, &rows, NULL), CS_OK);
    matcher_free(matcher);
    return rows;
}

static void days_left_are_rounded_down_so_that_an_expired_second_counts(void **state)
{
    const struct world *world = *state;
    int64_t end_s = world->corpus->records[0].cert.not_after_s; /* the record www */
    assert_int_equal(count(world, "name = www.example.org and days_left = 0", end_s), 1);
    assert_int_equal(count(world, "name = www.example.org and days_left = -1", end_s + 1), 1);
    assert_int_equal(count(world, "name = www.example.org and days_left = -1", end_s + 86400), 1);
    assert_int_equal(count(world, "name = www.example.org and days_left = 1", end_s - 86400), 1);
    assert_int_equal(asset_days_left(end_s, end_s + 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_expression_of_the_corpus_selects_the_same_rows_in_sql),
        cmocka_unit_test(days_left_are_rounded_down_so_that_an_expired_second_counts),
    };
    return cmocka_run_group_tests(tests, make_world, end_world);
}
