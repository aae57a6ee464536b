// SPDX-License-Identifier: Apache-2.0
/* How long a scan may take, from its size and every limit that holds it back. Pure. */
#ifndef APP_SCAN_ESTIMATE_H
#define APP_SCAN_ESTIMATE_H

#include <stdint.h>

#include "base/buf.h"
#include "scanner/scanner.h"
#include "scanner/target_set.h"

struct scan_estimate {
    uint64_t quick_s;         /* every target answers at once: what rate and caps alone allow */
    uint64_t dark_s;          /* no target answers: each holds its place for the connect time-out */
    const char *held_back_by; /* what decides dark_s: "rate", "in flight", "per prefix", "per host" */
};

struct scan_estimate scan_estimate(uint64_t target_count, const struct target_set_facts *facts,
                                   uint32_t shard_count, const struct scan_limits *limits);

#endif
