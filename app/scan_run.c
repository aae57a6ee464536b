// SPDX-License-Identifier: Apache-2.0
/* take -> process -> (once a second: chores) -> until the last batch. Everything that ends a scan early asks
 * the scanner to drain or abort and then goes on taking, so there is one way out: the last batch. */
#include "app/scan_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/batch_queue.h"
#include "app/late_name.h"
#include "app/progress.h"
#include "app/standing.h"
#include "db/scans.h"

#define TAKE_WAIT_MS     100
#define CHORE_EVERY_MS   1000
#define LEASE_EVERY_MS   (SCAN_LEASE_S * 1000 / 3)
#define LINE_EVERY_MS    10000 /* progress where no terminal shows it */
#define HELD_MS          8000  /* for a name; the DNS is given up long before, but where too much is asked */
#define HELD_BYTES       ((size_t)64 << 20)
#define WITHIN_HOURS     "certscour: within the allowed hours again: going on\n"
#define OUTSIDE_HOURS    "certscour: outside the allowed hours: waiting for them\n"
#define BUSY_PATIENCE_MS 60000 /* how long a locked store is waited for before the scan gives up */

struct session {
    struct scan_run *run;
    struct scanner *scanner;
    struct pipeline *pipeline;
    struct name_stage *names;  /* NULL = no names stage */
    struct batch_queue held;   /* batches that wait for host names */
    struct target_set *round;  /* follow-ups under way; NULL in the first stage */
    struct permutation order;  /* of them */
    uint64_t first_target;     /* index of the first of them */
    struct scan_progress past; /* counted by the scanners before this one */
    struct progress progress;
    struct buf line;
    int signals_obeyed;
    bool stopping;  /* something asked for an early end */
    bool held_back; /* not the time to send */
    enum scan_end end;
    int64_t data_version;
    uint64_t next_chore_ms;
    uint64_t next_lease_ms;
    uint64_t next_line_ms;
};

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void clear_progress(const struct session *session)
{
    if (session->run->show_progress && session->run->progress_on_terminal)
        fputs("\r\033[K", stderr);
}

static int interrupts(const struct session *session)
{
    const volatile sig_atomic_t *count = session->run->control.interrupts;
    return count != NULL ? *count : 0;
}

static void stop_early(struct session *session, enum scan_end end, const char *message)
{
    if (session->stopping)
        return;
    session->stopping = true;
    session->end = end;
    clear_progress(session);
    fprintf(stderr, "certscour: %s\n", message);
    scanner_drain(session->scanner);
}

static void obey_signals(struct session *session)
{
    int caught = interrupts(session);
    if (caught == session->signals_obeyed)
        return;
    session->signals_obeyed = caught;
    if (caught == 1) {
        stop_early(session, SCAN_END_INTERRUPTED,
                   "interrupted: finishing what is under way (interrupt again to stop at once)");
        return;
    }
    session->stopping = true;
    session->end = SCAN_END_INTERRUPTED;
    scanner_abort(session->scanner);
}

static void show_progress(struct session *session, uint64_t now_ms)
{
    if (!session->run->show_progress ||
        (!session->run->progress_on_terminal && now_ms < session->next_line_ms))
        return;
    session->next_line_ms = now_ms + LINE_EVERY_MS;
    struct scan_progress progress;
    scanner_progress(session->scanner, &progress);
    buf_reset(&session->line);
    progress_append(&session->progress, &session->line, &progress,
                    pipeline_totals(session->pipeline)->distinct, now_ms);
    fprintf(stderr, session->run->progress_on_terminal ? "\r\033[K%s" : "certscour: %s\n",
            buf_str(&session->line));
    fflush(stderr);
}

static void warn(const struct session *session, const char *what, const struct diag *diag)
{
    clear_progress(session);
    fprintf(stderr, "certscour: %s: %s\n", what, diag->text);
}

/* New opt-outs hold for a running scan too. */
static void look_for_exclusions(struct session *session)
{
    struct store *store = session->run->exclusion_store;
    int64_t version = store != NULL ? store_data_version(store) : 0;
    if (version == session->data_version)
        return;
    struct diag diag = {0};
    struct ip_set excluded = {0};
    enum cs_err err =
        standing_exclusions(store, (int64_t)time(NULL), session->run->dns_server, &excluded, &diag);
    if (err == CS_OK)
        err = scanner_exclude(session->scanner, &excluded);
    if (err == CS_OK)
        session->data_version = version;
    else
        warn(session, "standing exclusions could not be read, trying again", &diag);
    ip_set_dispose(&excluded);
}

