// SPDX-License-Identifier: Apache-2.0
#include "scanner/rate.h"

#define SLICE_WITHOUT_LIMIT 256

enum cs_err rate_init(struct rate *rate, uint64_t per_s, uint32_t loops, uint64_t now_ns)
{
    double most = (double)per_s / 20;
    *rate = (struct rate){.per_s = per_s, .filled_at_ns = now_ns, .most = most < 2 ? 2 : most};
    rate->tokens = 1;
    rate->slice = (uint32_t)(rate->most / loops);
    rate->slice = rate->slice < 1 ? 1 : rate->slice;
    return uv_mutex_init(&rate->lock) == 0 ? CS_OK : CS_E_IO;
}

void rate_dispose(struct rate *rate)
{
    uv_mutex_destroy(&rate->lock);
}

uint32_t rate_take(struct rate *rate, uint64_t now_ns)
{
    if (rate->per_s == 0)
        return SLICE_WITHOUT_LIMIT;
    uv_mutex_lock(&rate->lock);
    if (now_ns > rate->filled_at_ns) {
        rate->tokens += (double)(now_ns - rate->filled_at_ns) * (double)rate->per_s / 1e9;
        rate->tokens = rate->tokens > rate->most ? rate->most : rate->tokens;
        rate->filled_at_ns = now_ns;
    }
    uint32_t granted = rate->tokens >= (double)rate->slice ? rate->slice : (uint32_t)rate->tokens;
    rate->tokens -= granted;
    uv_mutex_unlock(&rate->lock);
    return granted;
}
