// SPDX-License-Identifier: Apache-2.0
/* Every call that changes something at a certificate manager: written before it goes out, its answer behind
 * it. A row without answer is a call whose effect is not known. No secret is ever in it. */
#ifndef DB_SENT_LOG_H
#define DB_SENT_LOG_H

#include "db/store.h"

struct sent_by { /* who sends; borrowed */
    const char *provider;
    const char *server;     /* its base URL */
    const char *account;    /* login or client id there */
    const char *local_user; /* here */
};

/* `push_id` 0: no push is behind it. `about` may be NULL. */
CS_MUST_USE enum cs_err sent_log_begin(struct store *store, const struct sent_by *by, int64_t push_id,
                                       const char *call, const char *about, int64_t now_s, int64_t *id,
                                       struct diag *diag);
/* `status` 0: there was no answer. */
CS_MUST_USE enum cs_err sent_log_end(struct store *store, int64_t id, int status, const char *answer,
                                     int64_t now_s, struct diag *diag);
/* What an answer came to, once it is understood. */
CS_MUST_USE enum cs_err sent_log_explain(struct store *store, int64_t id, const char *answer,
                                         struct diag *diag);

struct sent_row { /* text is valid for the call */
    int64_t id;
    int64_t push_id; /* 0 = none */
    struct sent_by by;
    const char *call;
    const char *about; /* NULL = nothing is said */
    int64_t sent_at_s;
    int64_t answered_at_s; /* 0 = never, or not known: the process ended first */
    int64_t status;        /* 0 = no answer */
    const char *answer;
};
typedef enum cs_err (*sent_each)(void *context, const struct sent_row *row);
/* Newest first. `push_id` 0 = all. */
CS_MUST_USE enum cs_err sent_log_each(struct store *store, int64_t push_id, sent_each each, void *context,
                                      struct diag *diag);

#endif
