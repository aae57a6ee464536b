// SPDX-License-Identifier: Apache-2.0
/* Batches of a scan that wait for something, first in, first out. */
#ifndef APP_BATCH_QUEUE_H
#define APP_BATCH_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scanner/scanner.h"

struct batch_queue { /* zero-initialise */
    struct queued_batch *items;
    size_t first;
    size_t end;
    size_t cap;
    size_t bytes; /* about what they hold in memory */
};

/* Takes `batch` over, also where that fails. */
CS_MUST_USE enum cs_err batch_queue_put(struct batch_queue *queue, struct scan_batch *batch, uint64_t now_ms);
/* The first one, NULL = none, and when it was put in; it stays. */
struct scan_batch *batch_queue_first(const struct batch_queue *queue, uint64_t *since_ms);
struct scan_batch *batch_queue_take(struct batch_queue *queue); /* for the caller to free */
void batch_queue_dispose(struct batch_queue *queue);            /* with all batches; idempotent */

#endif
