// SPDX-License-Identifier: Apache-2.0
/* certscour scan: request -> targets -> (dry run | scan row -> run) -> summary. A resumed scan takes targets,
 * order and rules from its row, and only pace and output from the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/expiry_setting.h"
#include "app/progress.h"
#include "app/scan_estimate.h"
#include "app/scan_options.h"
#include "app/scan_run.h"
#include "app/scan_summary.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "db/owners.h"
#include "db/scans.h"
#include "scanner/target_text.h"

#define BLOCKS_SHOWN 20

/* The plan of one scan, from the command line or from a scan row. */
struct job {
    struct app *app;
    struct scan_options *options;
    enum output output;
    struct scan_plan plan;
    struct target_set *targets;
    struct ruleset rules;
    struct expiry_limits expiry;
    struct permutation order;
    char *network;
    char ehlo_name[ENDPOINT_MAX_NAME + 1];
    struct name_options names;
    char *dns_server; /* owned; of a resumed scan */
    int64_t scan_id;
    uint64_t *done; /* positions above the low-water mark that are finished */
    size_t done_count;
    size_t done_cap;
    char holder[64];
};

/* ---- the plan of a new scan ---- */

static void choose_seed(struct job *job)
{
    job->plan.seed = job->options->seed.value;
    if (!job->options->seed.given &&
        getrandom(&job->plan.seed, sizeof job->plan.seed, 0) != sizeof job->plan.seed)
        job->plan.seed = (uint64_t)app_now_s();
    job->plan.seed &= INT64_MAX; /* as --seed can give it again */
}

/* Reading commands never create a database: without one there are no rules and no exclusions. */
static enum cs_err open_store_for(struct job *job)
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

static enum cs_err plan_new(struct job *job)
{
    struct app *app = job->app;
    struct scan_options *options = job->options;
    struct buf notes = {0};
    options->request.dry_run = options->dry_run;
    for (size_t i = 0; i < app->words.count; i++) {
        if (text_list_add(&options->request.targets, app->words.items[i]) != CS_OK)
            return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    }
    const char *network = options->network != NULL ? options->network : "";
    enum cs_err err = scan_shard_parse(options->shard, &job->plan, &app->diag);
    if (err == CS_OK)
        err = scan_source_parse(options->source, &job->plan, &app->diag);
    if (err == CS_OK)
        err = scan_policy_parse(options->lane, options->key_types, &job->plan.policy, &app->diag);
    if (err == CS_OK)
        err = scan_ehlo_parse(options->ehlo_name, job->ehlo_name, &app->diag);
    if (err == CS_OK)
        err = scan_names_parse(options->names_from, &job->names, &app->diag);
    job->names.max_names = options->max_names;
    if (err == CS_OK)
        err = scan_network_check(network, &app->diag);
    job->network = text_copy(network);
    if (err == CS_OK && job->network == NULL)
        err = diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK && app->words.count == 0 && options->request.target_files.count == 0)
        err = diag_fail(&app->diag, CS_E_INVALID,
                        "no target is given: name addresses, ranges or hosts, or a file with -i");
    if (err == CS_OK)
        err = open_store_for(job);
    if (err == CS_OK)
        err = scan_request_targets(&options->request, app->store, app_now_s(), &job->targets, &notes,
                                   &app->diag);
    if (err == CS_OK && app->store != NULL)
        err = app_load_rules(app, &job->rules);
    if (err == CS_OK)
        print_notes(buf_str(&notes));
    buf_dispose(&notes);
    choose_seed(job);
    return err;
}

/* The ranges as they were given, for reports: the frozen targets have lost them where something was excluded.
 */
static void freeze_ranges(const struct job *job, struct json_writer *json)
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

static void freeze_options(const struct job *job, struct buf *out)
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

static enum cs_err create_row(struct job *job)
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
    };
    if (err != CS_OK || rules.err != CS_OK || options.err != CS_OK || summary.err != CS_OK)
        err = diag_fail(&job->app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = scans_create(job->app->store, &row, &job->scan_id, &job->app->diag);
    buf_dispose(&targets);
    buf_dispose(&rules);
    buf_dispose(&options);
    buf_dispose(&summary);
    return err;
}

/* ---- the plan of a resumed scan ---- */

/* What belongs to the scan and not to its pace or output. */
static enum cs_err check_resume_options(struct job *job)
{
    static const char *const frozen[] = {"ports",      "exclude",  "exclude-file", "targets",   "names",
                                         "sni",        "network",  "seed",         "shard",     "source",
                                         "no-store",   "dry-run",  "lane",         "key-types", "ehlo-name",
                                         "names-from", "max-names"};
    for (size_t i = 0; i < sizeof frozen / sizeof frozen[0]; i++) {
        if (app_was_given(job->app, frozen[i]))
            return diag_fail(&job->app->diag, CS_E_INVALID,
                             "--%s cannot be changed by --resume: the scan keeps what it began with",
                             frozen[i]);
    }
    if (job->app->words.count > 0)
        return diag_fail(&job->app->diag, CS_E_INVALID,
                         "--resume takes no targets (write --resume=%.20s to name a scan)",
                         job->app->words.items[0]);
    return CS_OK;
}

