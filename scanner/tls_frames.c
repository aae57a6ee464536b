// SPDX-License-Identifier: Apache-2.0
#include "scanner/tls_frames.h"

#include "model/observation.h"
#include "scanner/tls_wire.h"

struct format {
    size_t header;
    /* Body length from a whole header; anything but TLS_TAKE_ONE refuses it. */
    enum tls_take (*measure)(const uint8_t *header, size_t *len);
};

static enum tls_take measure_record(const uint8_t *header, size_t *len)
{
    *len = (size_t)header[3] << 8 | header[4];
    bool known = header[0] >= TLS_CHANGE_CIPHER_SPEC && header[0] <= TLS_APPLICATION_DATA && header[1] == 3;
    return known && *len <= TLS_RECORD_MAX ? TLS_TAKE_ONE : TLS_TAKE_BROKEN;
}

static enum tls_take measure_message(const uint8_t *header, size_t *len)
{
    *len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    return *len <= CHAIN_MAX_BYTES ? TLS_TAKE_ONE : TLS_TAKE_TOO_LARGE;
}

static const struct format record_format = {TLS_RECORD_HEADER, measure_record};
static const struct format message_format = {TLS_MESSAGE_HEADER, measure_message};

/* Moves bytes of `in` to `partial` until that has `want` of them; false while it has not. */
static bool fill(struct buf *partial, struct cursor *in, size_t want)
{
    struct cursor piece = {NULL, 0};
    size_t missing = want - partial->len;
    cursor_bytes(in, missing < in->left ? missing : in->left, &piece);
    if (piece.left > 0)
        buf_append(partial, piece.at, piece.left);
    return partial->err == CS_OK && partial->len == want;
}

static void describe(struct tls_frame *out, const struct format *format, const uint8_t *at, size_t len)
{
    *out = (struct tls_frame){.type = at[0], .header = at, .body = at + format->header, .len = len};
}

static enum tls_take take_split(struct tls_frames *frames, const struct format *format, struct cursor *in,
                                struct tls_frame *out)
{
    struct buf *partial = &frames->partial;
    size_t len = 0;
    enum tls_take take = TLS_TAKE_NONE;
    if (partial->len < format->header && !fill(partial, in, format->header))
        return partial->err == CS_OK ? TLS_TAKE_NONE : TLS_TAKE_NO_MEMORY;
    take = format->measure(partial->data, &len);
    if (take != TLS_TAKE_ONE)
        return take;
    if (!fill(partial, in, format->header + len))
        return partial->err == CS_OK ? TLS_TAKE_NONE : TLS_TAKE_NO_MEMORY;
    describe(out, format, partial->data, len);
    frames->lent = true;
    return TLS_TAKE_ONE;
}

static enum tls_take take(struct tls_frames *frames, const struct format *format, struct cursor *in,
                          struct tls_frame *out)
{
    size_t len;
    if (frames->lent)
        buf_reset(&frames->partial);
    frames->lent = false;
    if (frames->partial.len == 0 && in->left >= format->header) {
        enum tls_take verdict = format->measure(in->at, &len);
        if (verdict != TLS_TAKE_ONE)
            return verdict;
        struct cursor whole;
        if (cursor_bytes(in, format->header + len, &whole)) {
            describe(out, format, whole.at, len);
            return TLS_TAKE_ONE;
        }
    }
    return frames->partial.len == 0 && in->left == 0 ? TLS_TAKE_NONE : take_split(frames, format, in, out);
}

enum tls_take tls_take_record(struct tls_frames *frames, struct cursor *in, struct tls_frame *out)
{
    return take(frames, &record_format, in, out);
}

enum tls_take tls_take_message(struct tls_frames *frames, struct cursor *in, struct tls_frame *out)
{
    return take(frames, &message_format, in, out);
}

bool tls_frames_empty(const struct tls_frames *frames)
{
    return frames->lent || frames->partial.len == 0;
}

void tls_frames_dispose(struct tls_frames *frames)
{
    buf_dispose(&frames->partial);
    *frames = (struct tls_frames){0};
}
