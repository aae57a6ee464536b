// SPDX-License-Identifier: Apache-2.0
/* What SCM's own discovery found: of each network discovery task the latest completed run. */
#ifndef SCM_RESULT_PULL_H
#define SCM_RESULT_PULL_H

#include "db/discovered.h"
#include "scm/client.h"

struct result_pull_options { /* borrowed */
    struct client *client;
    struct store *store;
    const char *task; /* its name, or its id in SCM; NULL = all */
    bool accept_empty;
    /* What became of a task, once it is whole. `run` NULL: it has no completed run. `placeless`: rows without
     * address and port, which are left out. `fresh` false: that run had been read already. */
    void (*done)(void *context, const char *task_name, const struct discovered_run *run, bool fresh,
                 size_t placeless);
    void (*progress)(void *context, int64_t done, int64_t total); /* rows of one run; NULL = nobody listens */
    void *context;
};

/* Page by page, in bounded memory, each task on its own: those that came whole stay if a later one fails, and
 * of that one what was known before. CS_E_NOT_FOUND: there is no such task; CS_E_INVALID: two have that name;
 * CS_E_MALFORMED also where SCM shows no task and has shown some; errors of client_call. */
CS_MUST_USE enum cs_err result_pull(const struct result_pull_options *options, struct diag *diag);

#endif
