// SPDX-License-Identifier: Apache-2.0
/* One scanning loop in a thread of its own: draws its positions, paces, probes, and pushes batches of
 * results. It ends when all its positions are finished, or on drain or abort once nothing is under way. */
#ifndef SCANNER_SCAN_LOOP_H
#define SCANNER_SCAN_LOOP_H

#include <stdatomic.h>

#include <uv.h>

#include "scanner/done_window.h"
#include "scanner/loop_results.h"
#include "scanner/permutation.h"
#include "scanner/probe.h"
#include "scanner/rate.h"
#include "scanner/result_queue.h"
#include "scanner/slots.h"

struct scan_shared { /* by all loops of a scan */
    struct scan_plan plan;
    struct permutation order;
    struct rate rate;
    struct result_queue queue;
    uint32_t max_inflight; /* over all loops */
    atomic_bool drain;
    atomic_bool pause;
    atomic_bool abort;
};

struct scan_loop {
    struct scan_shared *shared;
    uint32_t number;
    struct loop_counters counters;
    uv_thread_t thread;
    bool running; /* the thread was started */

    uv_mutex_t lock; /* guards the three below */
    bool awake;      /* `wake` may be used */
    bool has_new_exclusions;
    struct ip_set new_excluded; /* owned */

    /* the loop's own from here on */
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick;
    uv_idle_t walk; /* runs while there are positions to skip without waiting */
    struct probe_env env;
    struct lane_direct_context direct;
    struct done_window window;
    struct slots slots;
    struct pending_queue retry;  /* put back for want of local ports or descriptors */
    struct pending_queue denied; /* no place in the budget that scans share; asked again at the next tick */
    struct pending *spare;       /* unused ones */
    struct probe_list active;    /* those under way */
    struct probe_list waiting;   /* for a token, to connect again; they count as in flight */
    struct probe_list idle;      /* unused ones */
    struct loop_results results;
    struct ip_set excluded;
    uint32_t in_flight;
    uint32_t share;         /* of max_inflight */
    uint32_t limit;         /* in force: less than `share` after a shortage */
    uint32_t tokens;        /* connections the rate has granted */
    uint32_t shared_tokens; /* and those of the budget */
    uint64_t paused_until_ms;
    bool closing;
};

/* Prepares everything and starts the thread. On error nothing is left behind. */
CS_MUST_USE enum cs_err scan_loop_start(struct scan_loop *loop, struct scan_shared *shared, uint32_t number,
                                        uint32_t share, struct diag *diag);
/* The thread looks at the shared flags and at new exclusions. Any thread, at any time between start and join.
 */
void scan_loop_wake(struct scan_loop *loop);
CS_MUST_USE enum cs_err scan_loop_exclude(struct scan_loop *loop, const struct ip_set *excluded);
void scan_loop_join(struct scan_loop *loop); /* waits for the thread, frees everything */

#endif
