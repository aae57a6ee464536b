// SPDX-License-Identifier: Apache-2.0
/* What the DNS says of CAs as a listing: a row for each name, and the records that are missing. */
#ifndef APP_CAA_LIST_H
#define APP_CAA_LIST_H

#include "base/set64.h"
#include "dns/caa_climb.h"
#include "dns/caa_policy.h"
#include "report/listing.h"

extern const struct listing_column caa_columns[];
extern const size_t caa_column_count;

struct caa_list {            /* the upper part is filled by the caller, the rest is zero */
    struct listing *listing; /* NULL: no row is written any more */
    const char *const *cas;  /* the names of the CA; the first is the one a missing record gets */
    size_t ca_count;
    struct text_list missing; /* lines for a zone file, each once; owned */
    struct set64 told;
};

struct caa_answers {
    enum caa_verdict issue;
    enum caa_verdict issuewild;
};

CS_MUST_USE enum cs_err caa_list_row(struct caa_list *list, const struct caa_found *found,
                                     struct caa_answers *answers, struct diag *diag);
void caa_list_dispose(struct caa_list *list); /* not the listing */

#endif
