// SPDX-License-Identifier: Apache-2.0
/* One token bucket for a whole scan, shared by its loops, which take tokens in slices. */
#ifndef SCANNER_RATE_H
#define SCANNER_RATE_H

#include <stdint.h>

#include <uv.h>

#include "base/err.h"

struct rate {
    uv_mutex_t lock;
    uint64_t per_s; /* 0 = no limit */
    uint64_t filled_at_ns;
    double tokens;
    double
        most; /* what the bucket holds: 50 ms worth, two at least, so that none is lost between two looks */
    uint32_t slice;
};

/* `loops` share it. CS_E_IO if the lock cannot be made. */
CS_MUST_USE enum cs_err rate_init(struct rate *rate, uint64_t per_s, uint32_t loops, uint64_t now_ns);
void rate_dispose(struct rate *rate);

/* At most a slice of tokens, each worth one connection; 0 = none yet. Any thread. */
uint32_t rate_take(struct rate *rate, uint64_t now_ns);

#endif
