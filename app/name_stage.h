// SPDX-License-Identifier: Apache-2.0
/* The stage of a scan that looks for the certificates behind one address: PTR names for what showed one,
 * names from certificates and what the DNS says of them, and rounds of follow-up targets
 * (scanner/follow_ups.h). */
#ifndef APP_NAME_STAGE_H
#define APP_NAME_STAGE_H

#include <signal.h>

#include "base/diag.h"
#include "cert/record.h"
#include "db/store.h"
#include "scanner/follow_ups.h"
#include "scanner/name_source.h"
#include "scanner/permutation.h"
#include "scanner/scanner.h"
#include "scanner/target_set.h"

struct name_options {
    unsigned sources;       /* a set of enum name_source; 0 = none at all */
    unsigned max_names;     /* of one address */
    const char *dns_server; /* NULL = the system's, which is asked nothing about loopback and link-local */
    const char *network;
    struct store *store; /* NULL = nothing is stored */
    int64_t scan_id;
    const volatile sig_atomic_t *stop; /* not zero: no look-up is begun any more; never NULL */
};

struct name_stage;

/* `options` is copied, what it points to borrowed. */
CS_MUST_USE enum cs_err name_stage_new(struct name_stage **out, const struct name_options *options,
                                       struct diag *diag);
void name_stage_free(struct name_stage *stage);

/* What a scan that is resumed had met and tried: from what it has stored, and for what showed no certificate
 * for want of a name from its attempt log. Both are for the call. */
CS_MUST_USE enum cs_err name_stage_restore(struct name_stage *stage, const struct target_set *targets,
                                           const struct permutation *order, struct diag *diag);

/* From now on the DNS is left alone: what is asked for ends without answer. */
void name_stage_stop(struct name_stage *stage);

/* A batch that has come: host names of what it shows are asked for. Waits for nobody. */
CS_MUST_USE enum cs_err name_stage_ask(struct name_stage *stage, const struct scan_batch *batch,
                                       struct diag *diag);
/* Whether all that was asked for it is answered, as far as it will be. */
CS_MUST_USE enum cs_err name_stage_is_ready(struct name_stage *stage, const struct scan_batch *batch,
                                            bool *ready, struct diag *diag);
/* Before a batch is processed, ready or not: gives host names to what has none, and notes what was met. */
CS_MUST_USE enum cs_err name_stage_meet(struct name_stage *stage, const struct scan_batch *batch,
                                        struct diag *diag);
/* Whether any host name is still asked for. */
CS_MUST_USE enum cs_err name_stage_is_waiting(struct name_stage *stage, bool *waiting, struct diag *diag);
/* A host name that came when its address had been processed without; `*name` NULL: there is none more. */
CS_MUST_USE enum cs_err name_stage_late(struct name_stage *stage, struct ip *ip, const char **name);

/* For the pipeline's on_leaf. */
enum cs_err name_stage_leaf(void *context, const struct observation *seen, const struct cert_record *leaf);

/* Asks the DNS about names seen, so many that it takes seconds; `*more`: there are others, call again. */
CS_MUST_USE enum cs_err name_stage_resolve(struct name_stage *stage, int64_t now_s, bool *more,
                                           struct diag *diag);
/* The targets of the next round, the first of which is follow-up number `*first`; NULL: no more. */
CS_MUST_USE enum cs_err name_stage_round(struct name_stage *stage, struct target_set **out, uint64_t *first,
                                         struct diag *diag);

/* A line for people about what was tried and what was left; "" = nothing to say. */
void name_stage_describe(const struct name_stage *stage, struct buf *out);

#endif
