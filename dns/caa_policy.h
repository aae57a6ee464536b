// SPDX-License-Identifier: Apache-2.0
/* May a CA issue? What a relevant set of CAA records says (RFC 8659, section 4). Pure. */
#ifndef DNS_CAA_POLICY_H
#define DNS_CAA_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/caa.h"

enum caa_verdict {
    CAA_ALLOWED,
    CAA_RESTRICTED, /* a record names the CA, with parameters that the CA has to judge (RFC 8657) */
    CAA_DENIED,
    CAA_UNKNOWN, /* nobody knows, so a CA must not issue now */
};
const char *caa_verdict_name(enum caa_verdict verdict);

struct caa_decision {
    enum caa_verdict verdict;
    const struct caa_record *record; /* the one that decides, in the set; NULL = none does */
    const char *reason;              /* static text */
    /* CAA_DENIED: the tag of a record that, added to the set, would let the CA issue; NULL = none would. */
    const char *missing_tag;
};

/* `set` is the first that is not empty on the way up; NULL or empty = there is none. `wildcard`: for *.NAME.
 * `cas`: the names by which the CA is known, any of them. Never CAA_UNKNOWN. */
void caa_decide(const struct caa_set *set, bool wildcard, const char *const *cas, size_t ca_count,
                struct caa_decision *out);

/* Splits the value of an issue or issuewild record: the domain of the CA ("" = nobody) and whether
 * parameters follow. False: it breaks the grammar (section 4.2), which names nobody. */
bool caa_value_parse(const char *value, size_t len, char *domain, size_t size, bool *has_parameters);

#endif
