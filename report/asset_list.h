// SPDX-License-Identifier: Apache-2.0
/* The network assets as a listing: the columns, and one row of the store as cells. Findings are judged here,
 * at read time. */
#ifndef REPORT_ASSET_LIST_H
#define REPORT_ASSET_LIST_H

#include "cert/expiry.h"
#include "db/assets.h"
#include "db/estate_finding.h"
#include "report/listing.h"
#include "report/pseudo_groups.h"
#include "rules/matcher.h"

extern const struct listing_column asset_columns[];
extern const size_t asset_column_count;

#define ASSET_FINDING_MAX (FINDING_MAX + ESTATE_FINDING_MAX)

/* Fills `out` with the names (static) of all findings of an asset, the local ones first; returns how many.
 * `expiry` NULL = expiry_usual. */
size_t asset_findings(const struct asset_row *row, int64_t now_s, const struct expiry_limits *expiry,
                      const char *out[ASSET_FINDING_MAX]);

/* Of those, the ones that are accepted are left out. They are given here; `*until_s` is when the first of
 * them ends, unset where there is none. */
size_t asset_findings_accepted(const struct asset_row *row, int64_t now_s, const struct expiry_limits *expiry,
                               const char *out[ASSET_FINDING_MAX], int64_t *until_s);

/* Whether an asset with these findings is one that `where` takes; for rows that are not `exact`. */
CS_MUST_USE enum cs_err asset_matches(struct matcher *where, const struct asset_row *row, int64_t now_s,
                                      const char *const *findings, size_t finding_count, bool *out);

struct asset_list {
    struct listing *listing;
    struct matcher *where; /* tested on each row unless `exact`; NULL = none */
    bool exact;            /* set by assets_each */
    int64_t now_s;
    const struct expiry_limits *expiry; /* NULL = expiry_usual */
    struct pseudo_groups *groups;       /* of a table; NULL = every row is shown */
    bool counts_groups; /* the first of two passes: the groups are counted, nothing is shown */
    uint64_t rows;
    uint64_t silenced; /* accepted findings of the rows that were looked at */
    struct diag *diag;
};

/* Does the row pass `where` and `finding`? */
CS_MUST_USE enum cs_err asset_list_wants(const struct asset_list *list, const struct asset_row *row,
                                         bool *out);

/* Whether the rows need asset_row.estate_findings. */
bool asset_list_shows_findings(const struct listing *listing);

/* For assets_each: `context` is a struct asset_list. */
CS_MUST_USE enum cs_err asset_list_row(void *context, const struct asset_row *row);

#endif
