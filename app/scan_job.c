// SPDX-License-Identifier: Apache-2.0
#include "app/pseudo_mark.h"
#include "app/scan_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/expiry_setting.h"
#include "app/patient_begin.h"
#include "app/scan_summary.h"
#include "app/trust_setting.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "db/chain_verdicts.h"
#include "db/scan_names.h"
#include "db/scans.h"
#include "scanner/target_text.h"

/* ---- the plan of a new scan ---- */

static void choose_seed(struct scan_job *job)
{
    job->plan.seed = job->options->seed.value;
    if (!job->options->seed.given &&
        getrandom(&job->plan.seed, sizeof job->plan.seed, 0) != sizeof job->plan.seed)
        job->plan.seed = (uint64_t)app_now_s();
    job->plan.seed &= INT64_MAX; /* as --seed can give it again */
}

/* Reading commands never create a database: without one there are no rules and no exclusions. */
static enum cs_err open_store_for(struct scan_job *job)
{
    struct app *app = job->app;
    if (!job->options->no_store && !job->options->dry_run)
        return app_open_store(app, STORE_WRITE);
    char *path = app_store_path(app);
    bool exists = path != NULL && access(path, F_OK) == 0;
    free(path);
    return exists ? app_open_store(app, STORE_READ) : CS_OK;
}

static void print_notes(const char *notes)
{
    for (size_t len; *notes != '\0'; notes += len + (notes[len] == '\n')) {
        len = strcspn(notes, "\n");
        app_note("%.*s", (int)len, notes);
    }
}

enum cs_err scan_job_settings(struct scan_job *job)
{
    enum cs_err err = expiry_setting(job->app, &job->expiry);
    return err == CS_OK ? trust_setting(job->app, &job->trust) : err;
}

enum cs_err scan_job_check(struct scan_job *job)
{
    struct app *app = job->app;
    const struct scan_options *options = job->options;
    const char *network = options->network != NULL ? options->network : "";
    job->names.max_names = options->max_names;
    enum cs_err err = scan_shard_parse(options->shard, &job->plan, &app->diag);
    if (err == CS_OK)
        err = scan_source_parse(options->source, &job->plan, &app->diag);
    if (err == CS_OK)
        err = scan_policy_parse(options->lane, options->key_types, &job->plan.policy, &app->diag);
    if (err == CS_OK)
        err = scan_ehlo_parse(options->ehlo_name, job->ehlo_name, &app->diag);
    if (err == CS_OK)
        err = scan_names_parse(options->names_from, &job->names, &app->diag);
    if (err == CS_OK && options->no_store && (job->names.sources & NAME_SOURCE_BIT(NAME_SOURCE_SCM)) != 0)
        app_note("--no-store: names of the inventory (--names-from scm) are not tried, for they are in the "
                 "database");
    if (err == CS_OK)
        err = scan_network_check(network, &app->diag);
    free(job->network);
    job->network = text_copy(network);
    if (err == CS_OK && job->network == NULL)
        err = diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    return err;
}

/* A task's list narrows the rules; their order stays. */
static enum cs_err load_rules(struct scan_job *job)
{
    struct app *app = job->app;
    if (app->store == NULL)
        return CS_OK;
    if (job->task == NULL || job->task->rules.count == 0)
        return app_load_rules(app, &job->rules);
    enum cs_err err = app_load_rules_of(app, &job->task->rules, &job->rules);
    if (err == CS_OK && job->rules.count < job->task->rules.count)
        app_note("task \"%.100s\": of its %zu rules %zu are gone", job->task->name, job->task->rules.count,
                 job->task->rules.count - job->rules.count);
    return err;
}

enum cs_err scan_job_plan(struct scan_job *job)
{
    struct app *app = job->app;
    struct scan_options *options = job->options;
    struct buf notes = {0};
    options->request.dry_run = options->dry_run;
    job->plan.limits = options->limits;
    enum cs_err err = scan_job_check(job);
    if (err == CS_OK && options->request.targets.count == 0 && options->request.target_files.count == 0)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "no target is given: name addresses, ranges or hosts, or a file with -i");
    if (err == CS_OK && app->store == NULL)
        err = open_store_for(job);
    if (err == CS_OK)
        err = scan_request_targets(&options->request, app->store, app_now_s(), &job->targets, &job->answers,
                                   &notes, &app->diag);
    if (err == CS_OK)
        err = load_rules(job);
    if (err == CS_OK)
        print_notes(buf_str(&notes));
    buf_dispose(&notes);
    choose_seed(job);
    return err;
}

/* The ranges as they were given, for reports: the frozen targets have lost them where something was excluded.
 */
