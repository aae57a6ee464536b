// SPDX-License-Identifier: Apache-2.0
/* The query side: assets with everything that lists, filters and findings need, without decoding anything. */
#ifndef DB_ASSETS_H
#define DB_ASSETS_H

#include "cert/chain_verdict.h"
#include "cert/record.h"
#include "db/changes.h"
#include "db/pseudo_services.h"
#include "db/store.h"
#include "model/endpoint.h"
#include "model/expr.h"
#include "model/observation.h"

struct asset_row { /* text is valid for the call */
    int64_t id;
    struct endpoint endpoint;
    const char *host_name;
    const char *slot;
    const char *state; /* live, gone, moved */
    int64_t first_seen_s;
    int64_t last_seen_s;
    int64_t last_probe_s;      /* of the endpoint, with or without certificate */
    enum outcome last_outcome; /* of that probe */
    int64_t missed;            /* conclusive probes without it since it was seen last */
    int64_t last_scan_id;
    const char *tls_version; /* "TLSv1.2"; NULL = not known */
    enum lane lane;
    const char *status;    /* managed, external, unmanaged, unknown */
    int64_t scm_id;        /* of the certificate, where a certificate manager knows it; else 0 */
    const char *scm_state; /* the manager's own word; NULL as scm_id */
    const char *requester;
    const char *requested_via; /* the manager's own word, e.g. "ACME"; NULL = not known */
    int64_t owner_id;
    const char *owner_organization;
    const char *owner_department;
    const char *rule;                    /* name of the rule, or NULL */
    bool manual;                         /* assigned by hand */
    const char *reason;                  /* of the manual assignment */
    struct cert_record cert;             /* rebuilt from columns; not to be disposed */
    const uint8_t (*chain)[SHA256_SIZE]; /* as sent, leaf first */
    size_t chain_count;
    struct chain_verdict verdict; /* on that chain, under the roots it was judged by last */
    bool starttls_injection;      /* see cert/finding.h */
    enum pseudo_service pseudo_service;
    const char *const *tasks; /* that have seen it; told only where the rows are not exact, for asset_facts */
    size_t task_count;
    const char *accepted;     /* "FINDING UNTIL FINDING UNTIL ...", in force at now_s; NULL = none */
    uint32_t estate_findings; /* for estate_findings_of; 0 unless the filter asks for them */
};
typedef enum cs_err (*asset_each)(void *context, const struct asset_row *row);

struct asset_filter {
    const struct expr *where;       /* NULL = all. What SQL cannot say is left to the caller: see `exact` */
    const char *state;              /* "live", "gone", "moved"; NULL = every state */
    const char *owner_organization; /* --owner; NULL = any. With a department only that one, else the whole
                                       organization */
    const char *owner_department;
    bool unassigned;
    bool pseudo_services;            /* only these */
    const uint8_t *leaf_sha256;      /* only assets that serve it now */
    const struct endpoint *endpoint; /* only its assets; a NULL server_name there means every server name */
    bool any_network;                /* with `endpoint`: its network is not compared */
    bool estate_findings;            /* wanted in the rows; a `where` that needs them has them all the same */
    const struct ip *address;        /* only what is there, in `network`; NULL = anywhere */
    const char *network;             /* with `address` */
    int64_t last_scan_id;            /* only what this scan has seen last; 0 = any */
    const struct change_since *changed_since; /* only what may have changed since; NULL = all */
    int64_t now_s;                            /* for days_left */
};

/* Every asset that may match, ordered by network, address, port, protocol, server name, slot. Reads in
 * bounded memory.
 * `*exact` (known before the first call of `each`): the rows are just those that match; otherwise `each` must
 * test filter->where itself (some operator, e.g. matches_regex or finding, could not be turned into SQL). */
CS_MUST_USE enum cs_err assets_each(struct store *store, const struct asset_filter *filter, bool *exact,
                                    asset_each each, void *context, struct diag *diag);

/* Facts of one row for the evaluator, findings aside. Borrows from `row` and `scratch` (see cert/record.h).
 */
CS_MUST_USE enum cs_err asset_facts(const struct asset_row *row, int64_t now_s, struct facts *facts,
                                    struct cert_fact_scratch *scratch);

/* Whole days until `not_after_s`, rounded down: an expired certificate has -1 or less. */
int64_t asset_days_left(int64_t not_after_s, int64_t now_s);

/* Sets owner and rule of one asset as rules decide (owner_id 0 = nobody) at `now_s`; a manual assignment is
 * left alone. */
CS_MUST_USE enum cs_err assets_set_owner(struct store *store, int64_t asset_id, int64_t owner_id,
                                         int64_t rule_id, const char *rule_name, int64_t now_s, bool *changed,
                                         struct diag *diag);

/* Manual assignment of an endpoint (all its assets) or of a certificate wherever it is served. CS_E_NOT_FOUND
 * if no asset is meant. `endpoint` or `sha256`, the other NULL. */
CS_MUST_USE enum cs_err assets_assign(struct store *store, const struct endpoint *endpoint,
                                      const uint8_t *sha256, int64_t owner_id, const char *reason,
                                      int64_t now_s, int64_t *count, struct diag *diag);
/* Back to the rules; the caller applies them again to the assets that were touched. CS_E_NOT_FOUND if nothing
 * is assigned there in that way. */
CS_MUST_USE enum cs_err assets_unassign(struct store *store, const struct endpoint *endpoint,
                                        const uint8_t *sha256, int64_t now_s, int64_t *count,
                                        struct diag *diag);

/* One stored certificate by hash, or by a unique prefix of at least 8 hex digits. CS_E_NOT_FOUND,
 * CS_E_INVALID (not unique). `der` is valid for the call. */
struct certificate_row {
    struct cert_record record; /* rebuilt from columns */
    const uint8_t *der;
    size_t der_len;
    int64_t first_seen_s;
};
typedef enum cs_err (*certificate_each)(void *context, const struct certificate_row *row);
CS_MUST_USE enum cs_err certificates_get(struct store *store, const char *hex_prefix, certificate_each use,
                                         void *context, struct diag *diag);

/* The history of one asset's leaf, newest first. */
struct interval_row {
    uint8_t leaf_sha256[SHA256_SIZE];
    int64_t first_seen_s;
    int64_t last_seen_s;
    int64_t first_scan_id;
    int64_t last_scan_id;
};
typedef enum cs_err (*interval_each)(void *context, const struct interval_row *row);
CS_MUST_USE enum cs_err assets_history(struct store *store, int64_t asset_id, interval_each each,
                                       void *context, struct diag *diag);

struct store_counts {
    int64_t certificates;
    int64_t endpoints;
    int64_t assets_live;
    int64_t assets_gone;
    int64_t unassigned; /* live assets of nobody */
    int64_t scans;
    int64_t rules;
    int64_t size_bytes;
};
CS_MUST_USE enum cs_err store_count(struct store *store, struct store_counts *out, struct diag *diag);

#endif