/* The frozen rules by name, with the ids of owners and rules as they are now. */
static enum cs_err thaw_rules(struct job *job, const char *text)
{
    struct ruleset now = {0};
    struct diag ignored;
    enum cs_err err = ruleset_from_json(&job->rules, text, strlen(text), NULL, NULL, NULL, &job->app->diag);
    if (err == CS_OK)
        err = app_load_rules(job->app, &now);
    for (size_t i = 0; i < job->rules.count && err == CS_OK; i++) {
        struct rule *rule = &job->rules.rules[i];
        if (owners_find(job->app->store, &rule->owner, &rule->owner_id, &ignored) != CS_OK)
            rule->owner_id = 0; /* the owner was removed meanwhile */
        for (size_t k = 0; k < now.count; k++) {
            if (text_equals(now.rules[k].name, rule->name))
                rule->id = now.rules[k].id;
        }
    }
    ruleset_dispose(&now);
    return err;
}

static enum cs_err thaw_options(struct job *job, const char *text)
{
    struct json_value *json;
    enum cs_err err = json_parse(&json, text, strlen(text), &job->app->diag);
    if (err != CS_OK)
        return err;
    err = scan_source_parse(json_to_string(json_get(json, "source")), &job->plan, &job->app->diag);
    if (err == CS_OK)
        err = scan_ehlo_parse(json_to_string(json_get(json, "ehlo_name")), job->ehlo_name, &job->app->diag);
    if (err == CS_OK)
        err = scan_policy_parse(json_to_string(json_get(json, "lane")),
                                json_to_string(json_get(json, "key_types")), &job->plan.policy,
                                &job->app->diag);
    if (err == CS_OK)
        err = scan_names_parse(json_to_string(json_get(json, "names_from")), &job->names, &job->app->diag);
    int64_t max_names = 0; /* of a scan from before there were names: none */
    json_to_int(json_get(json, "max_names"), &max_names);
    job->names.max_names = (unsigned)max_names;
    const char *dns_server = json_to_string(json_get(json, "dns"));
    if (err == CS_OK && dns_server != NULL && job->options->request.dns_server == NULL) {
        job->dns_server = text_copy(dns_server);
        job->options->request.dns_server = job->dns_server;
    }
    json_free(json);
    return err;
}

static enum cs_err thaw_row(void *context, const struct scan_row *row)
{
    struct job *job = context;
    if (row->state == SCAN_DONE)
        return diag_fail(&job->app->diag, CS_E_INVALID,
                         "scan %" PRId64 " is done: there is nothing to resume", row->id);
    job->scan_id = row->id;
    job->plan.seed = row->seed;
    job->plan.shard_index = row->shard_index;
    job->plan.shard_count = row->shard_count;
    job->plan.low_water = row->low_water;
    job->network = text_copy(row->network);
    enum cs_err err = target_set_thaw(&job->targets, row->targets, strlen(row->targets), &job->app->diag);
    if (err == CS_OK)
        err = thaw_rules(job, row->rules);
    if (err == CS_OK)
        err = thaw_options(job, row->options);
    return err;
}

static enum cs_err keep_done(void *context, const struct attempt_entry *entry)
{
    struct job *job = context;
    if (job->done_count == job->done_cap) {
        size_t cap = job->done_cap == 0 ? 1024 : job->done_cap * 2;
        uint64_t *done = realloc(job->done, cap * sizeof *done);
        if (done == NULL)
            return CS_E_NOMEM;
        job->done = done;
        job->done_cap = cap;
    }
    job->done[job->done_count++] = entry->position;
    return CS_OK;
}

