// SPDX-License-Identifier: Apache-2.0
/* certscour scan: request -> targets -> (dry run | scan row -> run) -> summary. A resumed scan takes targets,
 * order and rules from its row, and only pace and output from the command line. */
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/interrupts.h"
#include "app/progress.h"
#include "app/scan_estimate.h"
#include "app/scan_job.h"

#define BLOCKS_SHOWN 20

/* ---- dry run ---- */

static int print_dry_run(struct scan_job *job)
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

static enum cs_err take_targets(struct scan_options *options, const struct text_list *words,
                                struct diag *diag)
{
    for (size_t i = 0; i < words->count; i++) {
        if (text_list_add(&options->request.targets, words->items[i]) != CS_OK)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    return CS_OK;
}

static int scan(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scan_options options = SCAN_OPTIONS_DEFAULT;
    struct scan_job job = {.app = app, .options = &options, .control.interrupts = interrupts_catch()};
    if (!app_begin(app, command, argc, argv, scan_option_table, &options, false, NULL, 0, SIZE_MAX,
                   &status)) {
        scan_request_dispose(&options.request);
        return status;
    }
    enum cs_err err = scan_options_defaults(app, &options);
    if (err == CS_OK)
        err = scan_job_settings(&job);
    if (err == CS_OK)
        err = scan_output_parse(options.format, &job.output, &app->diag);
    if (err == CS_OK)
        err = scan_progress_check(options.progress, &app->diag);
    if (err == CS_OK && options.resume == NULL)
        err = take_targets(&options, &app->words, &app->diag);
    if (err == CS_OK)
        err = options.resume != NULL ? scan_job_plan_resume(&job) : scan_job_plan(&job);
    if (err != CS_OK)
        status = app_status(app, err);
    else
        status = options.dry_run ? print_dry_run(&job) : scan_job_run(&job);
    scan_request_dispose(&options.request);
    scan_job_dispose(&job);
    return status;
}

const struct command scan_commands[] = {
    {"scan", NULL, "TARGET... [options]",
     "finds the certificates of addresses, ranges (10.0.0.0/24, a-b) and hosts, each with an optional :PORT",
     scan},
    {.name = NULL},
};