static void freeze_ranges(const struct scan_job *job, struct json_writer *json)
{
    const struct text_list *given = &job->options->request.targets;
    json_key(json, "ranges");
    json_begin_array(json);
    for (size_t i = 0; i < given->count; i++) {
        char text[RANGE_TEXT_SIZE];
        struct target_text target;
        if (target_text_parse(&target, given->items[i], strlen(given->items[i]), NULL) == CS_OK &&
            target.is_range)
            json_string(json, ip_range_format(text, target.range));
    }
    json_end_array(json);
}

static void freeze_options(const struct scan_job *job, struct buf *out)
{
    char ip[IP_TEXT_SIZE];
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_member_string(&json, "source", job->plan.has_source ? ip_format(ip, job->plan.source) : NULL);
    json_member_string(&json, "ehlo_name", job->ehlo_name);
    json_member_string(&json, "lane", job->options->lane);
    json_member_string(&json, "key_types", job->options->key_types);
    json_member_string(&json, "dns", job->options->request.dns_server);
    json_member_string(&json, "names_from", job->options->names_from);
    json_member_int(&json, "max_names", job->names.max_names);
    freeze_ranges(job, &json);
    json_end_object(&json);
}

static enum cs_err create_row(struct scan_job *job)
{
    struct buf targets = {0};
    struct buf rules = {0};
    struct buf options = {0};
    struct buf summary = {0};
    enum cs_err err = target_set_freeze(job->targets, &targets);
    ruleset_to_json(&job->rules, &rules);
    freeze_options(job, &options);
    scan_request_summarize(&job->options->request, &summary);
    struct scan_row row = {
        .state = SCAN_RUNNING,
        .network = job->network,
        .targets = buf_str(&targets),
        .rules = buf_str(&rules),
        .options = buf_str(&options),
        .summary = buf_str(&summary),
        .seed = job->plan.seed,
        .shard_index = job->plan.shard_index,
        .shard_count = job->plan.shard_count,
        .target_count = target_set_count(job->targets),
        .started_at_s = app_now_s(),
        .task_id = job->task != NULL ? job->task->id : 0,
        .task_name = job->task != NULL ? job->task->name : NULL,
    };
    if (err != CS_OK || rules.err != CS_OK || options.err != CS_OK || summary.err != CS_OK)
        err = diag_fail(&job->app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = scans_begin(job->app->store, &row, job->holder, &job->scan_id, &job->app->diag);
    buf_dispose(&targets);
    buf_dispose(&rules);
    buf_dispose(&options);
    buf_dispose(&summary);
    return err;
}

/* ---- the run ---- */

static void fill_run(struct scan_job *job, struct scan_run *run)
{
    const char *when = job->options->progress != NULL ? job->options->progress : "auto";
    bool terminal = isatty(STDERR_FILENO) == 1;
    bool stored = !job->options->no_store;
    bool lines = job->output == OUTPUT_JSONL;
    job->plan.targets = job->targets;
    job->plan.budget = job->control.budget;
    job->plan.ehlo_name = job->ehlo_name;
    job->plan.want_outcomes = lines && job->options->outcomes;
    permutation_init(&job->order, target_set_count(job->targets), job->plan.seed);
    snprintf(job->holder, sizeof job->holder, "process %ld, %" PRId64, (long)getpid(), app_now_s());
    bool wants_names = job->names.sources != 0;
    job->names.max_names = wants_names && (stored || job->output != OUTPUT_NONE) ? job->names.max_names : 0;
    job->names.dns_server = job->options->request.dns_server;
    job->names.network = job->network;
    job->names.store = stored ? job->app->store : NULL;
    *run = (struct scan_run){
        .plan = job->plan,
        .pipeline =
            {
                .store = stored ? job->app->store : NULL,
                .scan_id = stored ? job->scan_id : 0,
                .network = job->network,
                .rules = &job->rules,
                .expiry = &job->expiry,
                .trust = job->trust,
                .targets = job->targets,
                .order = &job->order,
                .out_fd = lines ? STDOUT_FILENO : -1,
                .decode = stored || job->output != OUTPUT_NONE,
                .outcomes = job->options->outcomes,
            },
        .exclusion_store = job->app->store,
        .dns_server = job->options->request.dns_server,
        .lease_holder = job->holder,
        .names = job->names,
        .control = job->control,
        .is_resumed = job->options->resume != NULL,
        .show_progress = strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && terminal),
        .progress_on_terminal = terminal,
    };
}

static enum cs_err put_answer(const struct scan_job *job, const struct dns_answer *answer)
{
    if (!answer->answered)
        return CS_OK;
    return scan_names_resolved(job->app->store, job->scan_id, job->network, answer->name, answer->ips,
                               answer->count, NULL, app_now_s(), &job->app->diag);
}

