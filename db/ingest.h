// SPDX-License-Identifier: Apache-2.0
/* Takes what a scan saw into the store: certificates, endpoints, assets and their intervals, between
 * ingest_begin and ingest_commit or ingest_rollback. Nothing of what is rolled back stays, in the file or in
 * this object's caches. */
#ifndef DB_INGEST_H
#define DB_INGEST_H

#include "cert/chain_verdict.h"
#include "cert/record.h"
#include "db/store.h"
#include "model/endpoint.h"
#include "model/observation.h"

struct ingest; /* prepared statements and caches for one scan; opaque */

/* `scan_id` is what intervals and endpoints refer to. Loads the hashes of known endpoints of `network`. */
CS_MUST_USE enum cs_err ingest_new(struct ingest **out, struct store *store, int64_t scan_id,
                                   const char *network, struct diag *diag);
void ingest_free(struct ingest *ingest);

/* A transaction of the store; forgets what another process may have changed since the last one. After an
 * error of begin none is open; after one of anything else the caller rolls back. */
CS_MUST_USE enum cs_err ingest_begin(struct ingest *ingest, struct diag *diag);
CS_MUST_USE enum cs_err ingest_commit(struct ingest *ingest, struct diag *diag);
void ingest_rollback(struct ingest *ingest);

/* Is the certificate stored (by an up-to-date record version)? Fast: a set in memory first. */
bool ingest_knows_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE]);
/* The record of one that is stored, which costs a fraction of decoding it. `out` is zeroed first and is the
 * caller's. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err ingest_read_certificate(struct ingest *ingest, const uint8_t sha256[SHA256_SIZE],
                                                struct cert_record *out, struct diag *diag);
/* Stores one that is not: DER, columns, value rows. */
CS_MUST_USE enum cs_err ingest_certificate(struct ingest *ingest, const struct cert_record *record,
                                           const uint8_t *der, size_t der_len, int64_t now_s,
                                           struct diag *diag);

/* What is stored of a chain that was seen before; `known` false where it is new, or was never judged. */
CS_MUST_USE enum cs_err ingest_find_verdict(struct ingest *ingest, const struct chain *chain,
                                            struct chain_verdict *out, struct diag *diag);

/* One chain that an endpoint showed, certificates already stored. Updates endpoint, asset (slot) and
 * interval: an unchanged one adds no row. A manual assignment found for the endpoint or leaf wins over
 * `owner_id` and is told back. */
struct ingest_sighting {
    struct endpoint endpoint;
    const char *host_name; /* NULL = none */
    const struct chain *chain;
    const struct chain_verdict *verdict; /* on the chain; NULL = not judged. Kept where the chain is new */
    const uint8_t *roots;                /* trust_version it was judged under: SHA256_SIZE bytes */
    const char *slot;                    /* cert_record_slot of the leaf */
    int64_t owner_id;                    /* 0 = nobody */
    int64_t rule_id;                     /* 0 = no rule */
    const char *rule_name;
    int64_t seen_at_s;
    bool starttls_injection; /* see cert/finding.h */
};
struct ingest_decision { /* what the asset has now; text valid until the next call */
    int64_t asset_id;
    int64_t owner_id;
    const char *owner_organization; /* NULL = nobody */
    const char *owner_department;
    const char *rule; /* NULL; the rule's name; "manual" with `manual` set */
    bool manual;
    bool is_new;     /* the asset was not known */
    bool is_changed; /* it served another leaf before */
};
CS_MUST_USE enum cs_err ingest_sighting(struct ingest *ingest, const struct ingest_sighting *sighting,
                                        struct ingest_decision *decision, struct diag *diag);

/* The name of the host that is stored with an endpoint; "" = none, or no such endpoint. */
CS_MUST_USE enum cs_err ingest_host_name(struct ingest *ingest, const struct endpoint *endpoint,
                                         char out[ENDPOINT_MAX_NAME + 1], struct diag *diag);

/* A target that ended: for an endpoint that is known, its last probe and outcome are noted; a conclusive
 * outcome without certificate counts as a miss, the second in a row (of different scans) ends its assets as
 * `gone`, a certificate brings it back to live. A target without server name that misses is a miss for what
 * is known there by name too, but for what the scan has seen; one that shows a certificate, told right after
 * its sighting, says nothing of it. Cheap for unknown endpoints (two set look-ups): call it for every target.
 */
struct ingest_end { /* borrowed */
    enum outcome outcome;
    bool wants_name;               /* it may have ended so for want of a server name: no miss for the named */
    bool throttled;                /* refused for now: no miss, whatever the outcome */
    const char *const *slots_seen; /* static texts; a live asset in another slot counts a miss too */
    size_t slot_count;
    int64_t at_s;
};
CS_MUST_USE enum cs_err ingest_target_ended(struct ingest *ingest, const struct endpoint *endpoint,
                                            const struct ingest_end *end, struct diag *diag);

#endif
