// SPDX-License-Identifier: Apache-2.0
/* take -> process -> (once a second: chores) -> until the last batch. Everything that ends a scan early asks
 * the scanner to drain or abort and then goes on taking, so there is one way out: the last batch. */
#include "app/scan_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/late_name.h"
#include "app/patient_begin.h"
#include "app/scan_session.h"
#include "app/standing.h"

#define TAKE_WAIT_MS 100
#define HELD_MS      8000 /* for a name; the DNS is given up long before, but where too much is asked */
#define HELD_BYTES   ((size_t)64 << 20)

/* A store that somebody holds is waited for, with the loops under back-pressure; results are not dropped for
 * it. */
static enum cs_err process(struct session *session, const struct scan_batch *batch, struct diag *diag)
{
    uint64_t give_up_ms = scan_clock_ms() + BUSY_PATIENCE_MS;
    enum cs_err err = pipeline_process(session->pipeline, batch, diag);
    while (err == CS_E_BUSY && scan_clock_ms() < give_up_ms && scan_interrupts(session) < 2) {
        scan_warn(session, "waiting for the database", diag);
        err = pipeline_process(session->pipeline, batch, diag);
    }
    return err;
}

/* Results wait for host names, the scan does not: what has waited for long, or holds too much memory, goes on
 * without. */
static enum cs_err may_go_on(struct session *session, const struct scan_batch *batch, uint64_t since_ms,
                             bool *ready, struct diag *diag)
{
    *ready = true;
    if (session->names == NULL || session->held.bytes > HELD_BYTES || scan_clock_ms() - since_ms > HELD_MS)
        return CS_OK;
    return name_stage_is_ready(session->names, batch, ready, diag);
}

static enum cs_err release_held(struct session *session, struct diag *diag)
{
    enum cs_err err = CS_OK;
    uint64_t since_ms;
    for (const struct scan_batch *first; err == CS_OK;) {
        bool ready;
        first = batch_queue_first(&session->held, &since_ms);
        if (first == NULL)
            break;
        err = may_go_on(session, first, since_ms, &ready, diag);
        if (err != CS_OK || !ready)
            break;
        struct scan_batch *batch = batch_queue_take(&session->held);
        if (session->names != NULL)
            err = name_stage_meet(session->names, batch, diag);
        if (err == CS_OK)
            err = process(session, batch, diag);
        scan_batch_free(batch);
    }
    return err;
}

/* One batch of the scanner, numbered and with its host names asked for. */
static enum cs_err hold(struct session *session, struct scan_batch *batch, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < batch->observation_count; i++)
        batch->observations[i]->target += session->first_target;
    if (session->names != NULL)
        err = name_stage_ask(session->names, batch, diag);
    if (err != CS_OK) {
        scan_batch_free(batch);
        return err;
    }
    err = batch_queue_put(&session->held, batch, scan_clock_ms());
    return err == CS_OK ? CS_OK : diag_fail(diag, err, "out of memory");
}

static void pause_shortly(void)
{
    const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    nanosleep(&moment, NULL);
}

static enum cs_err take_until_last(struct session *session, struct diag *diag)
{
    enum cs_err err = CS_OK;
    uint64_t since_ms;
    bool last = false;
    bool complete = false;
    while (!last || batch_queue_first(&session->held, &since_ms) != NULL) {
        scan_do_chores(session);
        struct scan_batch *batch = last ? NULL : scanner_take(session->scanner, TAKE_WAIT_MS);
        if (batch != NULL) {
            last = batch->last;
            complete = batch->complete;
        } else if (last) {
            pause_shortly();
        }
        bool failed = err != CS_OK;
        if (batch != NULL && failed)
            scan_batch_free(batch); /* what still comes is taken and let go */
        else if (batch != NULL)
            err = hold(session, batch, diag);
        if (err == CS_OK)
            err = release_held(session, diag);
        if (err != CS_OK && !failed) {
            scanner_abort(session->scanner);
            batch_queue_dispose(&session->held);
        }
        if (pipeline_output_closed(session->pipeline))
            scan_stop_early(session, SCAN_END_INTERRUPTED,
                            "standard output was closed: finishing what is under way");
    }
    if (complete)
        session->end = SCAN_END_DONE; /* an interrupt that came too late to matter */
    return err;
}

