// SPDX-License-Identifier: Apache-2.0
#include "app/pipeline.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "cert/finding.h"
#include "db/assets.h"
#include "db/owners.h"
#include "db/rule_table.h"
#include "scanner/target_list.h"
#include "tests/support/asset_world.h"

#define SCAN_ID 1 /* the one asset_world_make has begun */

/* A scan of 192.0.2.0/30 on port 443 whose probes the test makes up. */
struct flow {
    struct asset_world *world;
    struct port_list ports;
    struct target_list *list;
    struct target_set *targets;
    struct permutation order;
    struct ruleset rules;
    struct pipeline *pipeline;
    int pipe[2]; /* the lines */
    struct attempt attempts[8];
    struct observation *seen[8];
    struct scan_batch batch;
    struct diag diag;
};

static int make_flow(void **state)
{
    struct flow *flow = calloc(1, sizeof *flow);
    struct buf notes = {0};
    assert_non_null(flow);
    assert_int_equal(asset_world_make((void **)&flow->world), 0);
    assert_int_equal(port_list_parse(&flow->ports, "443", &flow->diag), CS_OK);
    assert_int_equal(target_list_new(&flow->list, &flow->ports), CS_OK);
    assert_int_equal(target_list_add(flow->list, "192.0.2.0/30", &flow->diag), CS_OK);
    assert_int_equal(target_list_build(flow->list, &flow->targets, &notes, &flow->diag), CS_OK);
    permutation_init(&flow->order, target_set_count(flow->targets), 7);
    assert_int_equal(pipe(flow->pipe), 0);
    flow->batch.attempts = flow->attempts;
    flow->batch.observations = flow->seen;
    buf_dispose(&notes);
    *state = flow;
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR;
}

static void forget_batch(struct flow *flow)
{
    for (size_t i = 0; i < flow->batch.observation_count; i++)
        observation_free(flow->seen[i]);
    flow->batch.observation_count = flow->batch.attempt_count = 0;
}

static int end_flow(void **state)
{
    struct flow *flow = *state;
    forget_batch(flow);
    pipeline_free(flow->pipeline);
    ruleset_dispose(&flow->rules);
    target_set_free(flow->targets);
    target_list_free(flow->list);
    port_list_dispose(&flow->ports);
    for (int i = 0; i < 2; i++) {
        if (flow->pipe[i] >= 0)
            close(flow->pipe[i]);
    }
    asset_world_end((void **)&flow->world);
    free(flow);
    return 0;
}

/* Begins with these choices; store, rules, targets and order are the flow's. */
static void begin(struct flow *flow, struct pipeline_options options, bool stored)
{
    options.store = stored ? flow->world->store : NULL;
    options.scan_id = stored ? SCAN_ID : 0;
    options.network = "";
    options.rules = &flow->rules;
    options.targets = flow->targets;
    options.order = &flow->order;
    options.out_fd = flow->pipe[1];
    assert_int_equal(pipeline_new(&flow->pipeline, &options, &flow->diag), CS_OK);
}

/* The target of index `target` ended like this. */
static struct observation *ends(struct flow *flow, uint64_t target, enum outcome outcome)
{
    struct target it;
    struct observation *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    target_set_get(flow->targets, target, &it);
    *seen = (struct observation){
        .target = target,
        .position = permutation_inverse(&flow->order, target),
        .has_ip = true,
        .ip = it.ip,
        .port = it.port,
        .outcome = outcome,
        .seen_at_ms = (int64_t)WORLD_NOW_S * 1000,
    };
    flow->attempts[flow->batch.attempt_count++] =
        (struct attempt){.position = seen->position, .outcome = (uint8_t)outcome, .ended_at_s = WORLD_NOW_S};
    flow->seen[flow->batch.observation_count++] = seen;
    return seen;
}

static void adds(struct observation *seen, const struct forged *leaf)
{
    struct der *certs = calloc(1, sizeof *certs);
    assert_non_null(certs);
    *certs = asset_world_der(leaf);
    seen->chains[seen->chain_count++] =
        (struct chain){.certs = certs, .cert_count = 1, .tls_version = 0x0304, .lane = LANE_DIRECT};
}

