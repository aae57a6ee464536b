// SPDX-License-Identifier: Apache-2.0
/* Standing exclusions: opt-outs that hold for every scan, a running one included. */
#ifndef DB_EXCLUSIONS_H
#define DB_EXCLUSIONS_H

#include "db/store.h"
#include "model/ip.h"

struct exclusion_row {
    int64_t id;
    const char *what; /* as given: a range in canonical form, or a lower-case host name; valid for the call */
    bool is_range;
    struct ip_range range;
    const char *reason;
    int64_t created_at_s;
    bool has_until;
    int64_t until_s; /* first second in which it no longer holds */
};
typedef enum cs_err (*exclusion_each)(void *context, const struct exclusion_row *row);

/* `range` NULL: `what` is a host name. `until_s` NULL = for good. CS_E_EXISTS. */
CS_MUST_USE enum cs_err exclusions_add(struct store *store, const char *what, const struct ip_range *range,
                                       const char *reason, int64_t now_s, const int64_t *until_s,
                                       struct diag *diag);
CS_MUST_USE enum cs_err exclusions_remove(struct store *store, const char *what, struct diag *diag);
/* Those in force at `now_s`, or all with `expired_too`. */
CS_MUST_USE enum cs_err exclusions_each(struct store *store, int64_t now_s, bool expired_too,
                                        exclusion_each each, void *context, struct diag *diag);

#endif
