// SPDX-License-Identifier: Apache-2.0
#include "scanner/budget.h"

#include <stdlib.h>

#include "scanner/rate.h"
#include "scanner/slots.h"

#define EXPECTED_HOSTS 16384

struct budget {
    struct rate rate; /* has a lock of its own */
    uv_mutex_t lock;  /* of the places */
    struct slots slots;
};

enum cs_err budget_new(struct budget **out, uint64_t rate_per_s, uint32_t per_host, uint32_t per_prefix,
                       uint64_t now_ns)
{
    struct budget *budget = calloc(1, sizeof *budget);
    *out = NULL;
    if (budget == NULL || slots_init(&budget->slots, per_host, per_prefix, EXPECTED_HOSTS) != CS_OK) {
        if (budget != NULL)
            slots_dispose(&budget->slots);
        free(budget);
        return CS_E_NOMEM;
    }
    enum cs_err err = rate_init(&budget->rate, rate_per_s, BUDGET_SCANS, now_ns);
    if (err == CS_OK && uv_mutex_init(&budget->lock) != 0) {
        rate_dispose(&budget->rate);
        err = CS_E_IO;
    }
    if (err != CS_OK) {
        slots_dispose(&budget->slots);
        free(budget);
        return err;
    }
    *out = budget;
    return CS_OK;
}

void budget_free(struct budget *budget)
{
    if (budget == NULL)
        return;
    slots_dispose(&budget->slots);
    rate_dispose(&budget->rate);
    uv_mutex_destroy(&budget->lock);
    free(budget);
}

uint32_t budget_tokens(struct budget *budget, uint64_t now_ns)
{
    return rate_take(&budget->rate, now_ns);
}

bool budget_enter(struct budget *budget, struct ip ip)
{
    uv_mutex_lock(&budget->lock);
    bool entered = slots_try(&budget->slots, ip);
    uv_mutex_unlock(&budget->lock);
    return entered;
}

void budget_leave(struct budget *budget, struct ip ip)
{
    uv_mutex_lock(&budget->lock);
    slots_give_back(&budget->slots, ip);
    uv_mutex_unlock(&budget->lock);
}
