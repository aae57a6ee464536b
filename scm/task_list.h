// SPDX-License-Identifier: Apache-2.0
/* The network discovery tasks that SCM lists. */
#ifndef SCM_TASK_LIST_H
#define SCM_TASK_LIST_H

#include "scm/client.h"

#define TASK_LIST_MAX 10000

struct listed_task {
    int64_t id;
    char *name; /* owned */
};

struct task_list { /* zero-initialise; dispose also after an error */
    struct listed_task *items;
    size_t count;
    size_t cap;
};

/* All of them, or (`wanted`, a name or an id) one. CS_E_NOT_FOUND, CS_E_INVALID: two have that name;
 * CS_E_LIMIT, CS_E_MALFORMED: a row without id or name; errors of client_call. */
CS_MUST_USE enum cs_err task_list_read(struct task_list *list, struct client *client, const char *wanted,
                                       struct diag *diag);
void task_list_dispose(struct task_list *list); /* idempotent */

#endif
