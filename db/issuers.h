// SPDX-License-Identifier: Apache-2.0
/* What is known of a CA by the chains of others: servers that leave out its certificate cannot be judged by
 * their own. */
#ifndef DB_ISSUERS_H
#define DB_ISSUERS_H

#include "base/text_list.h"
#include "db/store.h"

struct issuers { /* names as in cert_record.issuer, sorted by strcmp; zero-initialised is empty */
    struct text_list of_public;  /* some live asset's chain leads from it to a public root */
    struct text_list of_private; /* none does, and some chain from it ends at a root that nobody knows */
};

CS_MUST_USE enum cs_err issuers_read(struct issuers *out, struct store *store, struct diag *diag);
void issuers_dispose(struct issuers *issuers);

/* NULL is no name. */
bool issuers_has(const struct text_list *names, const char *issuer);

#endif
