// SPDX-License-Identifier: Apache-2.0
/* What a certificate manager's own discovery has found: of each of its tasks the latest run that was
 * completed. A pull puts rows aside and swaps them in when it has all, task by task. */
#ifndef DB_DISCOVERED_H
#define DB_DISCOVERED_H

#include <stddef.h>

#include "db/store.h"
#include "model/ip.h"

struct discovered_run { /* text is borrowed where it is given, valid for the call where it is read */
    int64_t task_id;    /* there */
    const char *task_name;
    const char *operation; /* id of the run */
    int64_t created_s;     /* when it was; 0 = not known */
    int64_t pulled_at_s;
    int64_t row_count;
};

struct discovered_row { /* text is borrowed */
    struct ip ip;
    uint16_t port;
    const char *host;   /* "" = none */
    const char *hash;   /* lower-case hex as it was told, SHA-1 in samples; "" = none */
    const char *serial; /* as cert_record.serial; NULL = not known */
    int64_t managed_id; /* of the SSL certificate that it is there; 0 = none */
    int64_t seen_s;     /* 0 = not known */
};

/* Is that run what counts for the task already? */
CS_MUST_USE enum cs_err discovered_has(struct store *store, const char *provider, int64_t task_id,
                                       const char *operation, bool *has, struct diag *diag);
/* Drops what was put aside for the task before. */
CS_MUST_USE enum cs_err discovered_begin(struct store *store, const char *provider, int64_t task_id,
                                         struct diag *diag);
/* Puts a row aside; the caller has a transaction. `*fresh`: it had not been there. */
CS_MUST_USE enum cs_err discovered_put(struct store *store, const char *provider, int64_t task_id,
                                       const struct discovered_row *row, bool *fresh, struct diag *diag);
/* What was put aside becomes what counts; `run->row_count` is set. */
CS_MUST_USE enum cs_err discovered_swap(struct store *store, const char *provider, struct discovered_run *run,
                                        struct diag *diag);
/* Of tasks that are not there any more (none of `ids`) nothing counts. */
CS_MUST_USE enum cs_err discovered_keep(struct store *store, const char *provider, const int64_t *ids,
                                        size_t count, struct diag *diag);

/* How many tasks have rows that count. */
CS_MUST_USE enum cs_err discovered_count(struct store *store, const char *provider, int64_t *count,
                                         struct diag *diag);

/* Each address and port that counts, once, by address. */
typedef enum cs_err (*discovered_each_place)(void *context, struct ip ip, uint16_t port);
CS_MUST_USE enum cs_err discovered_each(struct store *store, discovered_each_place each, void *context,
                                        struct diag *diag);

#endif
