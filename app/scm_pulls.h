// SPDX-License-Identifier: Apache-2.0
/* What `scm pull` can be told to read besides the inventory; app/cmd_scm_pull.c calls these. */
#ifndef APP_SCM_PULLS_H
#define APP_SCM_PULLS_H

#include "app/scm_session.h"
#include "scm/rule_sync.h"

struct scm_pull_options {
    bool accept_empty;
    bool overwrite;
    const char *bucket; /* NULL = all */
    const char *task;   /* NULL = all */
};

/* Assignment rules. The store is open for writing. */
CS_MUST_USE enum cs_err scm_pull_rules(struct app *app, struct client *client,
                                       const struct scm_pull_options *options);
/* What SCM's own discovery found. */
CS_MUST_USE enum cs_err scm_pull_results(struct app *app, struct client *client,
                                         const struct scm_pull_options *options);

/* Network discovery tasks. */
CS_MUST_USE enum cs_err scm_pull_tasks(struct app *app, struct client *client,
                                       const struct scm_pull_options *options);

/* "  WORD     ID "NAME": DETAIL" */
void scm_print_note(const char *word, const struct rule_note *note);
/* What became of each; `what` and the number of those that are as they were stand before it. */
void scm_print_pulled(const char *what, size_t unchanged, const struct rule_notes *notes, const char *behind);

/* After organizations: proposes SCM's contact mails for owners without mail, as the commands that set them,
 * or sets them (`take`). */
CS_MUST_USE enum cs_err scm_offer_mails(struct app *app, struct client *client, bool take);

/* "WHAT 12 of 40", written over itself; for terminals only. */
void scm_show_count(const char *what, int64_t done, int64_t total);

#endif
