// SPDX-License-Identifier: Apache-2.0
/* When a request is worth another attempt, and how long to wait before it. Pure. */
#ifndef SCM_RETRY_H
#define SCM_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_ATTEMPTS  5
#define RETRY_FIRST_MS  1000 /* the usual first delay */
#define RETRY_LONGEST_S 120  /* a server that asks for more is obeyed by giving up */

/* An answer that may be another one next time: 429 and 5xx but 501 and 505. */
bool retry_status(int status);

/* Milliseconds before attempt `attempt` (2 = the first repetition): `first_ms`, then doubling, each between
 * half and one and a half of its value; never less than `retry_after` (the header: seconds or a date; NULL or
 * "" = none) asks for. `now_s` is Unix time; `random` moves on. */
uint64_t retry_delay_ms(unsigned attempt, uint32_t first_ms, const char *retry_after, int64_t now_s,
                        uint64_t *random);

/* Seconds that the header asks for; 0 = none, or nonsense. */
int64_t retry_after_s(const char *retry_after, int64_t now_s);

#endif
