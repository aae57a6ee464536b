// SPDX-License-Identifier: Apache-2.0
/* A time zone, read from the bytes of a TZif file (RFC 8536): what a clock on the wall shows at a moment, and
 * when it shows a time. Pure: the C library's tzset would be one zone for the whole process. */
#ifndef SCHEDULE_ZONE_H
#define SCHEDULE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"

#define ZONE_MAX_BYTES 65536 /* of a file; the largest of the IANA's has under 4000 */

struct zone; /* opaque */

/* Versions 1 to 4. `bytes` is borrowed for the call. CS_E_MALFORMED says what is wrong, CS_E_LIMIT beyond
 * ZONE_MAX_BYTES. A clock is always within 26 hours of UTC. Leap seconds are refused. */
CS_MUST_USE enum cs_err zone_parse(struct zone **out, const uint8_t *bytes, size_t len, struct diag *diag);
void zone_free(struct zone *zone); /* NULL is fine */

/* `zone` NULL is UTC in all of these. Local times are counted like seconds since 1970, by the clock on the
 * wall. */
int64_t zone_local(const struct zone *zone, int64_t utc_s);
/* The first moment at which the clock shows `local_s` or more: of a time that comes twice the first, of one
 * that is jumped over the moment of the jump. */
int64_t zone_utc(const struct zone *zone, int64_t local_s);

#endif
