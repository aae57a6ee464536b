// SPDX-License-Identifier: Apache-2.0
/* What became of assets, as a listing: a row for each thing that changed, so up to three for an asset. */
#ifndef REPORT_CHANGE_LIST_H
#define REPORT_CHANGE_LIST_H

#include "db/assets.h"
#include "db/changes.h"
#include "report/listing.h"

extern const struct listing_column change_columns[];
extern const size_t change_column_count;

enum change_kind {
    CHANGE_NEW,
    CHANGE_RENEWED,
    CHANGE_REPLACED,
    CHANGE_GONE,
    CHANGE_MOVED,
    CHANGE_BACK,
    CHANGE_OWNER,
    CHANGE_COUNT
};
const char *change_kind_name(enum change_kind kind); /* "owner-changed" */

/* The kinds of one asset's changes, in the order of the enumeration; returns how many. */
size_t change_kinds(const struct asset_row *row, const struct asset_change *change,
                    enum change_kind out[CHANGE_COUNT]);

CS_MUST_USE enum cs_err change_list_row(struct listing *listing, const struct asset_row *row,
                                        const struct asset_change *change, struct diag *diag);

#endif