static struct observation *shows(struct flow *flow, uint64_t target, const struct forged *leaf)
{
    struct observation *seen = ends(flow, target, OUTCOME_CERTIFICATE);
    adds(seen, leaf);
    return seen;
}

static void process(struct flow *flow)
{
    if (pipeline_process(flow->pipeline, &flow->batch, &flow->diag) != CS_OK)
        fail_msg("%s", flow->diag.text);
    forget_batch(flow);
}

/* What was printed so far, in a static array; "" if nothing. */
static const char *printed(struct flow *flow)
{
    static char text[8192];
    close(flow->pipe[1]);
    flow->pipe[1] = -1;
    ssize_t len = read(flow->pipe[0], text, sizeof text - 1);
    assert_true(len >= 0);
    text[len] = '\0';
    return text;
}

/* The only line printed, as JSON. */
static struct json_value *printed_line(struct flow *flow)
{
    struct json_value *json = NULL;
    const char *text = printed(flow);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_int_equal(json_parse(&json, text, strlen(text), NULL), CS_OK);
    return json;
}

static const char *member(const struct json_value *json, const char *key)
{
    return json_to_string(json_get(json, key));
}

/* A stored rule "example" that gives *.example to Organization. */
static void rule_for_example(struct flow *flow)
{
    struct owner_name owner;
    int64_t owner_id;
    int64_t rule_id;
    struct store *store = flow->world->store;
    assert_int_equal(owner_parse(&owner, "Organization", NULL), CS_OK);
    assert_int_equal(owners_add(store, &owner, &owner_id, &flow->diag), CS_OK);
    assert_int_equal(
        rule_table_add(store, "example", "name in_domain example", &owner, &rule_id, &flow->diag), CS_OK);
    assert_int_equal(ruleset_add(&flow->rules, rule_id, "example", "name in_domain example", &owner, owner_id,
                                 &flow->diag),
                     CS_OK);
}

static int64_t live_assets(struct flow *flow)
{
    struct store_counts counts;
    assert_int_equal(store_count(flow->world->store, &counts, &flow->diag), CS_OK);
    return counts.assets_live;
}

static enum cs_err count_attempt(void *context, const struct attempt_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return CS_OK;
}

static size_t logged_attempts(struct flow *flow)
{
    size_t count = 0;
    assert_int_equal(attempts_each(flow->world->store, SCAN_ID, 0, count_attempt, &count, &flow->diag),
                     CS_OK);
    return count;
}

static enum cs_err keep_owner(void *context, const struct asset_row *row)
{
    snprintf(context, 100, "%s by %s", row->owner_organization, row->rule);
    return CS_OK;
}

static uint64_t counted(const struct pipeline_totals *totals, const char *finding)
{
    for (size_t i = 0; i < finding_count(); i++) {
        if (strcmp(finding_at(i)->name, finding) == 0)
            return totals->findings[i];
    }
    fail_msg("no finding %s", finding);
    return 0;
}

static void a_certificate_reaches_its_owner_the_store_and_the_reader(void **state)
{
    struct flow *flow = *state;
    struct forged leaf = asset_world_forge("www.example");
    char owner[100] = "";
    rule_for_example(flow);
    begin(flow, (struct pipeline_options){.decode = true}, true);
    shows(flow, 2, &leaf);
    process(flow);

    struct asset_filter filter = {.state = "live"};
    assert_int_equal(assets_each(flow->world->store, &filter, NULL, keep_owner, owner, &flow->diag), CS_OK);
    assert_string_equal(owner, "Organization by example");
    struct json_value *line = printed_line(flow);
    int64_t scan_id = 0;
    assert_true(json_to_int(json_get(line, "scan"), &scan_id));
    assert_int_equal(scan_id, SCAN_ID);
    assert_string_equal(member(line, "ip"), "192.0.2.2");
    assert_string_equal(member(line, "sha256"), leaf.sha256);
    assert_string_equal(member(line, "owner_organization"), "Organization");
    assert_string_equal(member(line, "rule"), "example");
    assert_string_equal(member(line, "lane"), "direct");
    const struct pipeline_totals *totals = pipeline_totals(flow->pipeline);
    assert_int_equal(totals->chains, 1);
    assert_int_equal(totals->assets_new, 1);
    assert_int_equal(totals->rule_hits[0], 1);
    assert_int_equal(totals->unowned, 0);
    assert_int_equal(counted(totals, "self-signed"), 1);
    assert_int_equal(counted(totals, "expired"), 0);
    json_free(line);
    forge_free(&leaf);
}

