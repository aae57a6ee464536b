// SPDX-License-Identifier: Apache-2.0
/* The scanner: k loops, each in a thread of its own, probe the targets of a set in permuted order and deliver
 * what they saw through one bounded queue. Exactly one outcome for every target, always.
 *
 *   scanner_start -> scanner_take ... until a batch says `last` -> scanner_free
 *
 * scanner_take and scanner_free belong to one thread (the consumer); drain, pause, abort, exclude and
 * progress may be called from any thread. A consumer that does not take is back-pressure: the loops stop
 * drawing targets.
 */
#ifndef SCANNER_SCANNER_H
#define SCANNER_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "model/observation.h"
#include "scanner/budget.h"
#include "scanner/ip_set.h"
#include "scanner/target_set.h"
#include "scanner/tries.h"

struct scan_limits {
    uint32_t rate_per_s; /* new connections a second over all loops; 0 = no limit */
    uint32_t
        max_inflight; /* connections at once over all loops; 0 = rate x connect time-out, 4096 without rate */
    uint32_t per_host;   /* connections at once to one address; 0 = no limit */
    uint32_t per_prefix; /* the same for each /24 or /64 */
    uint32_t connect_timeout_ms;
    uint32_t answer_timeout_ms;
    uint32_t timeout_ms; /* whole target, from its first connect */
    uint32_t threads;    /* loops; fewer where max_inflight is less */
};
extern const struct scan_limits
    scan_limits_default; /* as in the manual: 500, 0, 2, 64, 3000, 8000, 30000, 1 */

/* Connections at once that `limits` ask for: max_inflight, or what its 0 stands for. */
uint32_t scan_limits_inflight(const struct scan_limits *limits);

struct scan_plan {
    const struct target_set *targets; /* borrowed; outlives the scanner */
    uint64_t seed;
    uint32_t shard_index; /* 0-based */
    uint32_t shard_count; /* 1 = everything */
    struct scan_limits limits;
    struct tries_policy policy; /* how certificates are asked for */
    bool has_source;
    struct ip source;      /* local address to connect from; CS_E_INVALID if it is not ours */
    const char *ehlo_name; /* how this host calls itself to mail servers; NULL = localhost; borrowed */
    const struct ip_set *excluded; /* standing exclusions at the start; may be NULL; copied */

    /* Resume: positions below low_water are done, and those listed (sorted, each >= low_water).
     * Borrowed; outlives the scanner. */
    uint64_t low_water;
    const uint64_t *done;
    size_t done_count;

    struct budget *budget; /* shared with other scans; NULL = none; borrowed, outlives the scanner */
    bool paused;           /* scanner_pause from the start */
    bool want_outcomes;    /* deliver observations without certificate too, not only their attempts */
};

struct attempt {       /* one finished target */
    uint64_t position; /* in the permuted order */
    uint8_t outcome;   /* enum outcome */
    bool throttled;    /* the server refused for now: no word about what it has */
    int64_t ended_at_s;
};

struct scan_batch {
    struct attempt *attempts;
    size_t attempt_count;
    struct observation **observations; /* owned; each position also is in `attempts` of this batch */
    size_t observation_count;
    uint64_t low_water; /* with this batch, every position below it is finished (or another shard's) */
    bool last;          /* nothing will follow: all is done, drained or aborted */
    bool complete;      /* on the last batch: every target of this shard has had its outcome */
};

/* In-flight is fitted to the file limit (raised to the hard limit first); a line about it goes to `diag` on
 * CS_OK too, "" = nothing to say. CS_E_INVALID, CS_E_NOMEM, CS_E_IO with a reason. */
struct scanner;
CS_MUST_USE enum cs_err scanner_start(struct scanner **out, const struct scan_plan *plan, struct diag *diag);

/* Waits up to `wait_ms` for results. NULL = none yet. The caller frees the batch with scan_batch_free, and
 * may take an observation out by putting NULL in its place. */
struct scan_batch *scanner_take(struct scanner *scanner, unsigned wait_ms);
void scan_batch_free(struct scan_batch *batch);

void scanner_drain(struct scanner *scanner); /* start nothing new, finish what is under way */
/* Begins nothing new while true; what is under way goes on. A pause does not keep from drain or abort. */
void scanner_pause(struct scanner *scanner, bool paused);
void scanner_abort(struct scanner *scanner); /* close everything now; unfinished targets get no outcome */
/* Replaces the standing exclusions; probes under way there end as `cancelled` at once. The set is copied. */
CS_MUST_USE enum cs_err scanner_exclude(struct scanner *scanner, const struct ip_set *excluded);

struct scan_progress {
    uint64_t position;       /* the lowest counter of any loop: how far the order has been walked */
    uint64_t position_count; /* where it ends */
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t certificates; /* chains obtained */
    uint64_t connections;  /* started so far */
    uint32_t in_flight;
    uint32_t parked;
    uint32_t max_inflight;      /* in force */
    uint64_t slowed_down_count; /* times that local ports or descriptors ran out */
};
void scanner_progress(struct scanner *scanner, struct scan_progress *out);

void scanner_free(struct scanner *scanner); /* aborts what still runs, waits for the loops */

#endif
