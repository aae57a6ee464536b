// SPDX-License-Identifier: Apache-2.0
/* What a push would do, for a person: the assets as a listing on stdout, and on stderr for whom it would make
 * what, and what it leaves out and why. */
#ifndef APP_PUSH_PREVIEW_H
#define APP_PUSH_PREVIEW_H

#include "app/app.h"
#include "app/scm_route.h"
#include "db/push_plan.h"

struct push_totals {
    int64_t imports;   /* certificates that SCM does not know */
    int64_t known;     /* that it knows: only locations are missing */
    int64_t locations; /* assets */
};

CS_MUST_USE enum cs_err push_preview_list(struct app *app, struct push_plan *plan,
                                          const struct list_options *options);
CS_MUST_USE enum cs_err push_preview_note(struct app *app, struct push_plan *plan,
                                          const struct scm_route *route, struct push_totals *totals);

#endif
