// SPDX-License-Identifier: Apache-2.0
/* What is spoken before the TLS handshake: bytes in, bytes out and a verdict, as in a lane; no socket, no
 * loop, no clock inside. Each protocol is a row of the table in dialogue.c and one small file. No login, no
 * mail, no change at the server: a dialogue only asks for TLS. */
#ifndef SCANNER_DIALOGUE_H
#define SCANNER_DIALOGUE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "model/protocol.h"
#include "scanner/lane.h"

#define DIALOGUE_MAX_BYTES (100 * 1024) /* all a server may say before TLS */
#define DIALOGUE_MAX_LINE  8192
#define DIALOGUE_MAX_LINES 500 /* of one reply */

enum dialogue_verdict {
    DIALOGUE_MORE, /* send what was put out, then feed what comes */
    DIALOGUE_TLS,  /* the server is ready: whatever comes next is TLS */
    DIALOGUE_END,  /* over: result->outcome and detail say how */
};

struct dialogue_names { /* what a dialogue may say of both sides; borrowed */
    const char *own;    /* how this host calls itself (--ehlo-name); never NULL */
    const char *server; /* the name sent as SNI, else the target's own, else NULL */
    char literal[64];   /* the server's address in text, where a name is needed and there is none */
};

struct dialogue { /* private */
    const struct dialogue_protocol *protocol;
    const struct dialogue_names *names;
    unsigned step; /* a state of the protocol's own */
    unsigned lines;
    size_t received;
    struct buf part; /* of a line or packet that has not come whole */
    bool injected;   /* bytes came behind the go-ahead */
};

/* False: no dialogue for it is built in (nor for tls, which needs none). */
bool dialogue_exists(enum protocol protocol);
/* The server says the first word, and may take its time over it. */
bool dialogue_waits_for_greeting(enum protocol protocol);

/* `names` is borrowed for its life. */
void dialogue_begin(struct dialogue *dialogue, enum protocol protocol, const struct dialogue_names *names);
/* Feeds what the peer sent (nothing, the first time) and appends to `out` what is to be sent. With
 * DIALOGUE_TLS, bytes that came behind the go-ahead were dropped, and dialogue->injected tells of them: in
 * clear text they are anybody's. */
enum dialogue_verdict dialogue_step(struct dialogue *dialogue, const uint8_t *in, size_t in_len,
                                    struct buf *out, struct lane_result *result);
void dialogue_dispose(struct dialogue *dialogue); /* idempotent */

#endif