static int by_position(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum cs_err plan_resume(struct job *job)
{
    struct app *app = job->app;
    const char *text = job->options->resume;
    uint64_t id = 0;
    enum cs_err err = check_resume_options(job);
    if (err == CS_OK && text[0] != '\0' && text_to_u64(text, strlen(text), INT64_MAX, &id) != CS_OK)
        err = diag_fail(&app->diag, CS_E_INVALID, "--resume=%.40s: expected the number of a scan", text);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = scans_get(app->store, (int64_t)id, thaw_row, job, &app->diag);
    if (err == CS_OK)
        err = attempts_each(app->store, job->scan_id, job->plan.low_water, keep_done, job, &app->diag);
    if (err == CS_OK && job->done_count > 1)
        qsort(job->done, job->done_count, sizeof *job->done, by_position);
    job->plan.done = job->done;
    job->plan.done_count = job->done_count;
    return err;
}

/* ---- dry run ---- */

static int print_dry_run(struct job *job)
{
    struct target_set_facts facts;
    struct buf out = {0};
    uint64_t count = target_set_count(job->targets);
    target_set_facts(job->targets, &facts);
    struct scan_estimate estimate = scan_estimate(count, &facts, job->plan.shard_count, &job->plan.limits);
    target_set_describe(job->targets, &out, BLOCKS_SHOWN);
    buf_append_str(&out, "targets     ");
    append_count(&out, count);
    buf_append_str(&out, " at ");
    append_count(&out, (uint64_t)facts.address_count);
    buf_append_str(&out, " addresses");
    if (job->plan.shard_count > 1)
        buf_printf(&out, ", about 1/%u of them for this shard", job->plan.shard_count);
    buf_append_str(&out, "\nlimits      ");
    buf_printf(&out, job->plan.limits.rate_per_s > 0 ? "%u connections/s, " : "no rate limit, ",
               job->plan.limits.rate_per_s);
    buf_printf(&out, "%u at once, %u for each host, %u for each /24 or /64 (0 = no limit)\n",
               scan_limits_inflight(&job->plan.limits), job->plan.limits.per_host,
               job->plan.limits.per_prefix);
    buf_printf(&out, "connections one for each target, %s where it answers, never more than %d\n",
               job->plan.policy.both_keys ? "two" : "rarely more", TRIES_MAX);
    buf_append_str(&out, "time        between ");
    append_duration(&out, estimate.quick_s);
    buf_append_str(&out, " (every target answers at once) and ");
    append_duration(&out, estimate.dark_s);
    buf_printf(&out, " (none answers); held back by: %s\n", estimate.held_back_by);
    fputs(buf_str(&out), stdout);
    buf_dispose(&out);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- the run ---- */

static void fill_run(struct job *job, struct scan_run *run)
{
    const char *when = job->options->progress != NULL ? job->options->progress : "auto";
    bool terminal = isatty(STDERR_FILENO) == 1;
    bool stored = !job->options->no_store;
    bool lines = job->output == OUTPUT_JSONL;
    job->plan.targets = job->targets;
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
        .is_resumed = job->options->resume != NULL,
        .show_progress = strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && terminal),
        .progress_on_terminal = terminal,
    };
}

/* The row gets the state that the run ended in; a failure keeps what was committed, for --resume. */
static enum cs_err finish_row(struct job *job, enum cs_err err, const struct scan_result *result)
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

static int print_end(struct job *job, const struct scan_result *result)
{
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

static int run_job(struct job *job)
{
    struct scan_run run;
    struct scan_result result = {0};
    struct app *app = job->app;
    enum cs_err err = CS_OK;
    fill_run(job, &run);
    if (!job->options->no_store && job->options->resume == NULL)
        err = create_row(job);
    if (err == CS_OK && !job->options->no_store)
        err = scans_lease(app->store, job->scan_id, job->holder, app_now_s(), &app->diag);
    if (err != CS_OK)
        return app_status(app, err);
    run.pipeline.scan_id = run.names.scan_id = job->options->no_store ? 0 : job->scan_id;
    err = finish_row(job, scan_run(&run, &result, &app->diag), &result);
    int status = err == CS_OK ? print_end(job, &result) : app_status(app, err);
    scan_result_dispose(&result);
    return status;
}

static int scan(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scan_options options = {.limits = scan_limits_default, .max_names = 10};
    struct job job = {.app = app, .options = &options};
    if (!app_begin(app, command, argc, argv, scan_option_table, &options, false, NULL, 0, SIZE_MAX,
                   &status)) {
        scan_request_dispose(&options.request);
        return status;
    }
    enum cs_err err = scan_options_defaults(app, &options);
    if (err == CS_OK)
        err = expiry_setting(app, &job.expiry);
    if (err == CS_OK)
        err = scan_output_parse(options.format, &job.output, &app->diag);
    if (err == CS_OK)
        err = scan_progress_check(options.progress, &app->diag);
    job.plan.limits = options.limits;
    if (err == CS_OK)
        err = options.resume != NULL ? plan_resume(&job) : plan_new(&job);
    if (err != CS_OK)
        status = app_status(app, err);
    else
        status = options.dry_run ? print_dry_run(&job) : run_job(&job);
    scan_request_dispose(&options.request);
    ruleset_dispose(&job.rules);
    target_set_free(job.targets);
    free(job.network);
    free(job.dns_server);
    free(job.done);
    return status;
}

const struct command scan_commands[] = {
    {"scan", NULL, "TARGET... [options]",
     "finds the certificates of addresses, ranges (10.0.0.0/24, a-b) and hosts, each with an optional :PORT",
     scan},
    {.name = NULL},
};
