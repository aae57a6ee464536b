// SPDX-License-Identifier: Apache-2.0
/* The journal of a session with SCM, kept in the database; and the lock by which only one process at a time
 * sends or takes back. */
#ifndef APP_SCM_JOURNAL_H
#define APP_SCM_JOURNAL_H

#include "app/scm_session.h"
#include "db/sent_log.h"

struct scm_journal {
    struct client_journal journal;
    struct store *store;
    struct sent_by by;
    char local_user[80];
    int64_t push_id; /* of what is sent from now on; 0 = no push */
    int lock_fd;
};

/* Everything that `session` changes is written into `app->store` (open for writing) from now on. CS_E_BUSY:
 * another process of this database sends just now. The lock ends with the process, whatever ends it. */
CS_MUST_USE enum cs_err scm_journal_open(struct scm_journal *journal, struct app *app,
                                         struct scm_session *session);
void scm_journal_close(struct scm_journal *journal); /* of a zero-initialised one is fine */

#endif
