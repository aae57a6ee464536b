// SPDX-License-Identifier: Apache-2.0
/* SCM's network discovery tasks as local ones. */
#ifndef SCM_TASK_PULL_H
#define SCM_TASK_PULL_H

#include "db/tasks.h"
#include "scm/client.h"
#include "scm/rule_sync.h"

struct task_pull_options { /* borrowed */
    struct client *client;
    struct store *store;
    bool accept_empty; /* no tasks where there were some before */
    bool overwrite;    /* what was changed here too becomes what SCM has */
    int64_t now_s;
    /* Can `row` be a task here? CS_E_INVALID with the reason; other errors end the pull. */
    enum cs_err (*check)(void *context, const struct task_row *row, struct diag *diag);
    book_progress progress; /* NULL = nobody listens */
    void *context;
};

struct task_pull_result { /* rule_notes_dispose(&notes), also after an error */
    size_t unchanged;
    struct rule_notes notes;
};

/* One call for the list and one for each task; then the local tasks change in one transaction: after any
 * error they are as they were. A task that is new here is disabled. One whose twin was changed in SCM follows
 * it, unless it was changed here too; its exclusions, window and scan options stay. Errors of task_list_read
 * and client_call; CS_E_MALFORMED also where SCM shows no task and has shown some. */
CS_MUST_USE enum cs_err task_pull(const struct task_pull_options *options, struct task_pull_result *result,
                                  struct diag *diag);

#endif