static void without_a_store_rules_still_decide_and_the_scan_is_null(void **state)
{
    struct flow *flow = *state;
    struct forged leaf = asset_world_forge("www.example");
    rule_for_example(flow);
    begin(flow, (struct pipeline_options){.decode = true}, false);
    shows(flow, 0, &leaf);
    process(flow);
    struct json_value *line = printed_line(flow);
    assert_true(json_is_null(json_get(line, "scan")));
    assert_string_equal(member(line, "owner_organization"), "Organization");
    assert_int_equal(live_assets(flow), 0);
    assert_int_equal(logged_attempts(flow), 0);
    json_free(line);
    forge_free(&leaf);
}

static void certificates_that_many_serve_are_counted_once_as_distinct(void **state)
{
    struct flow *flow = *state;
    struct forged shared = asset_world_forge("shared.example");
    struct forged other = asset_world_forge("other.invalid");
    rule_for_example(flow);
    begin(flow, (struct pipeline_options){.decode = true}, true);
    shows(flow, 0, &shared);
    shows(flow, 1, &shared);
    process(flow);
    shows(flow, 2, &shared);
    shows(flow, 3, &other);
    process(flow);
    const struct pipeline_totals *totals = pipeline_totals(flow->pipeline);
    assert_int_equal(totals->chains, 4);
    assert_int_equal(totals->distinct, 2);
    assert_int_equal(totals->assets_new, 4);
    assert_int_equal(totals->rule_hits[0], 3);
    assert_int_equal(totals->unowned, 1);
    assert_int_equal(totals->outcomes[OUTCOME_CERTIFICATE], 4);
    assert_int_equal(live_assets(flow), 4);
    forge_free(&shared);
    forge_free(&other);
}

static void a_target_without_certificate_is_logged_and_printed_only_on_request(void **state)
{
    struct flow *flow = *state;
    begin(flow, (struct pipeline_options){.decode = true}, true);
    ends(flow, 1, OUTCOME_REFUSED);
    process(flow);
    assert_int_equal(logged_attempts(flow), 1);
    assert_int_equal(pipeline_totals(flow->pipeline)->outcomes[OUTCOME_REFUSED], 1);
    assert_string_equal(printed(flow), "");
}

static void outcomes_are_printed_where_asked_for(void **state)
{
    struct flow *flow = *state;
    begin(flow, (struct pipeline_options){.decode = true, .outcomes = true}, true);
    ends(flow, 1, OUTCOME_NOT_TLS);
    process(flow);
    struct json_value *line = printed_line(flow);
    assert_string_equal(member(line, "outcome"), "not-tls");
    assert_string_equal(member(line, "ip"), "192.0.2.1");
    assert_null(json_get(line, "sha256"));
    json_free(line);
}

static void nothing_is_decoded_where_only_attempts_matter(void **state)
{
    struct flow *flow = *state;
    struct forged leaf = asset_world_forge("www.example");
    begin(flow, (struct pipeline_options){.decode = false}, true);
    shows(flow, 0, &leaf);
    process(flow);
    assert_int_equal(logged_attempts(flow), 1);
    assert_int_equal(pipeline_totals(flow->pipeline)->chains, 0);
    assert_int_equal(live_assets(flow), 0);
    assert_string_equal(printed(flow), "");
    forge_free(&leaf);
}

