// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mutation.h"

#include <stdlib.h>
#include <string.h>

#define MOST_SPOIL 60 /* bytes cut out or put in */

uint64_t mutation_draw(uint64_t *random) /* splitmix64 */
{
    uint64_t z = *random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

size_t mutation_below(uint64_t *random, size_t bound)
{
    return bound > 0 ? (size_t)(mutation_draw(random) % bound) : 0;
}

static void flip(struct buf *bytes, uint64_t *random)
{
    bytes->data[mutation_below(random, bytes->len)] ^= (uint8_t)(1u << mutation_below(random, 8));
}

static void scribble(struct buf *bytes, uint64_t *random)
{
    for (size_t i = mutation_below(random, 8) + 1; i > 0; i--)
        bytes->data[mutation_below(random, bytes->len)] = (uint8_t)mutation_draw(random);
}

/* Bytes from `at` on are replaced by others; none of them may lie in `bytes`. */
static void replace(struct buf *bytes, size_t at, size_t len, const uint8_t *by, size_t by_len)
{
    struct buf out = {0};
    buf_append(&out, bytes->data, at);
    buf_append(&out, by, by_len);
    buf_append(&out, bytes->data + at + len, bytes->len - at - len);
    buf_dispose(bytes);
    *bytes = out;
}

static void cut(struct buf *bytes, uint64_t *random)
{
    size_t at = mutation_below(random, bytes->len);
    size_t left = bytes->len - at;
    size_t len = mutation_below(random, 2) == 0
                     ? left
                     : mutation_below(random, left < MOST_SPOIL ? left : MOST_SPOIL) + 1;
    replace(bytes, at, len < left ? len : left, NULL, 0);
}

static void insert(struct buf *bytes, uint64_t *random)
{
    uint8_t more[MOST_SPOIL];
    for (size_t i = 0; i < sizeof more; i++)
        more[i] = (uint8_t)mutation_draw(random);
    replace(bytes, mutation_below(random, bytes->len + 1), 0, more, mutation_below(random, sizeof more) + 1);
}

static void say_twice(struct buf *bytes, uint64_t *random)
{
    size_t at = mutation_below(random, bytes->len);
    size_t len = mutation_below(random, bytes->len - at) + 1;
    uint8_t *copy = malloc(len);
    if (copy == NULL)
        return;
    memcpy(copy, bytes->data + at, len);
    replace(bytes, at, 0, copy, len);
    free(copy);
}

/* Where record number `which` begins; its length with the header goes to `len`, 0 = there is none. */
static size_t find_record(const struct buf *bytes, size_t which, size_t *len)
{
    size_t at = 0;
    for (;; which--) {
        *len = 0;
        if (at + 5 > bytes->len)
            return at;
        size_t whole = 5 + ((size_t)bytes->data[at + 3] << 8 | bytes->data[at + 4]);
        *len = whole < bytes->len - at ? whole : bytes->len - at;
        if (which == 0)
            return at;
        at += *len;
    }
}

/* One record is moved to the front. */
static void reorder(struct buf *bytes, uint64_t *random)
{
    size_t len;
    size_t at = find_record(bytes, 1 + mutation_below(random, 4), &len);
    struct buf out = {0};
    if (len == 0)
        return;
    buf_append(&out, bytes->data + at, len);
    buf_append(&out, bytes->data, at);
    buf_append(&out, bytes->data + at + len, bytes->len - at - len);
    buf_dispose(bytes);
    *bytes = out;
}

/* In the header of a record, or of the message that begins it. */
static void lie(struct buf *bytes, uint64_t *random)
{
    size_t len;
    size_t at = find_record(bytes, mutation_below(random, 4), &len);
    size_t place =
        at + (mutation_below(random, 2) == 0 ? 3 + mutation_below(random, 2) : 6 + mutation_below(random, 3));
    if (len > 0 && place < bytes->len)
        bytes->data[place] =
            (uint8_t)(mutation_below(random, 2) == 0 ? mutation_draw(random) : bytes->data[place] + 1u);
}

static void (*const mutations[])(struct buf *, uint64_t *) = {flip,   flip,      scribble, cut,
                                                              insert, say_twice, reorder,  lie};

void mutate(struct buf *bytes, uint64_t *random)
{
    mutations[mutation_below(random, sizeof mutations / sizeof mutations[0])](bytes, random);
}
