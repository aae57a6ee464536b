// SPDX-License-Identifier: Apache-2.0
/* Many DNS look-ups over one c-ares channel, bounded in number at once, in pace and in time. What is asked,
 * and what becomes of an answer, is the caller's; for .c files of dns/ only. */
#ifndef DNS_LOOKUPS_H
#define DNS_LOOKUPS_H

#include <ares.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "dns/resolver_options.h"

#define LOOKUPS_MAX_SOCKETS 256

struct lookup;

struct lookups { /* the upper part is filled by the caller, the rest is zero */
    const struct resolver_options *options;
    size_t count; /* numbered from 0 */
    /* Where more turns up while the run goes on, else NULL: raises `count`; where it may wait, it waits until
     * there is something to say. False: nothing more will come. */
    bool (*feed)(struct lookups *lookups, bool may_wait);
    bool (*is_stopped)(const struct lookups *lookups); /* or NULL; true: as options->stop */
    /* Asks the channel, with `lookup` as the callback's argument. The callback comes once, maybe at once, and
     * calls lookup_end. */
    void (*begin)(struct lookups *lookups, size_t number, struct lookup *lookup);
    /* Look-up `number` is not begun any more: nobody knows its answer. */
    void (*leave)(struct lookups *lookups, size_t number);
    void *context;
    bool has_answered; /* somebody, once; may be set beforehand */
    enum cs_err err;   /* set by the caller's functions: the first one ends the run */

    ares_channel channel;
    bool has_own_server; /* one that was named, not the system's */
    size_t begun;
    size_t ended;
    size_t unanswered;
    size_t unanswered_in_a_row;
    uint64_t begun_at_ms;
    struct pollfd sockets[LOOKUPS_MAX_SOCKETS];
    nfds_t socket_count;
};

struct lookup { /* one under way; allocated by lookups_run */
    struct lookups *lookups;
    size_t number;
};

/* Begins and ends all of them, then returns. CS_E_INVALID: options->server is no address; else what `err`
 * was set to. */
CS_MUST_USE enum cs_err lookups_run(struct lookups *lookups, struct diag *diag);

/* First thing in a callback: one has ended with a c-ares status, and `lookup` is gone. True: the DNS has said
 * so, an answer or that there is none. A server that fails or refuses knows nothing. */
bool lookup_end(struct lookup *lookup, int status);

/* What a c-ares status says: nobody answered; the DNS said so, an answer or that there is none. */
bool lookup_is_silence(int status);
bool lookup_is_answer(int status);

#endif
