// SPDX-License-Identifier: Apache-2.0
/* The direct lane: one hello of ours, then the server's flight is read as far as the Certificate message and
 * no further. Up to TLS 1.2 that is clear text; TLS 1.3 costs one key agreement and one AEAD. No signature is
 * checked and no handshake finished, so it also works with servers that libssl refuses: broken ciphers only,
 * SSL 3.0, weak Diffie-Hellman, a client certificate demanded, a stall behind the Certificate. */
#ifndef SCANNER_LANE_DIRECT_H
#define SCANNER_LANE_DIRECT_H

#include "base/buf.h"
#include "base/diag.h"
#include "scanner/chain_extras.h"
#include "scanner/client_hello.h"
#include "scanner/lane.h"
#include "scanner/tls13_keys.h"
#include "scanner/tls_frames.h"

struct lane_direct_context {        /* shared by all handshakes of one thread */
    struct tls_crypto *crypto;      /* borrowed */
    uint8_t opened[TLS_RECORD_MAX]; /* the record at hand, in clear; used within one step */
};

enum lane_direct_state {
    LANE_DIRECT_HELLO,  /* the hello is sent or to be sent */
    LANE_DIRECT_CLEAR,  /* TLS 1.2 or less: the Certificate is next */
    LANE_DIRECT_SEALED, /* TLS 1.3: the Certificate is among the next messages */
    LANE_DIRECT_BEHIND, /* the chain is taken; what has arrived behind it is looked through */
};

struct lane_direct { /* one handshake; private */
    struct lane_direct_context *context;
    const char *server_name;
    enum lane_direct_state state;
    enum hello_kind kind;
    enum key_family keys;
    bool retried;          /* a HelloRetryRequest was answered */
    uint16_t group;        /* of the key share sent */
    uint16_t retry_suite;  /* that the retry chose */
    struct buf transcript; /* handshake messages so far, as TLS 1.3 hashes them */
    struct tls_frames records;
    struct tls_frames messages;
    struct tls13_opener opener;
    struct chain chain;
    struct chain_extras extras;
};

/* Zero-initialises `lane`. `server_name` (NULL = none) is borrowed for its life. */
void lane_direct_begin(struct lane_direct *lane, struct lane_direct_context *context, enum hello_kind kind,
                       enum key_family keys, const char *server_name);

/* Feeds what the peer sent (nothing, the first time) and appends to `out` what is to be sent. After any
 * verdict but LANE_MORE no further call is made. */
enum lane_verdict lane_direct_step(struct lane_direct *lane, const uint8_t *in, size_t in_len,
                                   struct buf *out, struct lane_result *result);

void lane_direct_dispose(struct lane_direct *lane); /* idempotent */

#endif
