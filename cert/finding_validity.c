// SPDX-License-Identifier: Apache-2.0
#include "cert/finding_checks.h"

#define DAY_S 86400

bool finding_expired(const struct cert_record *record, const struct finding_facts *facts)
{
    return facts->now_s > record->not_after_s;
}

bool finding_not_yet_valid(const struct cert_record *record, const struct finding_facts *facts)
{
    return facts->now_s < record->not_before_s;
}

bool finding_expiring(const struct cert_record *record, const struct finding_facts *facts)
{
    const struct expiry_limits *limits = facts->expiry != NULL ? facts->expiry : &expiry_usual;
    enum expiry expiry = expiry_of(limits, record->not_before_s, record->not_after_s, facts->now_s);
    return expiry == EXPIRY_WARNING || expiry == EXPIRY_CRITICAL;
}

/* CA/Browser Forum, Baseline Requirements for TLS server certificates, 6.3.2: a day is 86,400 s, the first
 * and the last second count. Newest first. */
static const struct {
    int64_t issued_from_s;
    int64_t days;
} lifetime_limits[] = {
    {1868227200, 47},  /* 2029-03-15 */
    {1805068800, 100}, /* 2027-03-15 */
    {1773532800, 200}, /* 2026-03-15 */
    {1598918400, 398}, /* 2020-09-01 */
    {1519862400, 825}, /* 2018-03-01 */
};

/* The requirements bind public CAs alone: what a campus CA signs may live as long as the campus wants. */
bool finding_lifetime_over_limit(const struct cert_record *record, const struct finding_facts *facts)
{
    int64_t lifetime_s = record->not_after_s - record->not_before_s + 1;
    if (facts->chain == NULL || !facts->chain->known || (facts->chain->flaws & CHAIN_PUBLIC) == 0)
        return false;
    for (size_t i = 0; i < sizeof lifetime_limits / sizeof lifetime_limits[0]; i++) {
        if (record->not_before_s >= lifetime_limits[i].issued_from_s)
            return lifetime_s > lifetime_limits[i].days * DAY_S;
    }
    return false;
}
