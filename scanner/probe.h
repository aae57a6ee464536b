// SPDX-License-Identifier: Apache-2.0
/* One target, from its first connect to its outcome: connect -> handshake -> close, and where tries.h has
 * another try to offer, wait for a rate token and connect again. Ends early on refusal, time limit, broken
 * reply, byte cap or a cancel; every end goes through closing, so the result is told exactly once. */
#ifndef SCANNER_PROBE_H
#define SCANNER_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/buf.h"
#include "scanner/dialogue.h"
#include "scanner/lane_direct.h"
#include "scanner/lane_full.h"
#include "scanner/probe_list.h"
#include "scanner/scanner.h"
#include "scanner/target_set.h"
#include "scanner/tries.h"

#define PROBE_READ_BUFFER (64 * 1024)

struct probe;

struct probe_env { /* what all probes of one loop share; borrowed */
    uv_loop_t *loop;
    struct lane_direct_context *direct;
    struct lane_full_context *full;
    const struct scan_limits *limits;
    struct tries_policy policy;
    bool has_source;
    struct ip source;
    const char *ehlo_name; /* how this host calls itself to mail servers */
    uint8_t *read_buffer;  /* PROBE_READ_BUFFER bytes, used within one callback */
    /* It wants one more connection: probe_go_on when there is a token for it. `shortage`: local ports,
     * descriptors or memory ran out, so not at once. */
    void (*on_wait)(struct probe *probe, bool shortage, void *context);
    void (*on_end)(struct probe *probe, void *context); /* its memory is the owner's again */
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
    PROBE_TALKING, /* before TLS */
    PROBE_HANDSHAKING,
    PROBE_CLOSING, /* of one connection */
    PROBE_WAITING, /* for probe_go_on */
    PROBE_DONE,
};

struct probe_result { /* the best of all connections */
    enum outcome outcome;
    char detail[OBSERVATION_DETAIL];
    struct chain chains[OBSERVATION_MAX_CHAINS]; /* of different key families; the owner's after on_end */
    size_t chain_count;
    bool other_keys_asked;   /* and answered, with a chain or a refusal */
    enum protocol protocol;  /* spoken; PROTOCOL_AUTO where nothing was recognised */
    bool throttled;          /* refused for now: says nothing of what the server has */
    bool starttls_injection; /* bytes came in clear text behind the go-ahead for TLS */
};

void probe_result_dispose(struct probe_result *result); /* frees the chains; idempotent */

struct probe {
    struct target target;
    uint64_t position;
    uint64_t index;
    enum probe_end end;
    struct probe_result result;

    /* private */
    const struct probe_env *env;
    enum probe_state state;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct buf out;     /* to be sent */
    struct buf sending; /* not empty: a write under way borrows it */
    size_t received;    /* bytes, over all connections */
    uint64_t whole_deadline_ms;
    uint64_t answer_deadline_ms;
    bool overdue;  /* a deadline has passed; sockets are looked at once more before it counts */
    bool stopped;  /* by cancel or abandon: no further connection */
    bool more;     /* once this connection is closed, another is wanted */
    bool shortage; /* it ended for want of something local */
    struct tries tries;
    struct dialogue_names names;
    enum protocol protocol; /* the target's; once it is found out, the one found */
    bool greets_late;       /* it began with that when it was asked for TLS */
    bool led_to_tls;        /* its dialogue did, on some connection */
    struct try now;         /* of this connection, as is everything below */
    struct dialogue dialogue;
    enum protocol heard; /* from a server that was asked for TLS: who speaks like that, or auto */
    bool in_tls;         /* the hello was sent */
    bool polite;         /* the dialogue has said goodbye: no reset */
    struct lane_direct direct;
    struct lane_full *full;
    struct lane_result got;
    bool unsupported;
    size_t got_bytes;

    struct probe_list *list; /* its owner's, that it is in */
    struct probe *previous;
    struct probe *next;

    uv_timer_t timer; /* kept from one target to the next; nothing behind it */
};

/* `probe` is memory for one target after the other: made ready once, closed once (its memory may go when the
 * loop has run on). */
void probe_open(struct probe *probe, uv_loop_t *loop);
void probe_close(struct probe *probe);
void probe_reset(struct probe *probe); /* empty, for the next target */

/* A probe that is reset but for target, position and index. on_end follows, never from inside this call. */
void probe_start(struct probe *probe, const struct probe_env *env);

/* The connection that on_wait asked for. False, and nothing is done: the probe is ending meanwhile. */
bool probe_go_on(struct probe *probe);

/* Ends it as `cancelled` with `detail`, unless more is known / without telling any outcome. Harmless when it
 * is ending already. */
void probe_cancel(struct probe *probe, const char *detail);
void probe_abandon(struct probe *probe);

#endif
