// SPDX-License-Identifier: Apache-2.0
/* A push of the outbox (db/push.h) to SCM, and taking it back. Each may be interrupted or killed anywhere and
 * be begun again: what is written down as done is not done twice, and what may or may not have been done is
 * asked of SCM first. No transaction is open while SCM is asked. */
#ifndef SCM_PUSH_H
#define SCM_PUSH_H

#include "db/push.h"
#include "scm/client.h"
#include "scm/push_writer.h"

#define PUSH_BATCH     128               /* certificates SCM takes in one import */
#define PUSH_MAX_BYTES ((size_t)4 << 20) /* of DER in one import */
#define PUSH_TRIES     3 /* for a location whose creation nobody answered: SCM is asked between them */
#define PUSH_REFUSALS  8 /* of single certificates in a row, before the rest of a batch is given up */

#define DISCOVERY_COMPLETED "completed"
#define DISCOVERY_CANCELLED "cancelled"

struct push_options {      /* borrowed */
    struct client *client; /* of the bucket, for a Discovery Import */
    struct store *store;
    struct discovery_names discovery;
    const char *discovery_path; /* of the import call, {id} = the operation; NULL = api_names.c's */
    /* `done` of `total` "certificates" or "locations"; NULL = nobody listens */
    void (*progress)(void *context, const char *what, int64_t done, int64_t total);
    void *context;
};

/* Brings a push to its end: SSL certificates by the v2 import, each with a custom location for each endpoint.
 * What SCM refuses is written down with its words, and is no error. Errors end the run and leave the rest for
 * the next: CS_E_IO (no answer, or one that holds for everything), CS_E_MALFORMED, CS_E_CANCELLED, the
 * store's. */
CS_MUST_USE enum cs_err push_run(const struct push_options *options, int64_t push_id, struct diag *diag);
/* The same by the Discovery Import API. A refusal is an error here: nothing of that API is confirmed. */
CS_MUST_USE enum cs_err push_run_discovery(const struct push_options *options, int64_t push_id,
                                           struct diag *diag);

struct undo_result {
    int64_t certificates; /* deleted now, or found gone */
    int64_t locations;
    int64_t refused;                    /* left there, since SCM does not let go of them */
    int64_t unsure;                     /* interrupted ones that SCM does not show as this push's */
    char reason[PUSH_COMMENT_SIZE * 3]; /* of the first refusal */
};
/* Deletes what the push made, and nothing else. CS_OK also with refusals: then it may be tried again. */
CS_MUST_USE enum cs_err push_undo(const struct push_options *options, const struct push_row *push,
                                  struct undo_result *result, struct diag *diag);
/* Cancels the operation of a Discovery Import that was not completed. */
CS_MUST_USE enum cs_err push_undo_discovery(const struct push_options *options, const struct push_row *push,
                                            struct diag *diag);

#endif
