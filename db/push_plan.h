// SPDX-License-Identifier: Apache-2.0
/* Which assets shall be sent to a certificate manager, and why others not. A plan is a temporary table of the
 * connection: it can be made with a store that is only read, and takes no memory worth naming. */
#ifndef DB_PUSH_PLAN_H
#define DB_PUSH_PLAN_H

#include "db/store.h"
#include "model/endpoint.h"

#define PUSH_ROUTE_IMPORT    "import"
#define PUSH_ROUTE_DISCOVERY "discovery-import"

enum push_verdict {                     /* the first that holds */
                    PUSH_NOBODY,        /* nobody owns it */
                    PUSH_OWNER_UNKNOWN, /* the certificate manager does not know its owner */
                    PUSH_MALFORMED,
                    PUSH_CA,
                    PUSH_DONE, /* an earlier push has sent it */
                    PUSH_MANAGED,
                    PUSH_EXTERNAL, /* known there already */
                    PUSH_SELF_SIGNED,
                    PUSH_EXPIRED,
                    PUSH_LATER, /* behind the limit */
                    PUSH_SEND,
                    PUSH_VERDICT_COUNT
};

struct push_plan_options { /* borrowed */
    const char *provider;
    const char *server;
    const char *route;
    int64_t now_s;
    bool self_signed; /* these are sent too */
    bool expired;
    bool managed;
    bool external;
    int64_t limit; /* assets; 0 = all */
};

struct push_plan; /* opaque */
CS_MUST_USE enum cs_err push_plan_new(struct push_plan **out, struct store *store, struct diag *diag);
void push_plan_free(struct push_plan *plan); /* and its table; NULL is fine */

/* An asset that was asked for, in the order in which they shall be sent. */
CS_MUST_USE enum cs_err push_plan_add(struct push_plan *plan, int64_t asset_id, struct diag *diag);
/* Once, after the last one: what becomes of each. A certificate has one organization there: where its assets
 * have several owners, the one with most of them (of equal ones the lowest id). */
CS_MUST_USE enum cs_err push_plan_judge(struct push_plan *plan, const struct push_plan_options *options,
                                        struct diag *diag);

struct push_plan_row { /* an asset to be sent; text is valid for the call */
    struct endpoint endpoint;
    const char *host_name;
    const uint8_t *sha256;
    const char *common_name;
    const char *issuer_common_name;
    int64_t not_after_s;
    const char *organization; /* whose it becomes */
    const char *department;   /* NULL = the organization itself */
    int64_t organization_id;  /* there */
    int64_t known_id;         /* of the certificate there; 0 = it has to be imported */
    const char *last_error;   /* of an earlier push; NULL = none */
};
typedef enum cs_err (*push_plan_each_row)(void *context, const struct push_plan_row *row);
CS_MUST_USE enum cs_err push_plan_each(struct push_plan *plan, push_plan_each_row each, void *context,
                                       struct diag *diag);

struct push_plan_count { /* assets with one verdict and one owner */
    enum push_verdict verdict;
    const char *organization; /* NULL = nobody */
    const char *department;
    int64_t organization_id; /* 0 = not known there */
    int64_t assets;
    int64_t certificates; /* different ones; of PUSH_SEND those that become this organization's */
    int64_t imports;      /* of PUSH_SEND: certificates not known there yet */
};
typedef enum cs_err (*push_plan_each_count)(void *context, const struct push_plan_count *count);
CS_MUST_USE enum cs_err push_plan_counts(struct push_plan *plan, push_plan_each_count each, void *context,
                                         struct diag *diag);

struct push_info { /* borrowed */
    const char *kind;
    const char *account;
    const char *local_user;
    const char *tag; /* by which what it made is found again there */
};
/* The plan becomes a push: all of its rows are in the outbox, in one transaction, before anything is sent. */
CS_MUST_USE enum cs_err push_plan_save(struct push_plan *plan, const struct push_info *info, int64_t *push_id,
                                       struct diag *diag);

#endif
