// SPDX-License-Identifier: Apache-2.0
/* A small DNS server (RFC 1035) over UDP on loopback, from a thread of its own. It knows what it is told,
 * says NXDOMAIN to all else, and misbehaves where asked to. */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H

#include <stddef.h>

struct dns_record {
    const char *name; /* lower-case */
    const char *type; /* A, AAAA, PTR, CNAME (its target's records follow in the same answer); or what it does
                         to any question about the name: silent, servfail, garbage, cut (an answer that ends
                         early); or to questions for A alone: silent-a, servfail-a */
    const char *data; /* address or name; NULL where the type needs none */
};

struct dns_server;

/* Listens on a free port of 127.0.0.1. `records` is borrowed until the stop. NULL on failure. */
struct dns_server *dns_server_start(const struct dns_record *records, size_t count);
/* "127.0.0.1:PORT"; borrowed. */
const char *dns_server_address(const struct dns_server *server);
/* Questions received so far about any name that starts with `prefix`. */
size_t dns_server_questions(struct dns_server *server, const char *prefix);
void dns_server_stop(struct dns_server *server); /* NULL is fine */

#endif
