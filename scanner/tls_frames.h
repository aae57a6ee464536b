// SPDX-License-Identifier: Apache-2.0
/* Whole records out of a byte stream, whole handshake messages out of records. What arrives whole is used
 * where it lies; only what is split is copied, and no more than has arrived. */
#ifndef SCANNER_TLS_FRAMES_H
#define SCANNER_TLS_FRAMES_H

#include "base/buf.h"
#include "base/cursor.h"

enum tls_take {
    TLS_TAKE_NONE, /* everything given is taken in; more is needed */
    TLS_TAKE_ONE,
    TLS_TAKE_BROKEN,    /* no TLS record begins so, or one longer than the RFCs allow */
    TLS_TAKE_TOO_LARGE, /* a message beyond CHAIN_MAX_BYTES */
    TLS_TAKE_NO_MEMORY,
};

struct tls_frames { /* zero-initialised is valid; after anything but NONE and ONE it is of no more use */
    struct buf partial;
    bool lent; /* `partial` is the frame returned last */
};

struct tls_frame {
    uint8_t type;          /* enum tls_content or enum tls_handshake */
    const uint8_t *header; /* and right behind it the body; valid until the next call */
    const uint8_t *body;
    size_t len; /* of the body */
};

/* The next frame of `in`, which moves on. One object reads either records or messages, never both. */
enum tls_take tls_take_record(struct tls_frames *frames, struct cursor *in, struct tls_frame *out);
enum tls_take tls_take_message(struct tls_frames *frames, struct cursor *in, struct tls_frame *out);
/* No part of a frame is waiting for the rest of it. */
bool tls_frames_empty(const struct tls_frames *frames);
void tls_frames_dispose(struct tls_frames *frames);

#endif
