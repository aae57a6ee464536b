// SPDX-License-Identifier: Apache-2.0
/* One scan from its options, or from the row it was interrupted in, to its end: plan, row, run, summary. */
#ifndef APP_SCAN_JOB_H
#define APP_SCAN_JOB_H

#include "app/scan_options.h"
#include "app/scan_run.h"
#include "db/tasks.h"

struct scan_job {                 /* zero-initialise, set what is the caller's; scan_job_dispose */
    struct app *app;              /* the caller's, as all up to `output` */
    struct scan_options *options; /* with their defaults filled in */
    const struct task_row *task;  /* whose scan it is; NULL = nobody's */
    struct scan_control control;
    enum output output;

    struct expiry_limits expiry;
    struct trust *trust; /* owned; NULL = chains are not judged */
    struct scan_plan plan;
    struct target_set *targets;
    struct dns_answers answers; /* to the names among them */
    struct ruleset rules;
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
    enum scan_end end; /* after the run */
};

/* What the configuration says of findings. */
CS_MUST_USE enum cs_err scan_job_settings(struct scan_job *job);
/* What needs no target, store or network to be found wrong. */
CS_MUST_USE enum cs_err scan_job_check(struct scan_job *job);
/* Checks everything, opens the store and makes the targets. Notes go to stderr. */
CS_MUST_USE enum cs_err scan_job_plan(struct scan_job *job);
/* The same for options->resume; where the store is open already, it is used. */
CS_MUST_USE enum cs_err scan_job_plan_resume(struct scan_job *job);
/* Runs it as a row of the store (unless --no-store) and prints; the exit status. CS_E_BUSY of a task that
 * runs already is told like any error. */
int scan_job_run(struct scan_job *job);
void scan_job_dispose(struct scan_job *job); /* not the options */

#endif
