// SPDX-License-Identifier: Apache-2.0
/* What is remembered of a task's twin at a certificate manager, beside its id there (db/tasks.h): what the
 * manager does not tell, and what both were when they last agreed. */
#ifndef DB_TASK_LINKS_H
#define DB_TASK_LINKS_H

#include "db/store.h"

struct task_link { /* owned: task_link_dispose */
    char *bucket;  /* id of the certificate bucket that it was sent with; NULL = never sent */
    char *agreed;  /* what the twin said when it was last read or sent; NULL = not known */
};
void task_link_dispose(struct task_link *link); /* idempotent */

/* `out` is zeroed first; of a task without link it stays so. */
CS_MUST_USE enum cs_err task_links_get(struct store *store, int64_t task_id, struct task_link *out,
                                       struct diag *diag);
/* In the caller's transaction, or in one of its own. `bucket` NULL: it stays as it is. */
CS_MUST_USE enum cs_err task_links_put(struct store *store, int64_t task_id, const char *bucket,
                                       const char *agreed, struct diag *diag);
CS_MUST_USE enum cs_err task_links_drop(struct store *store, int64_t task_id, struct diag *diag);

#endif
