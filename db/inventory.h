// SPDX-License-Identifier: Apache-2.0
/* What a certificate manager (a provider, e.g. "scm") knows: organizations, domains, certificates. A pull
 * puts rows aside (staged) and swaps them in when it has all; until then, and if it fails, the rows of the
 * last whole pull count. What an interrupted pull has put aside is found again by the next one. */
#ifndef DB_INVENTORY_H
#define DB_INVENTORY_H

#include <stddef.h>

#include "db/store.h"

#define INVENTORY_SCM "scm"

enum inventory_resource {
    INVENTORY_ORGANIZATIONS,
    INVENTORY_DOMAINS,
    INVENTORY_CERTIFICATES,
    INVENTORY_COUNT
};
const char *inventory_resource_name(enum inventory_resource resource);

/* One pull of one resource. */
struct inventory_pull { /* filled by the caller; borrowed */
    struct store *store;
    const char *provider;
    enum inventory_resource resource;
    int64_t run; /* set by inventory_begin: which of all pulls this is */
};

#define INVENTORY_RESUME_S 86400 /* what was put aside longer ago is dropped */

/* Begins to put aside, or goes on where an earlier pull was interrupted (`*resumed`). */
CS_MUST_USE enum cs_err inventory_begin(struct inventory_pull *pull, int64_t now_s, bool *resumed,
                                        struct diag *diag);
/* What was put aside and met by this pull becomes what counts, in one transaction. An organization that has a
 * local owner keeps it; one without adopts the local owner of equal name. CS_E_BUSY: another pull has begun
 * since, and has taken over what was put aside. */
CS_MUST_USE enum cs_err inventory_swap(const struct inventory_pull *pull, int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err inventory_failed(const struct inventory_pull *pull, int64_t now_s, struct diag *diag);

/* Rows to put aside; text is copied, NULL where it is not known. `*fresh`: this pull had not met it before.
 */
CS_MUST_USE enum cs_err inventory_put_owner(const struct inventory_pull *pull, int64_t external_id,
                                            int64_t parent_external_id, const char *name, bool *fresh,
                                            struct diag *diag); /* parent 0 = an organization */
/* Met in a list: `name` (domain or common name). Its details are asked for later. */
CS_MUST_USE enum cs_err inventory_put_listed(const struct inventory_pull *pull, int64_t external_id,
                                             const char *name, bool *fresh, struct diag *diag);

struct inventory_domain {
    int64_t external_id;
    const char *state;         /* ACTIVE, SUSPENDED */
    const char *delegation;    /* ACTIVE, REQUESTED */
    const char *organizations; /* external ids of those it is delegated to: "100 200" */
    const char *validation;    /* VALIDATED, NOT_VALIDATED, EXPIRED */
    const char *validation_method;
    int64_t validated_until_s; /* 0 = not known, as all times here */
};
CS_MUST_USE enum cs_err inventory_detail_domain(const struct inventory_pull *pull,
                                                const struct inventory_domain *domain, struct diag *diag);

struct inventory_certificate {
    int64_t external_id;
    const char *common_name;
    const char *names;     /* DNS names, one a line */
    const char *serial;    /* as cert_record.serial */
    const uint8_t *sha1;   /* 20 bytes */
    const uint8_t *sha256; /* 32 bytes */
    const char *issuer;
    int64_t organization_id; /* 0 = not known */
    const char *state;       /* the provider's own word: Issued, Revoked ... */
    bool managed;            /* issued through the provider, not only known to it */
    const char *requester;
    const char *requested_via;
    int64_t issued_s;
    int64_t expires_s;
    int64_t revoked_s;
};
CS_MUST_USE enum cs_err inventory_detail_certificate(const struct inventory_pull *pull,
                                                     const struct inventory_certificate *certificate,
                                                     struct diag *diag);
/* It was in the list, and is not there any more. */
CS_MUST_USE enum cs_err inventory_drop(const struct inventory_pull *pull, int64_t external_id,
                                       struct diag *diag);

/* The next at most `cap` of those that were met and have no details yet, after `after` by external id. */
CS_MUST_USE enum cs_err inventory_pending(const struct inventory_pull *pull, int64_t after, int64_t *ids,
                                          size_t cap, size_t *count, struct diag *diag);
/* How many were met, and how many of them have no details yet. */
CS_MUST_USE enum cs_err inventory_progress(const struct inventory_pull *pull, int64_t *met, int64_t *pending,
                                           struct diag *diag);

struct inventory_row {
    const char *provider; /* valid for the call */
    const char *resource;
    int64_t pulled_at_s; /* 0 = never whole */
    int64_t row_count;
    int64_t staging_at_s; /* 0 = no pull has been interrupted */
    const char *source;   /* the file it was imported from; NULL = none */
    int64_t failed_at_s;  /* of the latest failure since the last whole pull; 0 = none */
};
typedef enum cs_err (*inventory_each_row)(void *context, const struct inventory_row *row);
CS_MUST_USE enum cs_err inventory_each(struct store *store, inventory_each_row each, void *context,
                                       struct diag *diag);

struct inventory_domain_row { /* text is valid for the call; NULL where it is not known */
    const char *name;
    struct inventory_domain domain;
    bool has_twin; /* *.NAME for NAME, and the other way round, is there too */
};
typedef enum cs_err (*inventory_each_domain_row)(void *context, const struct inventory_domain_row *row);
/* Those that count, by name without "*."; of every provider where it is NULL. */
CS_MUST_USE enum cs_err inventory_each_domain(struct store *store, const char *provider,
                                              inventory_each_domain_row each, void *context,
                                              struct diag *diag);

/* How many rows of the resource count now. */
CS_MUST_USE enum cs_err inventory_count(const struct inventory_pull *pull, int64_t *count, struct diag *diag);

/* Of the organizations and departments that count: how many there are, and how many have a local owner. */
CS_MUST_USE enum cs_err inventory_count_owners(struct store *store, const char *provider, int64_t *count,
                                               int64_t *adopted, struct diag *diag);

#endif
