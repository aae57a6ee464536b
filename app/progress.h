// SPDX-License-Identifier: Apache-2.0
/* The progress line of a scan, as text: pure, so that it is tested without a terminal or a clock. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "scanner/scanner.h"

struct progress { /* zero-initialise; remembers what the rate is measured from */
    uint64_t started_at_ms;
    uint64_t last_at_ms;
    uint64_t last_connections;
    uint64_t start_position; /* of a resumed scan: what was done before */
    double rate_per_s;       /* smoothed */
};

/* Any monotonic clock in milliseconds. */
void progress_start(struct progress *progress, uint64_t now_ms, uint64_t start_position);

/* Appends e.g. `41% 26,870 of 65,536, 498/s, 1,500 in flight, 212 certificates (180 distinct), 20,111
 * refused, 5,300 timeouts, 2 min left`, without newline. */
void progress_append(struct progress *progress, struct buf *out, const struct scan_progress *now,
                     uint64_t distinct, uint64_t now_ms);

/* 1234567 -> 1,234,567 */
void append_count(struct buf *out, uint64_t count);
/* 95 -> "1 min 35 s", 7300 -> "2 h 2 min", 300000 -> "3 d 11 h" */
void append_duration(struct buf *out, uint64_t seconds);

#endif
