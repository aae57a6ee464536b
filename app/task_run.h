// SPDX-License-Identifier: Apache-2.0
/* One run of a task: a new scan as the task says, or the interrupted one that goes on. */
#ifndef APP_TASK_RUN_H
#define APP_TASK_RUN_H

#include "app/scan_job.h"
#include "app/task_spec.h"

struct task_run { /* the caller's for the run */
    const struct task_row *row;
    struct scan_control control; /* its may_send and context are filled in: the task's allowed hours */
    int64_t resume_scan;         /* 0 = a new scan */
    const char *progress;        /* NULL = auto */
    enum scan_end end;           /* out */
};

/* `app` has its store open for writing. The exit status, as of `certscour scan`. */
int task_run(struct app *app, struct task_run *run);

/* The scan of this task that was interrupted or killed and may go on, 0 = none: the newest one, unless it is
 * done, was stopped or failed. */
CS_MUST_USE enum cs_err task_unfinished(struct app *app, const struct task_row *row, int64_t *scan_id);

#endif
