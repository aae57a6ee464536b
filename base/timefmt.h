// SPDX-License-Identifier: Apache-2.0
/* Times as text. Pure: no clock, no time zone data (proleptic Gregorian calendar, UTC). */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TIMEFMT_SIZE 32

/* Days from 1970-01-01 to a civil date; month 1 to 12, day 1 to 31. */
int64_t timefmt_days(int64_t year, unsigned month, unsigned day);
/* The other way round. */
void timefmt_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day);
/* The day that a second since 1970 is in. */
int64_t timefmt_floor_days(int64_t time_s);

/* Seconds since 1970 -> "2027-01-31T12:00:00Z" (RFC 3339); years 0 to 9999. Returns `out`. */
char *timefmt_rfc3339(char out[TIMEFMT_SIZE], int64_t time_s);

/* Seconds since 1970 -> "2027-01-31". Returns `out`. */
char *timefmt_date(char out[TIMEFMT_SIZE], int64_t time_s);

/* "2027-01-31" (midnight UTC) or RFC 3339 with Z or offset, fractions cut -> seconds. CS_E_INVALID otherwise.
 */
CS_MUST_USE enum cs_err timefmt_parse(const char *text, int64_t *out_s);

/* As programs write dates to each other: what timefmt_parse takes, "2027-01-31 12:00:00", and "01/31/2027",
 * month first. 0 where it is nothing of these, or NULL. */
int64_t timefmt_read(const char *text);

#endif
