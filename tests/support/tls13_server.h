// SPDX-License-Identifier: Apache-2.0
/* A TLS 1.3 server in memory that says what it is told to say: it answers a ClientHello with retries, a
 * ServerHello and records of the test's own choice, sealed by libcrypto. It reads hellos as strictly as RFC
 * 8446 wants it, and is as wrong as its options say. */
#ifndef TESTS_SUPPORT_TLS13_SERVER_H
#define TESTS_SUPPORT_TLS13_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum tls13_how {
    TLS13_SEALED,
    TLS13_SEALED_BADLY, /* with a wrong tag */
    TLS13_CLEAR,
};

struct tls13_record { /* one that follows the ServerHello */
    uint8_t type;     /* content type */
    const void *bytes;
    size_t len;
    size_t padding;
    enum tls13_how how;
};

struct tls13_server_options { /* what it points to is borrowed for the server's life */
    uint16_t suite;           /* 0 = TLS_AES_128_GCM_SHA256; one that is not sealed here: hellos only */
    uint16_t group;   /* 0 = that of the client's share; else asked for where the client did not send it */
    unsigned retries; /* so many HelloRetryRequests, be they needed or not */
    uint16_t retry_group; /* that they ask for; 0 = `group`, and if that is 0, no group at all */
    uint16_t retry_suite; /* 0 = `suite` */
    const void *cookie;   /* in a retry; NULL = none */
    size_t cookie_len;
    uint16_t share_group; /* that the ServerHello says its share is of; 0 = the one it is of */
    const void *share;    /* instead of a real one; NULL = a real one */
    size_t share_len;
    bool no_share;
    bool changes_cipher_spec; /* behind its first hello (RFC 8446, D.4) */
    size_t hello_piece;       /* bytes of a hello to a record; 0 = all */
    const void *behind_hello; /* in the last record of the ServerHello */
    size_t behind_hello_len;
    const struct tls13_record *records;
    size_t record_count;
};

struct tls13_server;

struct tls13_server *tls13_server_new(const struct tls13_server_options *options); /* never NULL */
void tls13_server_free(struct tls13_server *server);                               /* NULL is fine */

/* Takes bytes of the client, in whatever pieces, and appends the answer to `out`, if it is time for one.
 * False: no ClientHello of TLS 1.3, or a second one that differs from the first where it must not. */
bool tls13_server_take(struct tls13_server *server, const uint8_t *bytes, size_t len, struct buf *out);

#endif