static void add_progress(struct scan_progress *to, const struct scan_progress *more)
{
    for (int i = 0; i < OUTCOME_COUNT; i++)
        to->outcomes[i] += more->outcomes[i];
    to->certificates += more->certificates;
    to->connections += more->connections;
    to->slowed_down_count += more->slowed_down_count;
}

static enum cs_err keep_result(struct session *session, struct scan_result *result, struct diag *diag)
{
    const struct pipeline_totals *totals = pipeline_totals(session->pipeline);
    size_t rule_count = session->run->pipeline.rules->count;
    result->totals = *totals;
    result->totals.rule_hits = calloc(rule_count + 1, sizeof *totals->rule_hits);
    if (result->totals.rule_hits == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    memcpy(result->totals.rule_hits, totals->rule_hits, rule_count * sizeof *totals->rule_hits);
    scanner_progress(session->scanner, &result->progress);
    add_progress(&result->progress, &session->past);
    if (session->names != NULL)
        name_stage_describe(session->names, &result->names);
    if (result->names.len > 0)
        buf_printf(&result->names, "connections: %" PRIu64 ", with those for names\n",
                   result->progress.connections);
    result->end = session->end;
    result->elapsed_ms = scan_clock_ms() - session->progress.started_at_ms;
    return CS_OK;
}

static enum cs_err start_scanner(struct session *session, struct scan_plan *plan, struct diag *diag)
{
    struct ip_set excluded = {0};
    struct store *store = session->run->exclusion_store;
    enum cs_err err = CS_OK;
    if (store != NULL) {
        session->data_version = store_data_version(store);
        err = standing_exclusions(store, (int64_t)time(NULL), session->run->dns_server, &excluded, diag);
    }
    plan->excluded = &excluded;
    plan->paused = session->held_back;
    if (err == CS_OK)
        err = scanner_start(&session->scanner, plan, diag);
    plan->excluded = NULL;
    ip_set_dispose(&excluded);
    return err;
}

/* ---- follow-ups ---- */

static enum cs_err begin_names(struct session *session, struct diag *diag)
{
    struct scan_run *run = session->run;
    if (run->names.max_names == 0)
        return CS_OK;
    run->names.stop = run->control.interrupts;
    enum cs_err err = name_stage_new(&session->names, &run->names, diag);
    if (err == CS_OK && run->is_resumed)
        err = name_stage_restore(session->names, run->pipeline.targets, run->pipeline.order, diag);
    run->pipeline.on_leaf = name_stage_leaf;
    run->pipeline.on_leaf_context = session->names;
    return err;
}

static void end_stage(struct session *session)
{
    struct scan_progress progress;
    if (session->scanner != NULL) {
        scanner_progress(session->scanner, &progress);
        add_progress(&session->past, &progress);
        scanner_free(session->scanner);
        session->scanner = NULL;
    }
    target_set_free(session->round);
    session->round = NULL;
}

/* Host names that came too late for their batches. */
static enum cs_err settle_names(struct session *session, struct diag *diag)
{
    const struct pipeline_options *options = &session->run->pipeline;
    enum cs_err err = CS_OK;
    for (bool waiting = true; waiting && err == CS_OK;) {
        err = name_stage_is_waiting(session->names, &waiting, diag);
        if (!waiting || err != CS_OK)
            break;
        if (session->stopping)
            name_stage_stop(session->names);
        scan_do_chores(session);
        pause_shortly();
    }
    while (err == CS_OK) {
        const char *name;
        struct ip ip;
        err = name_stage_late(session->names, &ip, &name);
        if (err != CS_OK || name == NULL)
            break;
        if (options->store != NULL)
            err = late_name_store(options->store, options->network, ip, name, options->rules, diag);
    }
    return err;
}

/* The DNS may take its time; the lease does not wait for it. */
static enum cs_err resolve_names(struct session *session, struct diag *diag)
{
    enum cs_err err = settle_names(session, diag);
    for (bool more = true; more && err == CS_OK && !session->stopping;) {
        err = name_stage_resolve(session->names, (int64_t)time(NULL), &more, diag);
        scan_do_chores(session);
    }
    return err;
}

/* Every round begins with a full bucket: many small ones must not be faster than the rate. */
static void keep_pace(struct session *session, uint64_t begun_ms)
{
    uint32_t rate_per_s = session->run->plan.limits.rate_per_s;
    struct scan_progress progress;
    scanner_progress(session->scanner, &progress);
    uint64_t due_ms = rate_per_s != 0 ? begun_ms + progress.connections * 1000 / rate_per_s : begun_ms;
    while (scan_clock_ms() < due_ms && !session->stopping) {
        scan_do_chores(session);
        pause_shortly();
    }
}

static enum cs_err run_round(struct session *session, struct target_set *set, uint64_t first,
                             struct diag *diag)
{
    struct scan_plan plan = session->run->plan;
    uint64_t begun_ms = scan_clock_ms();
    end_stage(session);
    session->round = set;
    session->first_target = PIPELINE_FOLLOW_UPS + first;
    plan.targets = set;
    plan.low_water = 0;
    plan.done = NULL;
    plan.done_count = 0;
    plan.shard_index = 0;
    plan.shard_count = 1;
    permutation_init(&session->order, target_set_count(set), plan.seed);
    pipeline_follow(session->pipeline, set, &session->order, first);
    enum cs_err err = start_scanner(session, &plan, diag);
    if (err == CS_OK) {
        session->end = SCAN_END_INTERRUPTED;
        progress_start(&session->progress, scan_clock_ms(), 0);
        err = take_until_last(session, diag);
    }
    if (err == CS_OK)
        keep_pace(session, begun_ms);
    return err;
}

/* Round after round, until there is no name left to try. */
static enum cs_err follow_names(struct session *session, struct diag *diag)
{
    enum cs_err err = CS_OK;
    while (err == CS_OK && session->names != NULL && session->end == SCAN_END_DONE) {
        struct target_set *set = NULL;
        uint64_t first;
        err = resolve_names(session, diag);
        if (err == CS_OK && session->stopping)
            break;
        if (err == CS_OK)
            err = name_stage_round(session->names, &set, &first, diag);
        if (err != CS_OK || set == NULL)
            break;
        err = run_round(session, set, first, diag);
    }
    return err;
}

enum cs_err scan_run(struct scan_run *run, struct scan_result *result, struct diag *diag)
{
    struct session session = {.run = run, .end = SCAN_END_DONE};
    *result = (struct scan_result){0};
    enum cs_err err = begin_names(&session, diag);
    if (err == CS_OK)
        err = pipeline_new(&session.pipeline, &run->pipeline, diag);
    if (err != CS_OK) {
        name_stage_free(session.names);
        return err;
    }
    struct diag start_note = {0};
    session.held_back = !scan_may_send_now(&session);
    if (session.held_back)
        fputs(SCAN_OUTSIDE_HOURS, stderr);
    err = start_scanner(&session, &run->plan, &start_note);
    if (start_note.text[0] != '\0' && err == CS_OK)
        fprintf(stderr, "certscour: %s\n", start_note.text);
    if (err != CS_OK)
        diag_set(diag, "%s", start_note.text);
    if (err == CS_OK) {
        progress_start(&session.progress, scan_clock_ms(), run->plan.low_water);
        err = take_until_last(&session, diag);
        if (err == CS_OK)
            err = follow_names(&session, diag);
        scan_clear_progress(&session);
    }
    if (err == CS_OK && session.names != NULL)
        err = settle_names(&session, diag); /* of a scan that ended early, and of the last round */
    if (err == CS_OK)
        err = keep_result(&session, result, diag);
    end_stage(&session);
    batch_queue_dispose(&session.held);
    pipeline_free(session.pipeline);
    name_stage_free(session.names);
    buf_dispose(&session.line);
    return err;
}

void scan_result_dispose(struct scan_result *result)
{
    free(result->totals.rule_hits);
    result->totals.rule_hits = NULL;
    buf_dispose(&result->names);
}
