// SPDX-License-Identifier: Apache-2.0
#include "app/scan_estimate.h"

#define QUICK_MS 50 /* a connect and a handshake with a server that answers at once */

/* Milliseconds for `count` targets of `each_ms`, `at_once` of them side by side; 0 = no limit. */
static double spread_ms(uint64_t count, double each_ms, uint32_t at_once)
{
    return at_once == 0 ? 0 : (double)count * each_ms / (double)at_once;
}

struct scan_estimate scan_estimate(uint64_t target_count, const struct target_set_facts *facts,
                                   uint32_t shard_count, const struct scan_limits *limits)
{
    uint64_t mine = target_count / shard_count;
    uint32_t at_once = scan_limits_inflight(limits);
    double rate_ms = spread_ms(mine, 1000, limits->rate_per_s);
    double dark_ms = limits->connect_timeout_ms;
    const struct {
        const char *name;
        double ms;
    } bounds[] = {
        {"rate", rate_ms + dark_ms}, /* the last one waits for its own time-out */
        {"in flight", spread_ms(mine, dark_ms, at_once)},
        {"per prefix", spread_ms(facts->densest_prefix, dark_ms, limits->per_prefix)},
        {"per host", spread_ms(facts->densest_host, dark_ms, limits->per_host)},
    };
    double quick_ms = rate_ms;
    double slowest_ms = 0;
    struct scan_estimate estimate = {0};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        double answered_ms = i == 0 ? rate_ms : bounds[i].ms * QUICK_MS / dark_ms;
        quick_ms = answered_ms > quick_ms ? answered_ms : quick_ms;
        if (bounds[i].ms > slowest_ms) {
            slowest_ms = bounds[i].ms;
            estimate.held_back_by = bounds[i].name;
        }
    }
    estimate.quick_s = (uint64_t)(quick_ms / 1000) + 1;
    estimate.dark_s = (uint64_t)(slowest_ms / 1000) + 1;
    return estimate;
}
