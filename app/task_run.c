// SPDX-License-Identifier: Apache-2.0
#include "app/task_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/known_targets.h"
#include "db/scans.h"

static bool within_hours(const void *context, int64_t now_s)
{
    const struct task_clock *clock = context;
    return schedule_is_open(&clock->schedule, clock->zone, now_s);
}

static enum cs_err plan(struct scan_job *job, const struct task_run *run)
{
    struct app *app = job->app;
    if (run->resume_scan != 0)
        return scan_job_plan_resume(job);
    enum cs_err err = scan_job_plan(job);
    return err == CS_OK && run->row->known_only
               ? known_targets(app->store, job->network, &job->targets, &app->diag)
               : err;
}

int task_run(struct app *app, struct task_run *run)
{
    struct scan_options options = SCAN_OPTIONS_DEFAULT;
    struct task_clock clock = {0};
    char resume[24];
    struct scan_job job = {.app = app, .options = &options, .task = run->row, .control = run->control};
    job.control.may_send = within_hours;
    job.control.context = &clock;
    snprintf(resume, sizeof resume, "%" PRId64, run->resume_scan);
    run->end = SCAN_END_INTERRUPTED;
    enum cs_err err = task_clock_load(&clock, run->row, &app->diag);
    if (err == CS_OK)
        err = task_scan_options(app, run->row, &options);
    options.progress = run->progress;
    options.resume = run->resume_scan != 0 ? resume : NULL;
    job.output = run->control.quiet ? OUTPUT_NONE : OUTPUT_SUMMARY;
    if (err == CS_OK)
        err = scan_job_settings(&job);
    if (err == CS_OK)
        err = plan(&job, run);
    int status = err == CS_OK ? scan_job_run(&job) : app_status(app, err);
    if (err == CS_OK)
        run->end = job.end;
    scan_job_dispose(&job);
    scan_request_dispose(&options.request);
    task_clock_dispose(&clock);
    return status;
}

static enum cs_err look_at_newest(void *context, const struct scan_row *row)
{
    bool may_go_on = row->state == SCAN_RUNNING || row->state == SCAN_INTERRUPTED;
    *(int64_t *)context = may_go_on && !row->stop_requested ? row->id : 0;
    return CS_E_CANCELLED;
}

enum cs_err task_unfinished(struct app *app, const struct task_row *row, int64_t *scan_id)
{
    *scan_id = 0;
    enum cs_err err = scans_of_task(app->store, row->id, look_at_newest, scan_id, &app->diag);
    return err == CS_E_CANCELLED ? CS_OK : err;
}
