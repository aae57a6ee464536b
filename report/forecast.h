// SPDX-License-Identifier: Apache-2.0
/* How many renewals the next twelve months bring, under the lifetimes of today and under the shorter ones
 * that the CA/Browser Forum has decided (ballot SC-081v3: 200 days from 2026-03-15, 100 from 2027-03-15, 47
 * from 2029-03-15). Each certificate is counted once, however many assets serve it. It is renewed when it
 * ends, for as long as it was issued for or as the limit allows, whichever is less, and so on. Limits bind
 * public CAs: a self-signed certificate, or one that leads to a root of one's own, keeps its lifetime. */
#ifndef REPORT_FORECAST_H
#define REPORT_FORECAST_H

#include "base/set64.h"
#include "db/assets.h"
#include "report/tally.h"

#define FORECAST_MONTHS       12
#define FORECAST_BY_HAND_MOST 4 /* renewals by hand a month that an owner can be asked to do: one a week */

enum forecast_policy { FORECAST_TODAY, FORECAST_200, FORECAST_100, FORECAST_47, FORECAST_POLICIES };

/* Counts of a tally entry: renewals under each policy, those by hand, those of which it is not known. */
enum { FORECAST_ALL = 0, FORECAST_BY_HAND = FORECAST_POLICIES, FORECAST_NOT_KNOWN = 2 * FORECAST_POLICIES };
_Static_assert(3 * FORECAST_POLICIES <= TALLY_COUNTS, "an entry has room for them");

struct forecast {
    bool by_owner; /* entries are owners, else months ("2027-01") */
    int64_t now_s;
    int64_t starts_s[FORECAST_MONTHS + 1]; /* of the months, the present one first; and the end */
    struct tally entries;
    struct tally certificates; /* by owner or (one entry, "") of all; count 0 */
    struct set64 seen;
};

/* Dispose after an error too. */
CS_MUST_USE enum cs_err forecast_init(struct forecast *forecast, bool by_owner, int64_t now_s);
void forecast_dispose(struct forecast *forecast);
CS_MUST_USE enum cs_err forecast_add(struct forecast *forecast, const struct asset_row *row);

/* By when an owner has to automate: the day from which a limit brings more than FORECAST_BY_HAND_MOST
 * renewals a month that are not known to be automatic; 0 = none does. */
int64_t forecast_automate_by(const struct tally_entry *entry);

#endif
