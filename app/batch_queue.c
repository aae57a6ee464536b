// SPDX-License-Identifier: Apache-2.0
#include "app/batch_queue.h"

#include <stdlib.h>
#include <string.h>

struct queued_batch {
    struct scan_batch *batch;
    uint64_t since_ms;
    size_t bytes;
};

static size_t size_of(const struct scan_batch *batch)
{
    size_t bytes = sizeof *batch + batch->attempt_count * sizeof *batch->attempts;
    for (size_t i = 0; i < batch->observation_count; i++) {
        const struct observation *seen = batch->observations[i];
        bytes += sizeof *seen;
        for (size_t k = 0; k < seen->chain_count; k++) {
            for (size_t c = 0; c < seen->chains[k].cert_count; c++)
                bytes += sizeof seen->chains[k].certs[c] + seen->chains[k].certs[c].len;
        }
    }
    return bytes;
}

static enum cs_err make_room(struct batch_queue *queue)
{
    if (queue->end < queue->cap)
        return CS_OK;
    size_t count = queue->end - queue->first;
    if (queue->first > queue->cap / 2) {
        memmove(queue->items, queue->items + queue->first, count * sizeof *queue->items);
        queue->first = 0;
        queue->end = count;
        return CS_OK;
    }
    size_t cap = queue->cap == 0 ? 16 : queue->cap * 2;
    struct queued_batch *items = realloc(queue->items, cap * sizeof *items);
    if (items == NULL)
        return CS_E_NOMEM;
    queue->items = items;
    queue->cap = cap;
    return CS_OK;
}

enum cs_err batch_queue_put(struct batch_queue *queue, struct scan_batch *batch, uint64_t now_ms)
{
    enum cs_err err = make_room(queue);
    if (err != CS_OK) {
        scan_batch_free(batch);
        return err;
    }
    struct queued_batch *item = &queue->items[queue->end++];
    *item = (struct queued_batch){batch, now_ms, size_of(batch)};
    queue->bytes += item->bytes;
    return CS_OK;
}

struct scan_batch *batch_queue_first(const struct batch_queue *queue, uint64_t *since_ms)
{
    if (queue->first == queue->end)
        return NULL;
    *since_ms = queue->items[queue->first].since_ms;
    return queue->items[queue->first].batch;
}

struct scan_batch *batch_queue_take(struct batch_queue *queue)
{
    if (queue->first == queue->end)
        return NULL;
    const struct queued_batch *item = &queue->items[queue->first++];
    queue->bytes -= item->bytes;
    return item->batch;
}

void batch_queue_dispose(struct batch_queue *queue)
{
    for (size_t i = queue->first; i < queue->end; i++)
        scan_batch_free(queue->items[i].batch);
    free(queue->items);
    *queue = (struct batch_queue){0};
}