static void a_batch_that_met_a_lock_can_be_given_again_and_counts_once(void **state)
{
    struct flow *flow = *state;
    struct store *other;
    struct forged leaf = asset_world_forge("www.example");
    begin(flow, (struct pipeline_options){.decode = true}, true);
    assert_int_equal(store_open(&other, store_path(flow->world->store), STORE_WRITE, &flow->diag), CS_OK);
    assert_int_equal(store_begin(other, &flow->diag), CS_OK);
    shows(flow, 0, &leaf);
    assert_int_equal(pipeline_process(flow->pipeline, &flow->batch, &flow->diag), CS_E_BUSY);
    assert_int_equal(pipeline_totals(flow->pipeline)->attempts, 0);
    store_rollback(other);
    store_close(other);
    process(flow);
    assert_int_equal(pipeline_totals(flow->pipeline)->attempts, 1);
    assert_int_equal(pipeline_totals(flow->pipeline)->distinct, 1);
    assert_int_equal(logged_attempts(flow), 1);
    json_free(printed_line(flow));
    forge_free(&leaf);
}

static void a_reader_that_went_away_costs_no_result(void **state)
{
    struct flow *flow = *state;
    struct forged leaf = asset_world_forge("www.example");
    begin(flow, (struct pipeline_options){.decode = true}, true);
    close(flow->pipe[0]);
    flow->pipe[0] = -1;
    assert_false(pipeline_output_closed(flow->pipeline));
    shows(flow, 0, &leaf);
    process(flow);
    assert_true(pipeline_output_closed(flow->pipeline));
    shows(flow, 1, &leaf);
    process(flow);
    assert_int_equal(live_assets(flow), 2);
    forge_free(&leaf);
}

/* A scan of its own in which target 0 shows this one leaf. */
static void another_scan_shows(struct flow *flow, const struct forged *leaf, bool other_keys_asked)
{
    struct scan_row scan = {
        .network = "", .targets = "{}", .rules = "{}", .options = "{}", .summary = "", .shard_count = 1};
    struct pipeline_options options = {.store = flow->world->store,
                                       .network = "",
                                       .rules = &flow->rules,
                                       .targets = flow->targets,
                                       .order = &flow->order,
                                       .out_fd = -1,
                                       .decode = true};
    assert_int_equal(scans_create(flow->world->store, &scan, &options.scan_id, &flow->diag), CS_OK);
    pipeline_free(flow->pipeline);
    assert_int_equal(pipeline_new(&flow->pipeline, &options, &flow->diag), CS_OK);
    shows(flow, 0, leaf)->other_keys_asked = other_keys_asked;
    process(flow);
}

static void the_other_certificate_is_missed_only_where_it_was_asked_for(void **state)
{
    struct flow *flow = *state;
    struct forged ecdsa = asset_world_forge("www.example");
    struct forged rsa =
        forge(&(struct forge_options){.common_name = "www.example", .key = "rsa:2048", .now_s = WORLD_NOW_S});
    begin(flow, (struct pipeline_options){.decode = true}, true);
    adds(shows(flow, 0, &ecdsa), &rsa);
    process(flow);
    assert_int_equal(live_assets(flow), 2);
    for (int i = 0; i < 3; i++)
        another_scan_shows(flow, &ecdsa, false);
    assert_int_equal(live_assets(flow), 2);
    for (int i = 0; i < 2; i++)
        another_scan_shows(flow, &ecdsa, true);
    assert_int_equal(live_assets(flow), 1);
    forge_free(&ecdsa);
    forge_free(&rsa);
}

#define WITH_FLOW(test) cmocka_unit_test_setup_teardown(test, make_flow, end_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FLOW(a_certificate_reaches_its_owner_the_store_and_the_reader),
        WITH_FLOW(without_a_store_rules_still_decide_and_the_scan_is_null),
        WITH_FLOW(certificates_that_many_serve_are_counted_once_as_distinct),
        WITH_FLOW(a_target_without_certificate_is_logged_and_printed_only_on_request),
        WITH_FLOW(outcomes_are_printed_where_asked_for),
        WITH_FLOW(nothing_is_decoded_where_only_attempts_matter),
        WITH_FLOW(a_batch_that_met_a_lock_can_be_given_again_and_counts_once),
        WITH_FLOW(a_reader_that_went_away_costs_no_result),
        WITH_FLOW(the_other_certificate_is_missed_only_where_it_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
