// SPDX-License-Identifier: Apache-2.0
/* A server on all of 127.0.0.0/8 that answers a ClientHello as honest servers do, recorded or live, and
 * spoils most of it: bits flipped, bytes cut out, put in or said twice, records in another order, lengths
 * that lie. What is left it sends in random pieces, and then closes, resets, holds the line or goes on.
 * Everything is drawn from a seed, by host and number of its connection. It runs in a thread of its own, and
 * keeps count by host as a server sees it. */
#ifndef TESTS_SUPPORT_MUTATING_SERVER_H
#define TESTS_SUPPORT_MUTATING_SERVER_H

#include <stdbool.h>
#include <stdint.h>

struct mutating_counts {
    uint64_t accepted;
    uint64_t mutated;       /* answers */
    uint32_t open;          /* connections, now */
    uint32_t most_per_host; /* connections to one host, in one round */
    uint32_t longest_ms;    /* from a host's first connection to the end of its last */
};

struct mutating_server;

struct mutating_server *mutating_server_start(uint64_t seed); /* NULL on failure */
uint16_t mutating_server_port(const struct mutating_server *server);
struct mutating_counts mutating_server_counts(struct mutating_server *server);
/* Some hosts (host byte order) are honest: their first connection gets the answer unspoilt. */
bool mutating_server_is_honest(const struct mutating_server *server, uint32_t host);
/* Hosts are counted anew and draw anew. Only while no connection is open. Hosts differ in their last 16 bits.
 */
void mutating_server_next_round(struct mutating_server *server);
void mutating_server_stop(struct mutating_server *server); /* NULL is fine */

#endif
