// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* Steps of one byte that says what, one byte of length, and bytes: in the end, each kind is as it came first.
 */
#include <stdlib.h>
#include <string.h>

#include "scanner/chain_extras.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void add(struct chain_extras *extras, uint8_t what, struct cursor bytes)
{
    static const uint16_t versions[] = {0x0300, 0x0301, 0x0303, 0x0304};
    switch (what % 4) {
    case 0:
        chain_extras_add(extras, (enum extra)(what / 4 % EXTRA_COUNT), bytes);
        break;
    case 1:
        chain_extras_add_leaf(extras, bytes);
        break;
    case 2:
        chain_extras_add_status(extras, bytes);
        break;
    default:
        chain_extras_add_request(extras, bytes, versions[what / 4 % 4]);
        break;
    }
}

/* What was there before a step is there behind it. */
static void check_kept(const struct chain_extras *before, const uint8_t *copy,
                       const struct chain_extras *after)
{
    demand(after->bytes.len >= before->bytes.len);
    if (before->bytes.len > 0)
        demand(memcmp(after->bytes.data, copy, before->bytes.len) == 0);
    for (int i = 0; i < EXTRA_COUNT; i++) {
        if (before->parts[i].len > 0)
            demand(after->parts[i].at == before->parts[i].at && after->parts[i].len == before->parts[i].len);
    }
}

static void step(struct chain_extras *extras, uint8_t what, struct cursor bytes)
{
    struct chain_extras before = *extras;
    uint8_t *copy = malloc(before.bytes.len + 1);
    uint8_t *exact = malloc(bytes.left > 0 ? bytes.left : 1);
    demand(copy != NULL && exact != NULL);
    if (before.bytes.len > 0)
        memcpy(copy, before.bytes.data, before.bytes.len);
    if (bytes.left > 0)
        memcpy(exact, bytes.at, bytes.left);
    add(extras, what, (struct cursor){exact, bytes.left});
    check_kept(&before, copy, extras);
    free(exact);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chain_extras extras = {0};
    struct chain chain = {0};
    struct cursor from = {data, size};
    struct cursor bytes;
    uint8_t what;
    while (cursor_u8(&from, &what) && cursor_vector(&from, 1, &bytes))
        step(&extras, what, bytes);
    size_t total = extras.bytes.len;
    chain_extras_move(&extras, &chain);
    demand(extras.bytes.data == NULL);
    const struct raw *const raws[] = {&chain.ocsp_response, &chain.sct_list, &chain.ca_names};
    size_t sum = 0;
    for (size_t i = 0; i < 3; i++) {
        demand((raws[i]->bytes == NULL) == (raws[i]->len == 0));
        if (raws[i]->bytes != NULL)
            demand(raws[i]->bytes >= chain.extras && raws[i]->bytes + raws[i]->len <= chain.extras + total);
        sum += raws[i]->len;
    }
    demand(sum == total); /* nothing is kept that belongs to none */
    chain_dispose(&chain);
    chain_extras_dispose(&extras);
    return 0;
}
