// SPDX-License-Identifier: Apache-2.0
/* An endpoint: a target that has shown a certificate. Written ADDRESS:PORT[/PROTOCOL][#NAME], IPv6 addresses
 * in brackets, /PROTOCOL left out exactly when it is tls. The network label is not part of the text. */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ip.h"
#include "model/protocol.h"

#define ENDPOINT_MAX_NAME  253 /* RFC 1035, 2.3.4, without the trailing dot */
#define ENDPOINT_TEXT_SIZE (IP_TEXT_SIZE + 32 + ENDPOINT_MAX_NAME + 1)

struct endpoint {        /* plain data; strings are borrowed */
    const char *network; /* "" by default, never NULL */
    struct ip ip;
    uint16_t port;
    enum protocol protocol;
    const char *server_name; /* lower-case A-label name sent as SNI; NULL = none */
};

/* Returns `out`. */
char *endpoint_format(char out[ENDPOINT_TEXT_SIZE], const struct endpoint *endpoint);

/* The reverse. The name (may be absent) goes into `name` lower-cased, and out->server_name points there or is
 * NULL; out->network is "". CS_E_INVALID if it is no endpoint. */
CS_MUST_USE enum cs_err endpoint_parse(const char *text, struct endpoint *out,
                                       char name[ENDPOINT_MAX_NAME + 1]);

/* 64-bit key for sets of known endpoints: equal endpoints (names compared case-insensitively) have equal
 * keys. */
uint64_t endpoint_hash(const struct endpoint *endpoint);

#endif
