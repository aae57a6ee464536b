// SPDX-License-Identifier: Apache-2.0
#include "scanner/result_queue.h"

#include <stdlib.h>

enum cs_err result_queue_init(struct result_queue *queue)
{
    *queue = (struct result_queue){0};
    if (uv_mutex_init(&queue->lock) != 0)
        return CS_E_IO;
    if (uv_cond_init(&queue->arrived) != 0) {
        uv_mutex_destroy(&queue->lock);
        return CS_E_IO;
    }
    return CS_OK;
}

void result_queue_dispose(struct result_queue *queue)
{
    for (struct loop_batch *batch = queue->head; batch != NULL;) {
        struct loop_batch *next = batch->next;
        loop_batch_free(batch);
        batch = next;
    }
    uv_cond_destroy(&queue->arrived);
    uv_mutex_destroy(&queue->lock);
}

struct loop_batch *loop_batch_new(uint32_t loop)
{
    struct loop_batch *batch = calloc(1, sizeof *batch);
    if (batch != NULL)
        batch->loop = loop;
    return batch;
}

void loop_batch_free(struct loop_batch *batch)
{
    if (batch == NULL)
        return;
    for (size_t i = 0; i < batch->batch.observation_count; i++)
        observation_free(batch->batch.observations[i]);
    free(batch->batch.observations);
    free(batch->batch.attempts);
    free(batch);
}

/* `*array` of `*cap` items of `size` bytes gets room for `count` + 1. */
static bool make_room(void **array, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return true;
    size_t grown = *cap == 0 ? 64 : *cap * 2;
    void *moved = realloc(*array, grown * size);
    if (moved == NULL)
        return false;
    *array = moved;
    *cap = grown;
    return true;
}

enum cs_err loop_batch_reserve(struct loop_batch *batch)
{
    struct scan_batch *inner = &batch->batch;
    void *attempts = inner->attempts;
    void *observations = inner->observations;
    bool room = make_room(&attempts, &batch->attempt_cap, inner->attempt_count, sizeof *inner->attempts);
    inner->attempts = attempts;
    room = room && make_room(&observations, &batch->observation_cap, inner->observation_count,
                             sizeof *inner->observations);
    inner->observations = observations;
    return room ? CS_OK : CS_E_NOMEM;
}

void loop_batch_add(struct loop_batch *batch, struct attempt attempt, struct observation *observation)
{
    batch->batch.attempts[batch->batch.attempt_count++] = attempt;
    if (observation == NULL)
        return;
    batch->batch.observations[batch->batch.observation_count++] = observation;
    batch->bytes += sizeof *observation;
    for (size_t i = 0; i < observation->chain_count; i++) {
        const struct chain *chain = &observation->chains[i];
        for (size_t k = 0; k < chain->cert_count; k++)
            batch->bytes += chain->certs[k].len + sizeof chain->certs[k];
        batch->bytes += chain->ocsp_response.len + chain->sct_list.len + chain->ca_names.len;
    }
}

void result_queue_push(struct result_queue *queue, struct loop_batch *batch)
{
    uv_mutex_lock(&queue->lock);
    if (queue->tail != NULL)
        queue->tail->next = batch;
    else
        queue->head = batch;
    queue->tail = batch;
    queue->attempts += batch->batch.attempt_count;
    queue->bytes += batch->bytes;
    uv_cond_signal(&queue->arrived);
    uv_mutex_unlock(&queue->lock);
}

struct loop_batch *result_queue_pop(struct result_queue *queue, unsigned wait_ms)
{
    uv_mutex_lock(&queue->lock);
    if (queue->head == NULL)
        uv_cond_timedwait(&queue->arrived, &queue->lock,
                          (uint64_t)wait_ms * 1000000); /* may wake for nothing */
    struct loop_batch *batch = queue->head;
    if (batch != NULL) {
        queue->head = batch->next;
        if (queue->head == NULL)
            queue->tail = NULL;
        queue->attempts -= batch->batch.attempt_count;
        queue->bytes -= batch->bytes;
    }
    uv_mutex_unlock(&queue->lock);
    return batch;
}

bool result_queue_is_full(struct result_queue *queue)
{
    return atomic_load_explicit(&queue->attempts, memory_order_relaxed) >= RESULT_QUEUE_MAX_ATTEMPTS ||
           atomic_load_explicit(&queue->bytes, memory_order_relaxed) >= RESULT_QUEUE_MAX_BYTES;
}
