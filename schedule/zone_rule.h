// SPDX-License-Identifier: Apache-2.0
/* The footer of a TZif file: the rule for the time behind its last transition, in the form of POSIX's TZ
 * variable with the extensions of RFC 8536, section 3.3.1: "EET-2EEST,M3.5.0/3,M10.5.0/4". */
#ifndef SCHEDULE_ZONE_RULE_H
#define SCHEDULE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zone_day_kind {
    ZONE_DAY_JULIAN,  /* Jn: 1 to 365, 29 February is never counted */
    ZONE_DAY_OF_YEAR, /* n: 0 to 365 */
    ZONE_DAY_OF_WEEK, /* Mm.w.d */
};

struct zone_change {
    enum zone_day_kind kind;
    int day;  /* of all kinds; of the week 0 = Sunday */
    int week; /* 1 to 5, 5 = the last */
    int month;
    int32_t second; /* of that day by the clock before the change; may be another day's */
};

struct zone_rule {
    int32_t standard_s; /* east of UTC */
    int32_t summer_s;
    bool has_summer;
    struct zone_change to_summer;
    struct zone_change to_standard;
};

/* False unless all of `text` is a rule. */
bool zone_rule_parse(struct zone_rule *out, const char *text, size_t len);

/* The offset in force at `utc_s`, and the moment at which it ends (INT64_MAX: never). */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_s, int64_t *until_s);

#endif
