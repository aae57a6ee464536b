// SPDX-License-Identifier: Apache-2.0
/* A growable byte buffer with a ceiling. Appending cannot be half done; the first failure sticks, so a writer
 * may append many pieces and look once. Zero-initialised is valid (empty, no ceiling). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
    uint8_t *data; /* owned; NUL-terminated behind `len` when not NULL */
    size_t len;
    size_t cap;
    size_t max;      /* ceiling for len in bytes; 0 = none */
    enum cs_err err; /* the first failure: CS_E_NOMEM or CS_E_LIMIT; later appends do nothing */
};

void buf_init(struct buf *buf, size_t max);
void buf_reset(struct buf *buf);   /* empty again, memory kept, failure forgotten */
void buf_dispose(struct buf *buf); /* frees and empties; idempotent */

void buf_append(struct buf *buf, const void *bytes, size_t len);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) CS_PRINTF(2, 3);

/* Room for at least `len` more bytes; write there, then add to len with buf_commit. NULL on failure. */
uint8_t *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Removes the first `len` bytes. */
void buf_consume(struct buf *buf, size_t len);

/* The content as a C string, "" when empty; valid until the next change. */
const char *buf_str(const struct buf *buf);

/* Hands the memory over as a malloc'd C string (never NULL unless out of memory or failed) and empties the
 * buffer. */
char *buf_take_str(struct buf *buf);

#endif
