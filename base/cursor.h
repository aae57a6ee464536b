// SPDX-License-Identifier: Apache-2.0
/* A bounded reader over somebody else's bytes, most significant byte first. Every take says whether it
 * fitted; one that did not has taken nothing. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
    const uint8_t *at; /* borrowed */
    size_t left;
};

static inline bool cursor_bytes(struct cursor *from, size_t len, struct cursor *out)
{
    if (from->left < len)
        return false;
    *out = (struct cursor){from->at, len};
    from->at += len;
    from->left -= len;
    return true;
}

/* A number of `size` bytes, 4 at most. */
static inline bool cursor_number(struct cursor *from, unsigned size, uint32_t *out)
{
    struct cursor bytes;
    if (!cursor_bytes(from, size, &bytes))
        return false;
    *out = 0;
    for (unsigned i = 0; i < size; i++)
        *out = *out << 8 | bytes.at[i];
    return true;
}

static inline bool cursor_u8(struct cursor *from, uint8_t *out)
{
    uint32_t number;
    if (!cursor_number(from, 1, &number))
        return false;
    *out = (uint8_t)number;
    return true;
}

static inline bool cursor_u16(struct cursor *from, uint16_t *out)
{
    uint32_t number;
    if (!cursor_number(from, 2, &number))
        return false;
    *out = (uint16_t)number;
    return true;
}

/* What a length of `size` bytes, 3 at most, announces and is followed by. */
static inline bool cursor_vector(struct cursor *from, unsigned size, struct cursor *out)
{
    struct cursor ahead = *from;
    uint32_t len;
    if (!cursor_number(&ahead, size, &len) || !cursor_bytes(&ahead, len, out))
        return false;
    *from = ahead;
    return true;
}

#endif
