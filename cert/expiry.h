// SPDX-License-Identifier: Apache-2.0
/* When a certificate is about to end: one setting for findings, lists, reports, checks and alerts. A part of
 * the lifetime and a number of days, whichever comes later, so that a certificate of 47 days is not reported
 * from its second week on, nor one of a year four months ahead. Pure functions. */
#ifndef CERT_EXPIRY_H
#define CERT_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

enum expiry { EXPIRY_FINE, EXPIRY_WARNING, EXPIRY_CRITICAL, EXPIRY_PAST };

/* The time left from which on it is too little: the smaller of both where both are set. */
struct expiry_limit {
    uint32_t percent; /* of the lifetime, up to 100; 0 = not by lifetime */
    uint32_t days;    /* 0 = not by days */
};

struct expiry_limits {
    struct expiry_limit warning;
    struct expiry_limit critical;
};

#define EXPIRY_MAX_DAYS 36500

/* Warning at 33 % or 30 days, critical at 15 % or 14 days. */
extern const struct expiry_limits expiry_usual;

/* "33%", "30d" or "30", or both with a comma between. False: none of these, or a limit of nothing. */
bool expiry_limit_parse(struct expiry_limit *out, const char *text);

/* Seconds left at which `limit` begins for a lifetime in seconds; never under 48 hours. */
int64_t expiry_limit_s(const struct expiry_limit *limit, int64_t lifetime_s);

/* The most seconds left at which `limit` can begin, whatever the lifetime; INT64_MAX where only a percentage
 * is set. For coarse conditions over an index. */
int64_t expiry_limit_most_s(const struct expiry_limit *limit);

/* `not_after_s` is the last valid second. A lifetime below nothing counts as nothing. */
enum expiry expiry_of(const struct expiry_limits *limits, int64_t not_before_s, int64_t not_after_s,
                      int64_t now_s);

#endif
