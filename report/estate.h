// SPDX-License-Identifier: Apache-2.0
/* All assets added up, one at a time: by state, status, owner, key type, finding, and the week in which
 * they end. What is not live counts for the states alone. */
#ifndef REPORT_ESTATE_H
#define REPORT_ESTATE_H

#include "report/asset_list.h"
#include "report/html.h"
#include "report/tally.h"

#define ESTATE_WEEKS  26
#define ESTATE_NOBODY "nobody" /* stands for the owner of what has none */

enum owner_count {
    OWNER_ASSETS,
    OWNER_MANAGED,
    OWNER_EXTERNAL,
    OWNER_UNMANAGED,
    OWNER_UNKNOWN,
    OWNER_EXPIRED,
    OWNER_EXPIRING,
    OWNER_INFO, /* assets with a finding of that severity, three in the order of enum finding_severity */
    OWNER_WARNING,
    OWNER_CRITICAL,
    OWNER_SILENCED, /* accepted findings */
    OWNER_COUNTS
};

enum week_count { WEEK_CRITICAL, WEEK_WARNING, WEEK_FINE }; /* what expiry_of says today */

struct estate {
    const struct expiry_limits *limits;
    int64_t now_s;
    int64_t first_monday_s; /* of the week that is now */
    struct tally states;    /* count 0: assets; so are the next five */
    struct tally statuses;
    struct tally key_types;
    struct tally findings;           /* count 1: assets for which it is accepted; it is not in count 0 then */
    struct tally severities;         /* assets that have one of it */
    struct tally expiries;           /* expired, critical, warning, fine */
    struct tally owners;             /* enum owner_count */
    uint64_t weeks[ESTATE_WEEKS][3]; /* enum week_count */
};

void estate_init(struct estate *estate, const struct expiry_limits *limits, int64_t now_s);
void estate_dispose(struct estate *estate);
CS_MUST_USE enum cs_err estate_add(struct estate *estate, const struct asset_row *row,
                                   const char *const *findings, size_t finding_count);

const char *expiry_name(enum expiry expiry); /* "fine", "warning", "critical", "expired" */
int64_t monday_of(int64_t time_s);           /* the beginning of its week, UTC */
/* "ORG/DEPARTMENT" or ESTATE_NOBODY. */
void asset_owner_append(struct buf *out, const struct asset_row *row);

/* Charts with all that they need. Borrow from the estate. */
struct estate_chart {
    struct html_chart chart;
    struct html_bar bars[HTML_MAX_BARS];
    char labels[ESTATE_WEEKS][8];
};
void estate_weeks_chart(struct estate_chart *out, const struct estate *estate);
void estate_owners_chart(struct estate_chart *out, const struct estate *estate); /* by status */
void estate_findings_chart(struct estate_chart *out, const struct estate *estate);
void estate_key_types_chart(struct estate_chart *out, const struct estate *estate);
void estate_statuses_chart(struct estate_chart *out, const struct estate *estate);

#endif
