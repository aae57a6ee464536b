// SPDX-License-Identifier: Apache-2.0
/* All assignment rules and the buckets that order them, as SCM has them now, in memory. */
#ifndef SCM_RULE_BOOK_H
#define SCM_RULE_BOOK_H

#include "scm/client.h"
#include "scm/rule_reply.h"

#define BOOK_MAX_RULES   10000
#define BOOK_MAX_BUCKETS 1000

typedef void (*book_progress)(void *context, int64_t done, int64_t total);

struct rule_book {            /* zero-initialise; dispose also after an error */
    struct rule_reply *rules; /* owned, by id */
    size_t rule_count;
    struct bucket_reply *buckets; /* owned; with their rules, in SCM's order */
    size_t bucket_count;
};

/* One call for the ids and one for each rule, one for the buckets and one for each (`bucket`, a name or an
 * id: only for that one). CS_E_NOT_FOUND names the buckets there are; CS_E_INVALID: two have that name;
 * CS_E_LIMIT and errors of client_call. `progress` may be NULL. */
CS_MUST_USE enum cs_err rule_book_read(struct rule_book *book, struct client *client, const char *bucket,
                                       book_progress progress, void *context, struct diag *diag);
void rule_book_dispose(struct rule_book *book); /* idempotent */

/* NULL: there is none. */
struct rule_reply *rule_book_find(const struct rule_book *book, int64_t id);

/* The rules in the order that counts: those of each bucket in turn, and, `others`, those in no bucket by id.
 * `out` has room for rule_count. */
size_t rule_book_order(const struct rule_book *book, bool others, int64_t *out);

/* The bucket of that name or id alone, with its rules; for those that want no rules. */
CS_MUST_USE enum cs_err rule_book_read_buckets(struct rule_book *book, struct client *client,
                                               const char *bucket, struct diag *diag);

#endif
