// SPDX-License-Identifier: Apache-2.0
/* A server on loopback that plays a script to every connection, from a thread of its own: silent, slow,
 * lying, endless, closing, resetting. It also counts how many connections it has at once, by host and by
 * prefix, as a server sees them. */
#ifndef TESTS_SUPPORT_HOSTILE_SERVER_H
#define TESTS_SUPPORT_HOSTILE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hostile_end {
    HOSTILE_HOLDS,             /* stays connected and says nothing more */
    HOSTILE_CLOSES,            /* sends its FIN and waits for the client to go */
    HOSTILE_RESETS,            /* sends a RST */
    HOSTILE_CLOSES_AND_RESETS, /* a FIN and at once a RST */
};

struct hostile_script {
    bool waits;        /* says nothing before the client has sent something */
    const void *bytes; /* what it says then; borrowed for the server's life */
    size_t len;
    size_t piece;      /* bytes at a time; 0 = all at once */
    unsigned every_ms; /* between two pieces */
    bool endless;      /* when all is said, begins again */
    unsigned hold_ms;  /* after all is said, before the end */
    enum hostile_end end;
    bool counts; /* keep the counts of connections at once (costs a look at all of them for each new one) */
    bool only_small_hello;             /* a ClientHello of TLS 1.2 or newer gets a RST */
    const struct hostile_script *next; /* for the connection after this; NULL = the same again. Borrowed */
};

struct hostile_counts {
    uint64_t accepted;
    uint32_t most_at_once; /* established at the same time; this and the next two only with script->counts */
    uint32_t most_per_host;
    uint32_t most_per_prefix; /* /24 */
};

struct hostile_server;

/* Listens on a free port of `address`: one of 127.0.0.0/8, "::1", or "127.0.0.0/8" for all of them. NULL on
 * failure. The script is copied, its bytes are not. */
struct hostile_server *hostile_server_start(const char *address, const struct hostile_script *script);
uint16_t hostile_server_port(const struct hostile_server *server);
struct hostile_counts hostile_server_counts(const struct hostile_server *server);
void hostile_server_stop(struct hostile_server *server); /* closes everything, frees; NULL is fine */

#endif