/* What the DNS said of names given as targets ends their assets elsewhere, but for those that the scan has
 * met: so at its end. */
static enum cs_err settle_given_names(const struct scan_job *job)
{
    struct app *app = job->app;
    if (job->options->no_store || job->answers.count == 0)
        return CS_OK;
    enum cs_err err = patient_begin(app->store, job->control.interrupts, &app->diag);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < job->answers.count && err == CS_OK; i++)
        err = put_answer(job, &job->answers.items[i]);
    if (err == CS_OK)
        err = store_commit(app->store, &app->diag);
    if (err != CS_OK)
        store_rollback(app->store);
    return err;
}

/* The row gets the state that the run ended in; a failure keeps what was committed, for --resume. */
static enum cs_err finish_row(struct scan_job *job, enum cs_err err, const struct scan_result *result)
{
    static const enum scan_state states[] = {
        [SCAN_END_DONE] = SCAN_DONE,
        [SCAN_END_INTERRUPTED] = SCAN_INTERRUPTED,
        [SCAN_END_STOPPED] = SCAN_STOPPED,
    };
    struct diag diag = {0};
    if (job->options->no_store)
        return err;
    enum cs_err finished = scans_finish(job->app->store, job->scan_id,
                                        err == CS_OK ? states[result->end] : SCAN_FAILED, app_now_s(), &diag);
    if (err == CS_OK && finished != CS_OK) {
        diag_set(&job->app->diag, "%s", diag.text);
        err = finished;
    }
    if (err != CS_OK)
        app_note("what was committed is kept: `certscour scan --resume=%" PRId64 "` goes on", job->scan_id);
    return err;
}

static int print_end(struct scan_job *job, const struct scan_result *result)
{
    if (job->control.quiet)
        return result->end == SCAN_END_DONE ? EXIT_DONE : EXIT_RESUMABLE;
    print_notes(buf_str(&result->names));
    bool partial = result->end != SCAN_END_DONE;
    int status = EXIT_DONE;
    if (job->output == OUTPUT_SUMMARY) {
        struct buf out = {0};
        scan_summary_append(&out, result, &job->rules, job->options->no_store ? 0 : job->scan_id);
        fputs(buf_str(&out), stdout);
        if (fflush(stdout) != 0)
            status = app_status(job->app,
                                diag_fail(&job->app->diag, CS_E_IO, "standard output: %s", strerror(errno)));
        buf_dispose(&out);
    }
    if (result->progress.slowed_down_count > 0)
        app_note("slowed down %" PRIu64 " times, for local ports or open files ran out; nothing was lost",
                 result->progress.slowed_down_count);
    if (partial && !job->options->no_store)
        app_note("`certscour scan --resume=%" PRId64 "` goes on", job->scan_id);
    return partial ? EXIT_RESUMABLE : status;
}

int scan_job_run(struct scan_job *job)
{
    struct scan_run run;
    struct scan_result result = {0};
    struct app *app = job->app;
    enum cs_err err = CS_OK;
    fill_run(job, &run);
    if (!job->options->no_store && job->trust != NULL)
        err = chain_verdicts_refresh(app->store, job->trust, app_now_s(), &app->diag);
    if (err == CS_OK && !job->options->no_store && job->options->resume == NULL)
        err = create_row(job);
    else if (err == CS_OK && !job->options->no_store)
        err = scans_lease(app->store, job->scan_id, job->holder, app_now_s(), &app->diag);
    if (err != CS_OK)
        return app_status(app, err);
    job->end = SCAN_END_INTERRUPTED;
    run.pipeline.scan_id = run.names.scan_id = job->options->no_store ? 0 : job->scan_id;
    err = scan_run(&run, &result, &app->diag);
    if (err == CS_OK)
        err = settle_given_names(job);
    if (err == CS_OK && result.end == SCAN_END_DONE && !job->options->no_store)
        err = pseudo_mark(app->store, job->scan_id, job->network, job->targets, &result.pseudo, &app->diag);
    err = finish_row(job, err, &result);
    job->end = err == CS_OK ? result.end : SCAN_END_INTERRUPTED;
    int status = err == CS_OK ? print_end(job, &result) : app_status(app, err);
    scan_result_dispose(&result);
    return status;
}

void scan_job_dispose(struct scan_job *job)
{
    ruleset_dispose(&job->rules);
    target_set_free(job->targets);
    dns_answers_dispose(&job->answers);
    trust_free(job->trust);
    free(job->network);
    free(job->dns_server);
    free(job->done);
}
