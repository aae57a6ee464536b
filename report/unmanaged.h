// SPDX-License-Identifier: Apache-2.0
/* The assets that no certificate manager knows, by who issued their certificates: what to do about them
 * differs. */
#ifndef REPORT_UNMANAGED_H
#define REPORT_UNMANAGED_H

#include "db/issuers.h"
#include "report/asset_list.h"

enum unmanaged_group {
    UNMANAGED_PUBLIC,
    UNMANAGED_PRIVATE,
    UNMANAGED_SELF_SIGNED,
    UNMANAGED_DEVICE,
    UNMANAGED_UNTOLD, /* no roots to judge the chain by, or the issuer's certificate is missing in it */
    UNMANAGED_GROUPS
};
const char *unmanaged_group_name(enum unmanaged_group group);   /* "public CA" */
const char *unmanaged_group_advice(enum unmanaged_group group); /* what it is, and what to do */

/* A device's own certificate is one whoever signed it; else the chain decides. Where that is incomplete, what
 * the chains of others tell of an issuer of that name does: a name alone, which proves nothing. */
enum unmanaged_group unmanaged_group_of(const struct asset_row *row, const struct issuers *issuers);

extern const struct listing_column unmanaged_columns[];
extern const size_t unmanaged_column_count;

struct unmanaged_list {
    struct asset_list assets; /* where, exact, now_s, expiry, diag; listing NULL = only count */
    const struct issuers *issuers;
    enum unmanaged_group group;        /* whose rows are written */
    uint64_t counts[UNMANAGED_GROUPS]; /* counted where there is no listing */
};

/* For assets_each: `context` is a struct unmanaged_list. */
CS_MUST_USE enum cs_err unmanaged_list_row(void *context, const struct asset_row *row);

#endif
