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
#define DIALOGUE_MAX_HEAD  8   /* of a packet around TLS */
#define DIALOGUE_LISTEN_MS 400 /* for who greets unasked, where the protocol is not known */

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
    bool is_guess;   /* the protocol: its greeting is also that of others */
    bool will_greet; /* `auto`: it is known to, and is waited for; to be set behind dialogue_begin */
    bool has_spoken; /* we have */
    size_t received;
    struct buf part; /* of a line or packet that has not come whole */
    bool injected;   /* bytes came behind the go-ahead */
    size_t carried;  /* bytes of the packet around TLS that are still to come */
};

bool dialogue_is_greeted(enum protocol protocol); /* the server says the first word */

/* `names` is borrowed for its life. */
void dialogue_begin(struct dialogue *dialogue, enum protocol protocol, const struct dialogue_names *names);
/* Feeds what the peer sent (nothing, the first time) and appends to `out` what is to be sent. With
 * DIALOGUE_TLS, bytes that came behind the go-ahead were dropped, and dialogue->injected tells of them: in
 * clear text they are anybody's. */
enum dialogue_verdict dialogue_step(struct dialogue *dialogue, const uint8_t *in, size_t in_len,
                                    struct buf *out, struct lane_result *result);
/* No byte for DIALOGUE_LISTEN_MS (`auto` that heard nothing), or until the time limit of an answer: what that
 * means. DIALOGUE_MORE: nothing but that. */
enum dialogue_verdict dialogue_silence(struct dialogue *dialogue, struct lane_result *result);
bool dialogue_is_listening(const struct dialogue *dialogue); /* `auto`, and nothing has been heard */
/* The greeting has not come whole: servers take their time over it, some between its lines. */
bool dialogue_awaits_greeting(const struct dialogue *dialogue);

/* The protocol spoken; PROTOCOL_AUTO where it has not been found out. */
enum protocol dialogue_protocol(const struct dialogue *dialogue);
/* Who begins like this, as far as a server may that was just asked for TLS; of a greeting the first bytes do,
 * if only to say that it is one. PROTOCOL_AUTO: unknown. */
enum protocol dialogue_guess(const uint8_t *bytes, size_t len);

/* Behind DIALOGUE_TLS, in some protocols TLS travels inside packets. `tls` (what the lane puts out) is
 * appended to `out` in them; the next stretch of TLS within `in` is taken from it. False: there is none, `in`
 * is used up, or DIALOGUE_END and `*verdict` says so: these are no such packets. */
bool dialogue_wraps(const struct dialogue *dialogue);
void dialogue_wrap(const struct dialogue *dialogue, struct cursor tls, struct buf *out);
bool dialogue_unwrap(struct dialogue *dialogue, struct cursor *in, struct cursor *tls,
                     enum dialogue_verdict *verdict);

void dialogue_dispose(struct dialogue *dialogue); /* idempotent */

#endif
