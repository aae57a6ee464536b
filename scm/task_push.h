// SPDX-License-Identifier: Apache-2.0
/* Local tasks as network discovery tasks of SCM's. */
#ifndef SCM_TASK_PUSH_H
#define SCM_TASK_PUSH_H

#include "scm/client.h"
#include "scm/rule_sync.h"
#include "scm/task_reply.h"

struct task_draft { /* a local task as it shall be there */
    int64_t task_id;
    int64_t external_id; /* of its twin; 0 = none */
    struct task_reply task;
    struct buf notes;    /* what SCM cannot express, a line each */
    struct diag refusal; /* why it cannot be sent at all; "" = it can */
};
void task_draft_dispose(struct task_draft *draft); /* idempotent */

struct task_push_options { /* borrowed */
    struct client *client;
    struct store *store;
    const char *agent;  /* name; NULL = the twin keeps its own */
    const char *bucket; /* name or id; NULL = the one that it was sent with before */
    uint32_t limit;     /* tasks made and changed, at most; 0 = no limit */
    bool apply;         /* else it is a preview */
};

struct task_push_result { /* rule_notes_dispose(&notes), also after an error */
    size_t unchanged;
    size_t made; /* with `apply`: what has been done */
    size_t changed;
    struct rule_notes notes; /* details of what is added and changed are lines of a difference */
};

/* The twin of a task is the one of its id, else the only one of its name that no other local task has. With
 * `apply` each task that was sent is remembered at once: after an error, or a kill, the same again does only
 * what is left, and finds by its name what was made and not remembered. Errors of rule_book_read_buckets,
 * task_list_read and client_call. */
CS_MUST_USE enum cs_err task_push(const struct task_push_options *options, struct task_draft *drafts,
                                  size_t count, struct task_push_result *result, struct diag *diag);

#endif
