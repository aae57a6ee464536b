// SPDX-License-Identifier: Apache-2.0
/* The ClientHello of the direct lane, as one record (RFC 8446, 4.1.2 and 5.1; up to TLS 1.2 RFC 5246,
 * 7.4.1.2). It offers whatever a server may still speak, for nothing is trusted to it but a certificate. */
#ifndef SCANNER_CLIENT_HELLO_H
#define SCANNER_CLIENT_HELLO_H

#include "base/buf.h"
#include "base/cursor.h"
#include "scanner/tls_wire.h"

enum hello_kind {
    HELLO_MODERN, /* TLS 1.3 down to 1.0, every extension that gets more out of a server */
    HELLO_LEGACY, /* TLS 1.0 with SSL 3.0 understood, no extension but the name, for old servers */
};

struct client_hello {
    enum hello_kind kind;
    enum key_family keys;    /* certificates asked for */
    const char *server_name; /* lower-case A-labels; NULL = none */
    uint8_t random[TLS_RANDOM];
    uint8_t session_id[TLS_SESSION_ID]; /* modern: a server in middlebox compatibility mode echoes it */
    uint16_t group;                     /* modern: of the key share */
    struct cursor share;
    struct cursor cookie; /* modern, after a HelloRetryRequest that had one; else {NULL, 0} */
    uint16_t record_version;
};

/* The record goes to the end of `out`; the message begins TLS_RECORD_HEADER bytes into it. */
void client_hello_append(struct buf *out, const struct client_hello *hello);

#endif
