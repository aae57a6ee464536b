// SPDX-License-Identifier: Apache-2.0
/* What the files of the pull share; for .c files of scm/ only. */
#ifndef SCM_PULL_INNER_H
#define SCM_PULL_INNER_H

#include "scm/pull.h"
#include "scm/reply.h"

struct pulling {
    const struct pull_options *options;
    struct inventory_pull into;
    struct reply_certificate *certificate; /* large: not for the stack */
};

/* Fills in the details of listed certificates by the SSL report, one call for each organization. What it does
 * not bring, or SCM refuses, is left to calls for one certificate: only CS_E_CANCELLED, CS_E_NOMEM and errors
 * of the store end a pull here. */
CS_MUST_USE enum cs_err pull_reports(struct pulling *pulling, struct diag *diag);

#endif
