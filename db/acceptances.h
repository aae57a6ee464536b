// SPDX-License-Identifier: Apache-2.0
/* Findings that somebody has accepted, for an endpoint or for a certificate wherever it is served, until a
 * date: such a finding is silenced. */
#ifndef DB_ACCEPTANCES_H
#define DB_ACCEPTANCES_H

#include "db/assets.h"

struct acceptance {
    const struct endpoint
        *endpoint;         /* a NULL server name there means every one; its network is not compared */
    const uint8_t *sha256; /* of a certificate; one of the two, the other NULL */
    const char *finding;
    const char *reason;
    int64_t until_s; /* the first second in which it no longer holds */
};

/* One that is there already gets the new reason and date. `*count` = assets meant. CS_E_NOT_FOUND: none. */
CS_MUST_USE enum cs_err acceptances_put(struct store *store, const struct acceptance *acceptance,
                                        int64_t now_s, int64_t *count, struct diag *diag);
/* `finding` NULL takes all back that were accepted there. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err acceptances_remove(struct store *store, const struct acceptance *acceptance,
                                           int64_t *count, struct diag *diag);

struct acceptance_row {       /* valid for the call */
    struct endpoint endpoint; /* network NULL: of a certificate */
    uint8_t sha256[SHA256_SIZE];
    const char *common_name; /* of that certificate */
    const char *finding;
    const char *reason;
    int64_t created_at_s;
    int64_t until_s;
};
typedef enum cs_err (*acceptance_each)(void *context, const struct acceptance_row *row);
/* In the order in which they end. */
CS_MUST_USE enum cs_err acceptances_each(struct store *store, int64_t now_s, bool expired_too,
                                         acceptance_each each, void *context, struct diag *diag);

#endif
