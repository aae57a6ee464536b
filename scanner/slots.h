// SPDX-License-Identifier: Apache-2.0
/* How many connections each host and each /24 or /64 has at the moment, and the targets that wait for a place
 * there. A target needs a place at its host and one in its prefix. It is parked at the first of the two that
 * is full; a place given back wakes the one that waits longest there, which then has to ask again. Belongs to
 * one loop. */
#ifndef SCANNER_SLOTS_H
#define SCANNER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ip.h"

struct pending { /* a drawn target that is not under way */
    uint64_t position;
    uint64_t index;
    struct ip ip;
    struct pending *next;
};

struct pending_queue {
    struct pending *head;
    struct pending *tail;
    size_t count;
};
void pending_push(struct pending_queue *queue, struct pending *item);
struct pending *pending_pop(struct pending_queue *queue); /* NULL when empty */

struct slot_group { /* one host or one prefix, while it has connections or waiting targets */
    struct ip key;
    uint32_t used;
    struct pending_queue waiting;
    struct slot_group *next; /* in its bucket */
};

struct slot_table {
    struct slot_group **buckets; /* owned; a power of two */
    size_t bucket_count;
    uint32_t limit; /* 0 = no limit: the table stays empty */
};

struct slots {
    struct slot_table hosts;
    struct slot_table prefixes;
    struct pending_queue awake; /* woken: to be asked for again, before anything new is drawn */
    size_t parked;
};

/* `expected`: how many groups there may be at once (in flight and parked). CS_E_NOMEM. */
CS_MUST_USE enum cs_err slots_init(struct slots *slots, uint32_t per_host, uint32_t per_prefix,
                                   size_t expected);
void slots_dispose(struct slots *slots); /* frees parked and woken targets too */

enum slots_answer { SLOTS_TAKEN, SLOTS_PARKED, SLOTS_NO_MEMORY };
/* Takes both places for `item`, or parks it (then it belongs to slots until it is popped from `awake`). */
enum slots_answer slots_take(struct slots *slots, struct pending *item);

/* Takes both places at `ip`, or none (also for want of memory): nobody waits for them here. */
bool slots_try(struct slots *slots, struct ip ip);

/* Gives the places at `ip` back and wakes who waits there. */
void slots_give_back(struct slots *slots, struct ip ip);

/* A woken target ends without having taken its places: wakes the next ones in its stead. */
void slots_pass_on(struct slots *slots, struct ip ip);

#endif
