// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* What a server sends in clear, to the direct lane. The first byte says how: 0x80 for the small hello, 0x60
 * the keys asked for, and below that the length of the pieces it comes in (0 = all at once). */
#include "scanner/lane_direct.h"
#include "tests/fuzz/lane_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lane_direct_context context; /* made once: it costs more than a hundred inputs */

static enum lane_verdict converse(uint8_t how, const uint8_t *data, size_t size, size_t piece,
                                  struct lane_result *result)
{
    struct buf out = {.max = (size_t)1 << 20};
    struct lane_direct lane;
    *result = (struct lane_result){0};
    lane_direct_begin(&lane, &context, (how & 0x80) != 0 ? HELLO_LEGACY : HELLO_MODERN,
                      (enum key_family)((how >> 5 & 3) % 3), "www.example");
    enum lane_verdict verdict = lane_direct_step(&lane, NULL, 0, &out, result);
    demand(verdict == LANE_MORE && out.len > 0);
    for (size_t at = 0; at < size && verdict == LANE_MORE; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(len);
        demand(copy != NULL);
        memcpy(copy, data + at, len);
        verdict = lane_direct_step(&lane, copy, len, &out, result);
        free(copy); /* nothing of it may be kept */
    }
    demand(out.err == CS_OK);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    check_verdict(verdict, result);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lane_result whole;
    struct lane_result pieces;
    struct diag diag;
    if (size < 2)
        return 0;
    if (context.crypto == NULL)
        demand(tls_crypto_new(&context.crypto, &diag) == CS_OK);
    size_t piece = (data[0] & 0x1F) != 0 ? data[0] & 0x1F : size;
    enum lane_verdict first = converse(data[0], data + 1, size - 1, size, &whole);
    enum lane_verdict second = converse(data[0], data + 1, size - 1, piece, &pieces);
    check_same(first, &whole, second, &pieces);
    chain_dispose(&whole.chain);
    chain_dispose(&pieces.chain);
    return 0;
}
