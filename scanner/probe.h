// SPDX-License-Identifier: Apache-2.0
/* One target, from connect to close: connect -> handshake -> close -> deliver. Ends early on refusal, time
 * limit, broken reply, byte cap or a cancel; every end goes through closing, so the result is told exactly
 * once. */
#ifndef SCANNER_PROBE_H
#define SCANNER_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/buf.h"
#include "scanner/lane_full.h"
#include "scanner/scanner.h"
#include "scanner/target_set.h"

#define PROBE_READ_BUFFER (64 * 1024)

struct probe;

struct probe_env { /* what all probes of one loop share; borrowed */
    uv_loop_t *loop;
    struct lane_full_context *full;
    const struct scan_limits *limits;
    bool has_source;
    struct ip source;
    uint8_t *read_buffer; /* PROBE_READ_BUFFER bytes, used within one callback */
    void (*on_end)(struct probe *probe,
                   void *context); /* the probe is over, its memory is the owner's again */
    void *context;
};

enum probe_end {
    PROBE_DELIVERED, /* probe->result holds */
    PROBE_RETRY,     /* no local port, descriptor or memory: nothing was sent; try again later */
    PROBE_ABANDONED, /* by probe_abandon */
};

enum probe_state {
    PROBE_IDLE,
    PROBE_CONNECTING,
    PROBE_HANDSHAKING,
    PROBE_CLOSING,
    PROBE_DONE,
};

struct probe {
    struct target target;
    uint64_t position;
    uint64_t index;
    enum probe_end end;
    struct lane_result result; /* chain.certs is the owner's after PROBE_DELIVERED with OUTCOME_CERTIFICATE */

    /* private */
    const struct probe_env *env;
    enum probe_state state;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    struct buf out;     /* to be sent */
    struct buf sending; /* not empty: a write under way borrows it */
    unsigned open_handles;
    struct lane_full *lane;
    size_t received; /* bytes */
    uint64_t whole_deadline_ms;
    uint64_t answer_deadline_ms;
    bool overdue;           /* a deadline has passed; sockets are looked at once more before it counts */
    struct probe *previous; /* in its owner's list */
    struct probe *next;
};

/* Zero-initialised but for target, position and index. on_end follows, never from inside this call. */
void probe_start(struct probe *probe, const struct probe_env *env);

/* Ends it as `cancelled` with `detail` / without telling any outcome. Harmless when it is ending already. */
void probe_cancel(struct probe *probe, const char *detail);
void probe_abandon(struct probe *probe);

#endif
