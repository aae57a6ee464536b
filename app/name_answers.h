// SPDX-License-Identifier: Apache-2.0
/* What the DNS said of names, kept until it can be stored: no transaction is open while it is asked. */
#ifndef APP_NAME_ANSWERS_H
#define APP_NAME_ANSWERS_H

#include "db/store.h"
#include "model/ip.h"

struct name_answer {
    char *name;
    struct ip *ips; /* owned */
    size_t count;
    bool answered; /* these are all, the DNS has said so */
};

struct name_answers { /* zero-initialise */
    struct name_answer *items;
    size_t count;
    size_t cap;
};

CS_MUST_USE enum cs_err name_answers_add(struct name_answers *answers, const char *name, const struct ip *ips,
                                         size_t count, bool answered);
void name_answers_dispose(struct name_answers *answers); /* idempotent */

/* Stores what scan `scan_id` has heard, and ends assets of names that are elsewhere now
 * (scan_names_resolved), in a transaction of its own. */
CS_MUST_USE enum cs_err name_answers_store(const struct name_answers *answers, struct store *store,
                                           int64_t scan_id, const char *network, int64_t now_s,
                                           struct diag *diag);

#endif
