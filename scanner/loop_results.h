// SPDX-License-Identifier: Apache-2.0
/* The results of one scanning loop on their way to the queue: gathered into batches, which go when they are
 * full or 50 ms old. The one place where a target gets its outcome. Belongs to its loop, but for the
 * counters, which anybody may read. */
#ifndef SCANNER_LOOP_RESULTS_H
#define SCANNER_LOOP_RESULTS_H

#include <stdatomic.h>

#include "scanner/done_window.h"
#include "scanner/probe.h"
#include "scanner/result_queue.h"

struct loop_counters { /* written by the loop alone */
    _Atomic uint64_t position;
    _Atomic uint64_t outcomes[OUTCOME_COUNT];
    _Atomic uint64_t certificates;
    _Atomic uint64_t connections;
    _Atomic uint64_t slowed_down;
    _Atomic uint32_t in_flight;
    _Atomic uint32_t parked;
};
void loop_count(_Atomic uint64_t *counter, uint64_t by);

struct loop_results {
    struct result_queue *queue; /* borrowed, as are the next two */
    struct done_window *window; /* of the loop's positions: what is delivered is finished there */
    struct loop_counters *counters;
    uint32_t loop;            /* its number */
    bool want_outcomes;       /* observations of targets without certificate too */
    struct loop_batch *batch; /* being filled; NULL = none yet */
    uint64_t next_flush_ms;
};

struct finished { /* a target that is over */
    uint64_t position;
    uint64_t index;
    const struct target *target;
};

/* Takes the chains of `result`. Out of memory, the target gets no outcome and stays unfinished, for a resume.
 */
void loop_results_deliver(struct loop_results *results, const struct finished *what,
                          struct probe_result *result);
void loop_results_flush(struct loop_results *results, uint64_t now_ms);
/* Pushes the last batch; nothing follows. */
void loop_results_end(struct loop_results *results);
void loop_results_dispose(struct loop_results *results);

#endif
