// layers: schedule
// SPDX-License-Identifier: Apache-2.0
/* Time zone files: whatever they say, a clock stays within a day or so of UTC, and a local time is found. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "schedule/schedule.h"
#include "schedule/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone *zone;
    struct diag diag;
    const struct schedule daily = {.frequency = FREQUENCY_DAILY, .minute = 150, .day = 1, .month = 1};
    if (zone_parse(&zone, data, size, &diag) != CS_OK)
        return 0;
    for (int64_t now_s = 1750000000; now_s < 1850000000; now_s += 9000000) {
        int64_t next_s;
        int64_t apart_s = zone_local(zone, now_s) - now_s;
        if (apart_s < -93600 || apart_s > 93600 || zone_local(zone, zone_utc(zone, now_s)) < now_s)
            abort();
        if (!schedule_next(&daily, zone, now_s, &next_s) || next_s <= now_s)
            abort();
    }
    zone_free(zone);
    return 0;
}
