// SPDX-License-Identifier: Apache-2.0
/* From the loops to the consumer: whole batches under one lock, so that its cost is per batch and not per
 * target. Bounded: a full queue tells the loops to draw nothing new; what is under way still finds room. */
#ifndef SCANNER_RESULT_QUEUE_H
#define SCANNER_RESULT_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/err.h"
#include "scanner/scanner.h"

#define RESULT_QUEUE_MAX_ATTEMPTS ((size_t)1 << 16)
#define RESULT_QUEUE_MAX_BYTES    ((size_t)32 << 20)

struct loop_batch { /* what one loop has finished since its last batch */
    struct scan_batch batch;
    uint32_t loop;      /* number of the loop */
    uint64_t low_water; /* of that loop, with this batch */
    bool ended;         /* its last one */
    bool complete;      /* with `ended`: everything of the loop has its outcome */
    size_t attempt_cap;
    size_t observation_cap;
    size_t bytes; /* of chains and observations */
    struct loop_batch *next;
};

struct result_queue {
    uv_mutex_t lock;
    uv_cond_t arrived;
    struct loop_batch *head;
    struct loop_batch *tail;
    atomic_size_t attempts; /* waiting; changed under the lock, read without it */
    atomic_size_t bytes;
};

CS_MUST_USE enum cs_err result_queue_init(struct result_queue *queue);
void result_queue_dispose(struct result_queue *queue); /* frees what nobody took */

struct loop_batch *loop_batch_new(uint32_t loop); /* NULL: out of memory */
void loop_batch_free(struct loop_batch *batch);   /* with observations */
/* Room for one more attempt and observation; what was reserved cannot fail later. CS_E_NOMEM. */
CS_MUST_USE enum cs_err loop_batch_reserve(struct loop_batch *batch);
void loop_batch_add(struct loop_batch *batch, struct attempt attempt,
                    struct observation *observation); /* may be NULL */

void result_queue_push(struct result_queue *queue, struct loop_batch *batch);
/* Waits up to `wait_ms`; NULL = nothing came. */
struct loop_batch *result_queue_pop(struct result_queue *queue, unsigned wait_ms);
bool result_queue_is_full(struct result_queue *queue);

#endif
