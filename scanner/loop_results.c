// SPDX-License-Identifier: Apache-2.0
#include "scanner/loop_results.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/follow_ups.h"

#define FLUSH_EVERY_MS 50
#define FLUSH_ATTEMPTS 512
#define FLUSH_BYTES    ((size_t)1 << 20)

void loop_count(_Atomic uint64_t *counter, uint64_t by)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + by, memory_order_relaxed); /* the loop alone writes */
}

static void push(struct loop_results *results)
{
    results->batch->low_water = results->window->low;
    result_queue_push(results->queue, results->batch);
    results->batch = NULL;
}

void loop_results_flush(struct loop_results *results, uint64_t now_ms)
{
    results->next_flush_ms = now_ms + FLUSH_EVERY_MS;
    if (results->batch != NULL)
        push(results);
}

void loop_results_end(struct loop_results *results)
{
    while (results->batch == NULL) /* without it the consumer would wait for ever */
        results->batch = loop_batch_new(results->loop);
    results->batch->ended = true;
    results->batch->complete = results->window->low == results->window->end;
    push(results);
}

void loop_results_dispose(struct loop_results *results)
{
    loop_batch_free(results->batch);
    results->batch = NULL;
}

static bool batch_has_room(struct loop_results *results)
{
    if (results->batch == NULL)
        results->batch = loop_batch_new(results->loop);
    return results->batch != NULL && loop_batch_reserve(results->batch) == CS_OK;
}

static int64_t wall_clock_ms(void)
{
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    return now.tv_sec * 1000 + now.tv_usec / 1000;
}

static struct observation *observe(const struct finished *what, struct probe_result *result, int64_t now_ms)
{
    const struct target *target = what->target;
    struct observation *seen = calloc(1, sizeof *seen);
    if (seen == NULL)
        return NULL;
    seen->position = what->position;
    seen->target = what->index;
    seen->has_ip = target->has_ip;
    seen->ip = target->ip;
    seen->port = target->port;
    seen->any_protocol = target->protocol == PROTOCOL_AUTO;
    seen->protocol = seen->any_protocol ? result->protocol : target->protocol;
    if (seen->protocol == PROTOCOL_AUTO)
        seen->protocol = PROTOCOL_TLS;
    seen->starttls_injection = result->starttls_injection;
    seen->server_name = target->server_name;
    seen->host_name = target->host_name;
    seen->outcome = result->outcome;
    memcpy(seen->detail, result->detail, sizeof seen->detail);
    seen->seen_at_ms = now_ms;
    memcpy(seen->chains, result->chains, sizeof seen->chains);
    seen->chain_count = result->chain_count;
    seen->other_keys_asked = result->other_keys_asked;
    result->chain_count = 0;
    return seen;
}

void loop_results_deliver(struct loop_results *results, const struct finished *what,
                          struct probe_result *result)
{
    bool wants_name =
        follow_ups_wants_name(result->outcome, what->target->protocol, what->target->server_name);
    bool wanted = result->chain_count > 0 || results->want_outcomes || wants_name;
    int64_t now_ms = wall_clock_ms();
    bool room = batch_has_room(results);
    struct observation *seen = room && wanted ? observe(what, result, now_ms) : NULL;
    probe_result_dispose(result);
    if (!room || (wanted && seen == NULL))
        return;
    struct attempt attempt = {what->position, (uint8_t)result->outcome, result->throttled, now_ms / 1000};
    loop_batch_add(results->batch, attempt, seen);
    done_window_finish(results->window, what->position);
    loop_count(&results->counters->outcomes[result->outcome], 1);
    loop_count(&results->counters->certificates, seen != NULL ? seen->chain_count : 0);
    if (results->batch->batch.attempt_count >= FLUSH_ATTEMPTS || results->batch->bytes >= FLUSH_BYTES)
        push(results);
}
