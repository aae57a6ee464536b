// SPDX-License-Identifier: Apache-2.0
/* Bytes written as hex in a test. Anything else than hex ends the program. */
#ifndef TESTS_SUPPORT_HEX_BYTES_H
#define TESTS_SUPPORT_HEX_BYTES_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

/* NULL appends nothing. */
static inline void append_hex(struct buf *out, const char *hex)
{
    size_t digits = hex != NULL ? strlen(hex) : 0;
    uint8_t *room = buf_reserve(out, digits / 2);
    if (room == NULL || !hex_decode(room, digits / 2, hex != NULL ? hex : "", digits))
        abort();
    buf_commit(out, digits / 2);
}

static inline struct buf hex_bytes(const char *hex)
{
    struct buf out = {0};
    append_hex(&out, hex);
    return out;
}

#endif
