// SPDX-License-Identifier: Apache-2.0
/* When a task is due and when it may run, by the clock of its time zone. Pure: the present time and the zone
 * are parameters.
 *
 * A day that a month does not have is its last one (the 31st; 29 February of an ordinary year). A time that
 * the clock jumps over is the moment of the jump, one that comes twice the first of the two. Runs that were
 * missed are made up for by one: what is due is the first time after the last run, however old it is. */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "schedule/zone.h"

enum frequency {
    FREQUENCY_MANUAL,
    FREQUENCY_ONCE,
    FREQUENCY_DAILY,
    FREQUENCY_WEEKLY,
    FREQUENCY_MONTHLY,
    FREQUENCY_QUARTERLY,
    FREQUENCY_SEMIANNUALLY,
    FREQUENCY_ANNUALLY,
    FREQUENCY_COUNT
};
const char *frequency_name(enum frequency frequency);

struct schedule {
    enum frequency frequency;
    unsigned minute;  /* of the day */
    unsigned weekday; /* weekly: 0 = Monday */
    unsigned day;     /* of the month, 1 to 31 */
    unsigned month;   /* 1 to 12: of the year, or the first of those that count */
    int64_t year;     /* once */
    bool has_window;
    unsigned opens; /* minute of the day */
    unsigned closes;
};

/* The words of a task; NULL = not given:
 *   frequency  manual (default), once, daily, weekly, monthly, quarterly, semiannually, annually
 *   at         HH:MM; default 00:00
 *   on         once: 2027-03-01 (needed); weekly: mon (default) to sun; monthly: 1 (default) to 31;
 *              quarterly, semiannually: 15 (from January on) or 03-15; annually: 03-15, default 01-01
 *   window     22:00-06:00, over midnight where the first is later
 * CS_E_INVALID names the option and what is allowed. */
struct schedule_words {
    const char *frequency;
    const char *at;
    const char *on;
    const char *window;
};
CS_MUST_USE enum cs_err schedule_parse(struct schedule *out, const struct schedule_words *words,
                                       struct diag *diag);

/* The first time after `after_s`; false: none (manual, or a `once` that is past). Whether the window is open
 * then is not asked. */
bool schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t after_s, int64_t *out_s);

/* May it run at `now_s`? The window is what the clock on the wall says: an hour that comes twice counts
 * twice. */
bool schedule_is_open(const struct schedule *schedule, const struct zone *zone, int64_t now_s);
/* The first moment from `from_s` on at which it may run, to the minute. */
int64_t schedule_opens_at(const struct schedule *schedule, const struct zone *zone, int64_t from_s);

#endif
