// SPDX-License-Identifier: Apache-2.0
/* How far scans of one network reached, range by range, counted from what was asked for (the frozen targets),
 * the attempt log and what was met; beside it what a certificate manager's own discovery found there
 * (db/discovered.h). */
#ifndef APP_COVERAGE_H
#define APP_COVERAGE_H

#include <stdbool.h>

#include "base/diag.h"
#include "db/scans.h"
#include "db/store.h"
#include "model/ip.h"

struct coverage;

struct coverage_row {
    struct ip_range range;
    uint64_t addresses;         /* in it that were to be scanned; UINT64_MAX = that many or more */
    uint64_t answered;          /* of them: a connection, or a refusal of their own */
    uint64_t with_certificates; /* of them */
    uint64_t with_names;        /* that answered, and a name is known of */
    uint64_t names_tried;       /* server names sent, counted once at each address */
    uint64_t endpoints;         /* that showed a certificate; with every name that brought one */
    uint64_t certificates;      /* different leaves */
    bool discovery_known;       /* a manager's discovery has been read; else the two below say nothing */
    uint64_t discovered;        /* addresses with ports where it found a certificate */
    uint64_t not_met;           /* of them: where these scans did not meet one */
};

/* `network` is copied. */
CS_MUST_USE enum cs_err coverage_new(struct coverage **out, struct store *store, const char *network);
void coverage_free(struct coverage *coverage);

/* One scan, as scans_get gives it. */
CS_MUST_USE enum cs_err coverage_add_scan(struct coverage *coverage, const struct scan_row *scan,
                                          struct diag *diag);

/* Only these ranges; without any the scans' own: as they were given, and for what was given otherwise (files,
 * host names) the /24 or /64. */
CS_MUST_USE enum cs_err coverage_add_range(struct coverage *coverage, struct ip_range range);

/* Counts, once all is added. The rows are sorted by address, and valid as long as the object. Ranges that lie
 * in each other count the same addresses. */
CS_MUST_USE enum cs_err coverage_count(struct coverage *coverage, const struct coverage_row **rows,
                                       size_t *count, struct diag *diag);

#endif