static void look_for_stop(struct session *session)
{
    struct diag diag = {0};
    bool requested = false;
    struct pipeline_options *options = &session->run->pipeline;
    if (options->store == NULL || session->stopping)
        return;
    if (scans_stop_requested(options->store, options->scan_id, &requested, &diag) == CS_OK && requested)
        stop_early(session, SCAN_END_STOPPED, "stop requested: finishing what is under way");
}

static void renew_lease(struct session *session, uint64_t now_ms)
{
    struct pipeline_options *options = &session->run->pipeline;
    if (options->store == NULL || now_ms < session->next_lease_ms)
        return;
    struct diag diag = {0};
    session->next_lease_ms = now_ms + LEASE_EVERY_MS;
    enum cs_err err =
        scans_lease(options->store, options->scan_id, session->run->lease_holder, (int64_t)time(NULL), &diag);
    if (err != CS_OK)
        warn(session, "the scan's lease could not be renewed", &diag);
}

static bool may_send_now(const struct session *session)
{
    const struct scan_control *control = &session->run->control;
    return control->may_send == NULL || control->may_send(control->context, (int64_t)time(NULL));
}

/* Allowed hours: outside them what is under way is finished, and nothing is begun. */
static void look_at_the_clock(struct session *session)
{
    bool may_send = may_send_now(session);
    if (may_send == !session->held_back)
        return;
    session->held_back = !may_send;
    scanner_pause(session->scanner, session->held_back);
    clear_progress(session);
    fputs(may_send ? WITHIN_HOURS : OUTSIDE_HOURS, stderr);
}

static void do_chores(struct session *session)
{
    uint64_t now_ms = monotonic_ms();
    obey_signals(session);
    if (now_ms < session->next_chore_ms)
        return;
    session->next_chore_ms = now_ms + CHORE_EVERY_MS;
    look_for_exclusions(session);
    look_for_stop(session);
    look_at_the_clock(session);
    renew_lease(session, now_ms);
    show_progress(session, now_ms);
}

/* A store that somebody holds is waited for, with the loops under back-pressure; results are not dropped for
 * it. */
static enum cs_err process(struct session *session, const struct scan_batch *batch, struct diag *diag)
{
    uint64_t give_up_ms = monotonic_ms() + BUSY_PATIENCE_MS;
    enum cs_err err = pipeline_process(session->pipeline, batch, diag);
    while (err == CS_E_BUSY && monotonic_ms() < give_up_ms && interrupts(session) < 2) {
        warn(session, "waiting for the database", diag);
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
    if (session->names == NULL || session->held.bytes > HELD_BYTES || monotonic_ms() - since_ms > HELD_MS)
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
    err = batch_queue_put(&session->held, batch, monotonic_ms());
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
        do_chores(session);
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
            stop_early(session, SCAN_END_INTERRUPTED,
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
    result->elapsed_ms = monotonic_ms() - session->progress.started_at_ms;
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
        do_chores(session);
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
        do_chores(session);
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
    while (monotonic_ms() < due_ms && !session->stopping) {
        do_chores(session);
        pause_shortly();
    }
}

static enum cs_err run_round(struct session *session, struct target_set *set, uint64_t first,
                             struct diag *diag)
{
    struct scan_plan plan = session->run->plan;
    uint64_t begun_ms = monotonic_ms();
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
        progress_start(&session->progress, monotonic_ms(), 0);
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
    session.held_back = !may_send_now(&session);
    if (session.held_back)
        fputs(OUTSIDE_HOURS, stderr);
    err = start_scanner(&session, &run->plan, &start_note);
    if (start_note.text[0] != '\0' && err == CS_OK)
        fprintf(stderr, "certscour: %s\n", start_note.text);
    if (err != CS_OK)
        diag_set(diag, "%s", start_note.text);
    if (err == CS_OK) {
        progress_start(&session.progress, monotonic_ms(), run->plan.low_water);
        err = take_until_last(&session, diag);
        if (err == CS_OK)
            err = follow_names(&session, diag);
        clear_progress(&session);
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
